import { gearModule } from "./gear-module.js";
import { gearTable } from "./gear-table.js";
import { MAX_CHUNK } from "./parameters.js";

/** See {@link gearModule}. */
export type Find = (at: number, end: number, resume: number) => number;

/** The part of WebAssembly that is used; the compiler's library of this level does not know it. */
export interface WebAssemblyApi {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: { readonly find: Find } };
}

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;

const PAGE = 64 * 1024;

/** Bytes of each area for a chunk that is carried into it, in front of those for new ones. */
const CARRY = MAX_CHUNK;
/** New bytes that an area takes: with the carried ones, few enough for a core's cache. */
export const AREA = 512 * 1024;
/** Areas whose bytes are being cut while the chunks of an earlier one are used and a later one is filled. */
export const CUT_AHEAD = 3;
const AREAS = CUT_AHEAD + 2;
const PAGES = 1 + (AREAS * (CARRY + AREA)) / PAGE;

/** Compiled at first use. */
let compiled: object | undefined;

/** Memories that nobody has, to be used again: the garbage collector does not see how much it would get back. */
const idle: GearMemory[] = [];
const MOST_IDLE = 16;

/**
 * Memory for bytes that are cut, and the function that finds where. It is shared, so that another thread can do it too: in front lies
 * the table, in a page of its own; behind it areas for bytes, used in turn.
 */
export class GearMemory {
  readonly module: object;
  readonly memory: WasmMemory;
  readonly bytes: Uint8Array;
  readonly find: Find;

  /** To be given back by {@link release}. */
  static take(): GearMemory {
    return idle.pop() ?? new GearMemory();
  }

  private constructor() {
    compiled ??= new Module(gearModule(PAGES));
    this.module = compiled;
    this.memory = new Memory({ initial: PAGES, maximum: PAGES, shared: true });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.bytes.set(gearTable());
    this.find = new Instance(this.module, { env: { memory: this.memory } }).exports.find;
  }

  /** It is another's from now on: no thread may be at work on it. */
  release(): void {
    if (idle.length < MOST_IDLE) idle.push(this);
  }

  /** Where new bytes begin in the area that is used as the `turn`th. */
  areaStart(turn: number): number {
    return PAGE + (turn % AREAS) * (CARRY + AREA) + CARRY;
  }
}
