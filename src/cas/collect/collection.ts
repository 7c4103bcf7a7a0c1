import type { ObjectStore } from "../../storage/index.js";
import {
  CONDEMNED,
  type Collector,
  type CondemnedList,
  cycleOfList,
  deleteAll,
  type Ids,
  NO_IDS,
  readCondemned,
  sweep,
  TrashReader,
  writeCondemned,
} from "../cycles/index.js";
import { Lease } from "../sessions/index.js";
import {
  findBroken,
  findCandidates,
  findNeeded,
  findUndescribed,
  idSets,
  tallyOf,
  tallyOfAll,
} from "./candidates.js";
import type { CollectSettings } from "./collect-options.js";
import { emptyTrash } from "./empty-trash.js";
import { withoutForeign } from "./foreign-blobs.js";
import { PackUse } from "./pack-use.js";
import { repack } from "./repack.js";
import type { CollectProgress, CollectReport } from "./report.js";
import { sessionsBehind } from "./sessions-behind.js";
import { Survey } from "./survey.js";
import { tidyIndex } from "./tidy-index.js";
import { WastefulPacks } from "./wasteful-packs.js";

/** Packs whose chunks are gathered before the recipes are changed: one after the other would change the same recipes often. */
const REPACKED_TOGETHER = 64;
const NOTHING = { blobs: 0, packs: 0, bytes: 0 };

/** One collection, by the process that has the right to it. */
export class Collection {
  readonly #store: ObjectStore;
  readonly #collector: Collector;
  readonly #settings: CollectSettings;
  readonly #report: { -readonly [K in keyof CollectReport]: CollectReport[K] };
  /** What has gone since the survey was begun. */
  #gone: Ids = NO_IDS;

  constructor(store: ObjectStore, collector: Collector, settings: CollectSettings) {
    this.#store = store;
    this.#collector = collector;
    this.#settings = settings;
    this.#report = {
      dryRun: false,
      cycle: collector.state.cycle,
      found: NOTHING,
      condemned: NOTHING,
      foreign: 0,
      deleted: NOTHING,
      rescued: { blobs: 0, packs: 0 },
      waitingFor: [],
      freed: { objects: 0, bytes: 0 },
      restored: [],
      missing: [],
      repacked: { packs: 0, bytes: 0, writtenBytes: 0 },
    };
  }

  async run(): Promise<CollectReport> {
    const { signal, restoreWindow, grace } = this.#settings;
    const collector = this.#collector;
    // One that was stopped has decided already what goes.
    if (collector.state.phase === "deleting") await this.#sweep(await this.#list());
    // First the sessions, then the survey: the refs of a session that has ended, or was taken for dead, are found.
    const pending = collector.state.phase === "condemned" ? collector.state.cycle : 0;
    this.#report.waitingFor = await sessionsBehind(this.#store, pending, collector.now(), {
      signal,
    });
    const survey = await Survey.take(this.#store, {
      signal,
      onStep: async (objects) => {
        this.#told("survey", objects);
        await collector.beat({ signal });
      },
    });
    this.#report.found = tallyOfAll(survey);
    if (pending > 0 && this.#report.waitingFor.length === 0) await this.#deleteCondemned(survey);
    await this.#heal(survey);
    this.#report.freed = await emptyTrash(this.#store, collector, {
      restoreWindow,
      signal,
      onFreed: (objects) => this.#told("trash", objects),
    });
    if (collector.state.phase === "done") {
      const oldBefore = collector.now() - grace;
      const condemned = await this.#condemn(survey, oldBefore);
      await this.#removeOldLists();
      await this.#tidyPacks(survey, condemned, oldBefore);
    }
    return this.#report;
  }

  /** Deletes what was condemned, but for what is needed by now. */
  async #deleteCondemned(survey: Survey): Promise<void> {
    const { signal } = this.#settings;
    const list = await this.#list();
    let needed: Ids | undefined;
    const { rescued } = await this.#collector.update(
      (state) => {
        const rescuedBySessions = idSets(state.rescued);
        needed ??= findNeeded(survey, list, rescuedBySessions);
        const add = (kind: keyof Ids, ids: Ids): string[] =>
          ids[kind].filter((id) => !rescuedBySessions[kind].has(id));
        return {
          phase: "deleting",
          swept: 0,
          rescued: {
            blobs: [...state.rescued.blobs, ...add("blobs", needed)],
            packs: [...state.rescued.packs, ...add("packs", needed)],
          },
        };
      },
      { signal },
    );
    const kept = idSets(rescued);
    this.#gone = {
      blobs: [...list.blobs].filter((id) => !kept.blobs.has(id)),
      packs: [...list.packs].filter((id) => !kept.packs.has(id)),
    };
    this.#report.rescued = { blobs: kept.blobs.size, packs: kept.packs.size };
    const { bytes } = tallyOf(survey, this.#gone);
    await this.#sweep(list);
    this.#report.deleted = { ...this.#report.deleted, bytes };
  }

  async #sweep(list: CondemnedList): Promise<void> {
    const { signal, clock } = this.#settings;
    await sweep(this.#store, this.#collector, list, {
      signal,
      onSwept: (blobs, packs) => {
        const { deleted } = this.#report;
        this.#report.deleted = {
          ...deleted,
          blobs: deleted.blobs + blobs,
          packs: deleted.packs + packs,
        };
        this.#told("sweep", blobs + packs);
      },
      onOverrun: async (blobs) => {
        await using lease = await Lease.open(this.#store, { clock, signal });
        await lease.bringBack(blobs, { signal });
      },
    });
  }

  /**
   * A deletion that reached the store long after it was sent may have hit what was stored anew, and a session that slept may have
   * stored what leads to something that is gone: the trash has it.
   */
  async #heal(survey: Survey): Promise<void> {
    const { signal } = this.#settings;
    const trash = new TrashReader(this.#store, { signal });
    const restored: string[] = [];
    const missing: string[] = [];
    for (const [id, isReferenced] of findBroken(survey, idSets(this.#gone))) {
      await this.#collector.beat({ signal });
      if (await trash.bringBack(id)) restored.push(id);
      else if (isReferenced) missing.push(id);
      this.#told("heal", 1);
    }
    for (const id of findUndescribed(survey, idSets(this.#gone))) {
      await this.#collector.beat({ signal });
      if (await trash.bringBackMetadata(id)) restored.push(id);
      this.#told("heal", 1);
    }
    this.#report.restored = restored;
    this.#report.missing = missing;
  }

  async #condemn(survey: Survey, oldBefore: number): Promise<Ids> {
    const { signal } = this.#settings;
    const candidates = findCandidates(survey, { oldBefore, gone: idSets(this.#gone) });
    const { ids, foreign } = await withoutForeign(this.#store, survey, candidates, {
      signal,
      onStep: () => this.#collector.beat({ signal }),
    });
    this.#report.foreign = foreign;
    if (ids.blobs.length + ids.packs.length === 0) return ids;
    const cycle = this.#collector.state.cycle + 1;
    const { key } = await writeCondemned(this.#store, cycle, ids, { signal });
    await this.#collector.update(
      () => ({ cycle, phase: "condemned", list: key, rescued: NO_IDS, swept: 0 }),
      { signal },
    );
    this.#report.cycle = cycle;
    this.#report.condemned = tallyOf(survey, ids);
    this.#told("condemn", ids.blobs.length + ids.packs.length);
    return ids;
  }

  /** Packs that are gone leave the index; packs of little use, and many small ones, are written anew. */
  async #tidyPacks(survey: Survey, condemned: Ids, oldBefore: number): Promise<void> {
    const { signal, clock } = this.#settings;
    const gone = idSets(this.#gone);
    const condemnedSets = idSets(condemned);
    const use = this.#settings.repack
      ? await PackUse.read(this.#store, survey, condemnedSets, { signal })
      : new PackUse();
    const wasteful = new WastefulPacks(use, survey, condemnedSets, oldBefore);
    const step = async (name: "index" | "repack"): Promise<void> => {
      this.#told(name, 1);
      await this.#collector.beat({ signal });
    };
    await tidyIndex(this.#store, survey.index, {
      isThere: (pack) => survey.isPackThere(pack) && !gone.packs.has(pack),
      onFooter: (footer) => wasteful.take(footer),
      onStep: () => step("index"),
      signal,
    });
    const all = wasteful.footers();
    for (let at = 0; at < all.length; at += REPACKED_TOGETHER) {
      const footers = all.slice(at, at + REPACKED_TOGETHER);
      const blobs = survey
        .blobsOf(footers.map(({ pack }) => pack))
        .filter((id) => !condemnedSets.blobs.has(id) && !gone.blobs.has(id));
      const onStep = () => step("repack");
      const writtenBytes = await repack(this.#store, footers, use, blobs, {
        clock,
        signal,
        onStep,
      });
      const { repacked } = this.#report;
      this.#report.repacked = {
        packs: repacked.packs + footers.length,
        bytes: repacked.bytes + footers.reduce((sum, { packBytes }) => sum + packBytes, 0),
        writtenBytes: repacked.writtenBytes + writtenBytes,
      };
    }
  }

  /** Lists of cycles that are over, and those that a collector that died has never published. */
  async #removeOldLists(): Promise<void> {
    const { signal } = this.#settings;
    const { cycle, list } = this.#collector.state;
    const old: string[] = [];
    for await (const { key } of this.#store.list({ prefix: CONDEMNED, signal })) {
      if (key !== list && (cycleOfList(key) ?? Number.POSITIVE_INFINITY) <= cycle) old.push(key);
    }
    await deleteAll(this.#store, old, signal);
  }

  #list(): Promise<CondemnedList> {
    return readCondemned(this.#store, this.#collector.state.list ?? "", {
      signal: this.#settings.signal,
    });
  }

  #told(step: CollectProgress["step"], done: number): void {
    this.#settings.onProgress?.({ step, done });
  }
}
