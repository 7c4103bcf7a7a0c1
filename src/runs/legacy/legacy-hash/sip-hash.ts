/** ASCII `0123456789123456`, pandas' default key, as four words of 32 bits from low to high. */
const KEY = [0x33323130, 0x37363534, 0x32313938, 0x36353433] as const;

const v = new Uint32Array(8);

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of `bytes` with pandas' key, into `words[at]` (low half) and
 * `words[at + 1]`.
 */
export function sipHash(bytes: Uint8Array, words: Uint32Array, at: number): void {
  const [k0, k1, k2, k3] = KEY;
  v[0] = k0 ^ 0x70736575;
  v[1] = k1 ^ 0x736f6d65;
  v[2] = k2 ^ 0x6e646f6d;
  v[3] = k3 ^ 0x646f7261;
  v[4] = k0 ^ 0x6e657261;
  v[5] = k1 ^ 0x6c796765;
  v[6] = k2 ^ 0x79746573;
  v[7] = k3 ^ 0x74656462;
  const blocks = bytes.length - (bytes.length % 8);
  for (let i = 0; i < blocks; i += 8) absorb(word(bytes, i), word(bytes, i + 4));
  absorb(word(bytes, blocks), word(bytes, blocks + 4) | (bytes.length << 24));
  v[4]! ^= 0xff;
  for (let i = 0; i < 4; i++) round();
  words[at] = v[0]! ^ v[2]! ^ v[4]! ^ v[6]!;
  words[at + 1] = v[1]! ^ v[3]! ^ v[5]! ^ v[7]!;
}

/** Four bytes as one word, zero beyond the end. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

function absorb(low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  round();
  round();
  v[0]! ^= low;
  v[1]! ^= high;
}

function round(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  rotate(0, 32);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  rotate(4, 32);
}

function add(to: number, from: number): void {
  const low = v[to]! + v[from]!;
  v[to] = low;
  v[to + 1] = v[to + 1]! + v[from + 1]! + (low > 0xffffffff ? 1 : 0);
}

function xor(to: number, from: number): void {
  v[to]! ^= v[from]!;
  v[to + 1]! ^= v[from + 1]!;
}

function rotate(at: number, bits: number): void {
  const low = v[at]!;
  const high = v[at + 1]!;
  if (bits === 32) {
    v[at] = high;
    v[at + 1] = low;
    return;
  }
  v[at] = (low << bits) | (high >>> (32 - bits));
  v[at + 1] = (high << bits) | (low >>> (32 - bits));
}
