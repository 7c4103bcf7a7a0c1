import { createHash } from "node:crypto";
import { ByteBudget } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import { IdSet } from "../cycles/index.js";
import { PackFooters } from "../packs/index.js";
import { FINDING_KINDS, type Finding, type FindingKind, isDamage } from "./finding.js";
import type { VerifySettings, VerifyStep, VerifySummary } from "./verify-options.js";

/** Bytes of bodies that are in memory at a time. */
const IN_FLIGHT = 128 * 1024 * 1024;

/** What the steps of one verification share: 40 bytes for each blob, digest pointer and pack. */
export class CheckContext {
  readonly store: ObjectStore;
  readonly settings: VerifySettings;
  readonly footers: PackFooters;
  readonly budget = new ByteBudget(IN_FLIGHT);
  /** Blobs that are there. */
  readonly blobs = new IdSet(32);
  readonly packs = new IdSet(16);
  /** Packs of which something is damaged. */
  readonly damagedPacks = new Set<string>();
  /** SHA-256 of the keys of all digest pointers. */
  readonly pointers = new IdSet(32);
  /** Blobs that were told to be missing. */
  readonly missing = new IdSet(32);
  readonly #emit: (finding: Finding) => Promise<void>;
  readonly #findings = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as Record<
    FindingKind,
    number
  >;
  readonly #done = new Map<VerifyStep, number>();
  #sound = true;
  readBlobs = 0;
  readPacks = 0;
  readBytes = 0;
  foreign = 0;

  /** `emit` waits while what was found before has not been taken. */
  constructor(
    store: ObjectStore,
    settings: VerifySettings,
    emit: (finding: Finding) => Promise<void>,
  ) {
    this.store = store;
    this.settings = settings;
    this.footers = new PackFooters(store);
    this.#emit = emit;
  }

  get signal(): AbortSignal | undefined {
    return this.settings.signal;
  }

  get summary(): VerifySummary {
    return {
      mode: this.settings.mode,
      blobs: this.blobs.size,
      packs: this.packs.size,
      readBlobs: this.readBlobs,
      readPacks: this.readPacks,
      readBytes: this.readBytes,
      foreign: this.foreign,
      findings: { ...this.#findings },
      sound: this.#sound,
    };
  }

  async found(finding: Finding): Promise<void> {
    this.#findings[finding.kind]++;
    if (isDamage(finding)) this.#sound = false;
    await this.#emit(finding);
  }

  /** Whether this blob or pack is to be read and hashed: drawn by its id, so that the order of work does not matter. */
  isRead(id: string): boolean {
    const { mode, percent, seed } = this.settings;
    if (mode !== "sampled") return mode === "full";
    const drawn = createHash("sha256").update(`${seed} ${id}`).digest().readUInt32LE(0);
    return drawn < (percent / 100) * 2 ** 32;
  }

  done(step: VerifyStep, objects = 1): void {
    const done = (this.#done.get(step) ?? 0) + objects;
    this.#done.set(step, done);
    this.settings.onProgress?.({ step, done, bytes: this.readBytes });
  }

  /** Holds these bytes of memory while the work goes on. */
  async within<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.budget.acquire(bytes, signal);
    try {
      return await work();
    } finally {
      this.budget.release(bytes);
    }
  }
}

/** How a key is noted in {@link CheckContext.pointers}. */
export function noted(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
