import { epochKeys, KEY_WORDS, mix32 } from "./epoch-keys.js";

const WORD_BITS = 32;
/** Fewer would not give all orders of a few items alike. */
const LEAST_BITS = 10;

/**
 * A permutation of the numbers from 0 to `length - 1` that seed and epoch determine: which number stands at a
 * position, at once and without memory.
 *
 * The algorithm, version 1, which never changes: `bits` is the least number from 10 on with `2 ** bits >= length`.
 * A number of so many bits is cut into a high part of `floor(bits / 2)` and a low part of the other bits. Eight
 * rounds of a Feistel network change the parts by turns: round `r`, from 0, changes the high part if `r` is even, else the
 * low one, by exclusive or with the upper bits, as many as it has, of `mix32(other ^ key[r])`. Numbers
 * of `length` and above are put through it again until one is below ("cycle walking": Black and Rogaway, Ciphers
 * with Arbitrary Finite Domains, 2002). The keys are those of {@link epochKeys} for `shuffle`.
 */
export function shuffled(
  length: number,
  seed: number,
  epoch: number,
): (position: number) => number {
  const keys = epochKeys("shuffle", seed, epoch);
  const bits = bitsOf(length);
  const highBits = Math.floor(bits / 2);
  const lowBits = bits - highBits;
  const lowSize = 2 ** lowBits;

  function permute(number: number): number {
    let high = Math.floor(number / lowSize);
    let low = number - high * lowSize;
    for (let round = 0; round < KEY_WORDS; round += 2) {
      high ^= mix32(low ^ keys[round]!) >>> (WORD_BITS - highBits);
      low ^= mix32(high ^ keys[round + 1]!) >>> (WORD_BITS - lowBits);
    }
    return high * lowSize + low;
  }

  return (position) => {
    let number = permute(position);
    while (number >= length) number = permute(number);
    return number;
  };
}

function bitsOf(length: number): number {
  let bits = LEAST_BITS;
  while (2 ** bits < length) bits++;
  return bits;
}
