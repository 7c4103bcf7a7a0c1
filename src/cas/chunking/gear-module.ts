import { type Code, I32, I64, wasm, wasmModule } from "./wasm-module.js";

/** A position is a cut if the 16 upper bits of the hash are 0: Xet's mask is 0xFFFF000000000000. */
const CUT_BELOW = 1n << 48n;

/** Steps between two looks at where the bytes end. */
const STEPS = 32;

const AT = 0;
const END = 1;
const RESUME = 2;
const HASH = 3;

/**
 * The module that looks for cuts. Its function `find(at, end, resume)` moves the hash over the bytes of its memory from `at`
 * up to `end`, and gives the position behind the first byte at which the bytes may be cut, or 0 if there is none. The hash
 * begins with 0, or with `resume` 1 with what it was at the end of the last call. Its memory begins with
 * the table of 256 numbers.
 *
 * Gear: hash = hash * 2 + table[byte], in 64 bits.
 */
export function gearModule(memoryPages: number): Uint8Array<ArrayBuffer> {
  const steps = Array.from({ length: STEPS }, (_, i) => step(i));
  const body: Code[] = [
    [...wasm.getGlobal, ...wasm.get(RESUME), ...wasm.widen, ...wasm.multiply64, ...wasm.set(HASH)],
    whileRoomFor(STEPS, steps.flat()),
    whileRoomFor(1, step(0)),
    [...wasm.get(HASH), ...wasm.setGlobal, ...wasm.i32(0)],
  ];
  return wasmModule(
    { name: "find", params: [I32, I32, I32], result: I32, locals: [I64], body: body.flat() },
    memoryPages,
  );
}

/** Repeats steps that move `AT` by `count` as long as there are so many bytes. */
function whileRoomFor(count: number, steps: Code): Code {
  const room = [
    ...[...wasm.get(AT), ...wasm.i32(count), ...wasm.add32],
    ...[...wasm.get(END), ...wasm.lessOrEqual32],
  ];
  const advance = [...wasm.get(AT), ...wasm.i32(count), ...wasm.add32, ...wasm.set(AT)];
  return [...room, ...wasm.when([wasm.loop([steps, advance, room])])];
}

/** Takes the byte at `AT + offset` into the hash, and returns if it is at a cut. */
function step(offset: number): Code {
  return [
    ...[...wasm.get(HASH), ...wasm.i64(1n), ...wasm.shiftLeft64],
    ...[...wasm.get(AT), ...wasm.loadByte(offset), ...wasm.i32(3), ...wasm.shiftLeft32],
    ...[...wasm.load64(0), ...wasm.add64, ...wasm.tee(HASH)],
    ...[...wasm.i64(CUT_BELOW), ...wasm.less64],
    ...wasm.when([wasm.get(AT), wasm.i32(offset + 1), wasm.add32, wasm.return]),
  ];
}
