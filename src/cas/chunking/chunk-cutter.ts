import { createHash, hash } from "node:crypto";
import { availableParallelism } from "node:os";
import { AreaFiller } from "./area-filler.js";
import { type CutState, type Cuts, cutStretch, PARAMETERS } from "./cut-stretch.js";
import { CutThread, type ThreadStream } from "./cut-thread.js";
import { GearMemory } from "./gear-memory.js";

/** A smaller blob is cut before a thread has started. */
const THREAD_FROM = 32 * 1024 * 1024;

/** Cuts one blob and hashes its chunks, in another thread if it is large, and hashes the whole of it. */
export class ChunkCutter {
  readonly #memory = GearMemory.take();
  readonly #filler = new AreaFiller(this.#memory);
  readonly #whole = createHash("sha256");
  readonly #state: CutState;
  #thread: CutThread | undefined;
  #stream: ThreadStream | undefined;
  #size = 0;

  constructor() {
    const start = this.#memory.areaStart(0);
    this.#state = { start, end: start, scanned: 0 };
  }

  /** Where the chunks lie. */
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** Bytes that can be added before the next {@link cut}. */
  get room(): number {
    return this.#filler.room;
  }

  add(bytes: Uint8Array): void {
    this.#filler.add(bytes);
  }

  /** The bytes that come next begin a chunk. */
  endPart(): void {
    this.#filler.endPart();
  }

  /** The chunks that end among the bytes added since the last call; they stay until the {@link CUT_AHEAD} + 2nd call from here. */
  cut(): Cuts | Promise<Cuts> {
    const stretch = this.#filler.take();
    const fresh = this.bytes.subarray(stretch.from, stretch.end);
    this.#size += fresh.length;
    if (this.#size > THREAD_FROM && availableParallelism() > 1) this.#thread ??= CutThread.take();
    this.#stream ??= this.#thread?.begin(this.#memory, this.#state);
    const { find, bytes } = this.#memory;
    const cuts =
      this.#stream?.cut(stretch) ??
      cutStretch({ find, sha256: hash, ...PARAMETERS }, bytes, this.#state, stretch);
    this.#whole.update(fresh);
    return cuts;
  }

  /** Of all bytes; once. */
  finish(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#whole.digest("hex") };
  }

  /** Call it when all cuts have come: the memory is another's from now on. */
  close(): void {
    this.#stream?.end();
    this.#thread?.release();
    this.#memory.release();
  }
}
