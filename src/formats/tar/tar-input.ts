import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptTar } from "./corrupt-tar.js";

/** An archive read forwards: what the reading of headers needs, whatever the source. */
export interface TarInput {
  /** Bytes from the archive's start. */
  readonly position: number;
  /** `count` bytes if they are at hand; a view that lives until the next call. */
  ready(count: number): Uint8Array | undefined;
  /** `count` bytes, or undefined at the end; throws `corrupt-format` if the end lies within them. */
  take(count: number): Promise<Uint8Array | undefined>;
  /** Passes over `count` bytes; throws `corrupt-format` if there are fewer. */
  skip(count: number): Promise<void>;
}

function truncated(position: number, count: number, there: number): Error {
  return corruptTar(position, `it ends here: ${count} bytes should follow and ${there} do`);
}

/** A stream of chunks of any size. */
export class StreamInput implements TarInput {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  position: number;

  /** `position` is where in the archive the source begins. */
  constructor(source: AsyncIterable<Uint8Array>, position = 0) {
    this.#chunks = source[Symbol.asyncIterator]();
    this.position = position;
  }

  ready(count: number): Uint8Array | undefined {
    const end = this.#at + count;
    if (end > this.#chunk.length) return undefined;
    const bytes = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    this.position += count;
    return bytes;
  }

  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = this.ready(count);
    if (bytes !== undefined) return bytes;
    const taken = new Uint8Array(count);
    const filled = await this.#fill(taken);
    if (filled === count) return taken;
    if (filled === 0) return undefined;
    throw truncated(this.position, count, filled);
  }

  /** `target.length` bytes into `target`. */
  async takeInto(target: Uint8Array): Promise<void> {
    const filled = await this.#fill(target);
    if (filled < target.length) throw truncated(this.position, target.length, filled);
  }

  /** Between 1 and `count` bytes, as they come. */
  async takeSome(count: number): Promise<Uint8Array> {
    while (this.#at === this.#chunk.length) {
      if (!(await this.#next())) throw truncated(this.position, count, 0);
    }
    return this.ready(Math.min(count, this.#chunk.length - this.#at)) as Uint8Array;
  }

  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      if (this.#at === this.#chunk.length && !(await this.#next())) {
        throw truncated(this.position, left, 0);
      }
      const passed = Math.min(left, this.#chunk.length - this.#at);
      this.#at += passed;
      this.position += passed;
      left -= passed;
    }
  }

  /** Reads to the end, so that the source can check what it checks there. */
  async drain(): Promise<void> {
    while (await this.#next());
  }

  /** Ends the source before its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#at === this.#chunk.length && !(await this.#next())) break;
      const end = Math.min(this.#chunk.length, this.#at + target.length - filled);
      target.set(this.#chunk.subarray(this.#at, end), filled);
      filled += end - this.#at;
      this.position += end - this.#at;
      this.#at = end;
    }
    return filled;
  }

  async #next(): Promise<boolean> {
    const step = await this.#chunks.next();
    if (step.done === true) return false;
    this.#chunk = step.value;
    this.#at = 0;
    return true;
  }
}

/** Read at once where members are small enough to have several headers in it. */
const WINDOW_BYTES = 1024 * 1024;
/** Read for a header behind a member that is larger than a window. */
const LONE_HEADER_BYTES = 4096;

/** A source of ranges, in windows that leave out the content of large members. */
export class RangeInput implements TarInput {
  readonly #reader: RangeReader;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;
  #jumped = false;
  position = 0;

  constructor(reader: RangeReader) {
    this.#reader = reader;
  }

  ready(count: number): Uint8Array | undefined {
    const at = this.position - this.#windowAt;
    if (at + count > this.#window.length) return undefined;
    this.position += count;
    return this.#window.subarray(at, at + count);
  }

  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = this.ready(count);
    if (bytes !== undefined) return bytes;
    const there = this.#reader.size - this.position;
    if (there === 0) return undefined;
    if (there < count) throw truncated(this.position, count, there);
    const wanted = Math.max(count, this.#jumped ? LONE_HEADER_BYTES : WINDOW_BYTES);
    this.#windowAt = this.position;
    const end = Math.min(this.position + wanted, this.#reader.size);
    this.#window = await readExactly(this.#reader, this.position, end);
    this.#jumped = false;
    return this.ready(count);
  }

  async skip(count: number): Promise<void> {
    const there = this.#reader.size - this.position;
    if (there < count) throw truncated(this.position, count, there);
    this.position += count;
    this.#jumped = count > WINDOW_BYTES;
  }
}
