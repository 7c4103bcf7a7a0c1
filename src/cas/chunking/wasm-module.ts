/** WebAssembly's codes of types and instructions (https://webassembly.github.io/spec/core/binary/), as far as they are used. */
export const I32 = 0x7f;
export const I64 = 0x7e;
const FUNCTION = 0x60;
const EMPTY = 0x40;
const END = 0x0b;

/** An instruction or a few, in bytes. */
export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly number[];
  readonly result: number;
  /** Types of the variables behind the parameters; they begin with 0. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** Instructions; those that take operands from the stack have them in front. */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  getGlobal: [0x23, 0],
  setGlobal: [0x24, 0],
  i32: (value: number): Code => [0x41, ...signed(BigInt(value))],
  i64: (value: bigint): Code => [0x42, ...signed(value)],
  loadByte: (offset: number): Code => [0x2d, 0, ...unsigned(offset)],
  load64: (offset: number): Code => [0x29, 3, ...unsigned(offset)],
  add32: [0x6a],
  shiftLeft32: [0x74],
  /** Both comparisons are without sign. */
  lessOrEqual32: [0x4d],
  add64: [0x7c],
  multiply64: [0x7e],
  shiftLeft64: [0x86],
  less64: [0x54],
  widen: [0xad],
  return: [0x0f],
  when: (then: readonly Code[]): Code => [0x04, EMPTY, ...then.flat(), END],
  /** Repeats as long as the condition, which it ends with, holds. */
  loop: (body: readonly Code[]): Code => [0x03, EMPTY, ...body.flat(), 0x0d, 0, END],
} as const;

/** The bytes of a module with a memory that is imported as `env.memory`, one global of 64 bits, and one function. */
export function wasmModule(fn: WasmFunction, memoryPages: number): Uint8Array<ArrayBuffer> {
  const locals = vector(fn.locals.map((type) => [1, type]));
  const body = [...locals, ...fn.body, END];
  const shared = [3, ...unsigned(memoryPages), ...unsigned(memoryPages)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [FUNCTION, ...vector(fn.params.map((type) => [type])), 1, fn.result]),
    ...section(2, [...text("env"), ...text("memory"), 2, ...shared]),
    ...section(3, [0]),
    ...section(6, [I64, 1, ...wasm.i64(0n), END]),
    ...section(7, [...text(fn.name), 0, 0]),
    ...section(10, [...unsigned(body.length), ...body]),
  ]);
}

/** A section that holds one item. */
function section(id: number, item: Code): Code {
  return [id, ...unsigned(item.length + 1), 1, ...item];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return [...unsigned(value.length), ...Buffer.from(value)];
}

/** LEB128 of 32 bits. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest >= -0x40n && rest < 0x40n) return [...bytes, Number(rest & 0x7fn)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}
