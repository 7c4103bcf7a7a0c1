import { gearModule } from "./gear-module.js";
import { gearTable } from "./gear-table.js";
import { MAX_CHUNK, SKIPPED } from "./parameters.js";

/** The part of WebAssembly that is used; the compiler's library of this level does not know it. */
interface WebAssemblyApi {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: { readonly find: Find } };
}

type Find = (at: number, end: number, resume: number) => number;

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;

const PAGE = 64 * 1024;

/** Bytes of each area for a chunk that is carried into it, in front of those for new ones. */
const CARRY = MAX_CHUNK;
/** New bytes that an area takes: with the carried ones, few enough for a core's cache. */
export const AREA = 512 * 1024;
const AREAS = 3;
const PAGES = 1 + (AREAS * (CARRY + AREA)) / PAGE;

/** Compiled at first use. */
let compiled: object | undefined;

/** Finds where chunks end, in bytes that lie in its memory. */
export class GearScanner {
  /** Shared, so that other threads can read it. In front lies the table, in a page of its own; behind it the areas. */
  readonly memory: Uint8Array;
  readonly #find: Find;
  /** How far the chunk that begins here has been looked through; 0 if not at all. */
  #scanned = 0;

  constructor() {
    compiled ??= new Module(gearModule(PAGES));
    const memory = new Memory({ initial: PAGES, maximum: PAGES, shared: true });
    this.memory = new Uint8Array(memory.buffer);
    this.memory.set(gearTable());
    this.#find = new Instance(compiled, { env: { memory } }).exports.find;
  }

  /** Where new bytes begin in the area that is used as the `turn`th. */
  areaStart(turn: number): number {
    return PAGE + (turn % AREAS) * (CARRY + AREA) + CARRY;
  }

  /**
   * Where the chunk ends that begins at `start`, of bytes that are there up to `end`; nothing if that is not known before
   * there are more, which `isLast` says there are not. Ask then again with the same chunk, wherever it lies by now.
   */
  cut(start: number, end: number, isLast: boolean): number | undefined {
    const limit = Math.min(end, start + MAX_CHUNK);
    const from = start + Math.max(this.#scanned, SKIPPED);
    let found = 0;
    if (from < limit) {
      found = this.#find(from, limit, this.#scanned === 0 ? 0 : 1);
      this.#scanned = limit - start;
    }
    if (found === 0 && (limit - start === MAX_CHUNK || (isLast && start < limit))) found = limit;
    if (found === 0) return undefined;
    this.#scanned = 0;
    return found;
  }
}
