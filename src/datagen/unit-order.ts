const LARGEST_UNIT = 64 * 1024;
const SMALLEST_UNIT = 4 * 1024;

/**
 * Equal units of one object shall be further apart than zstd looks back, which is 2 MiB up to level 5: else its
 * compression would find them, and the factor for that be exceeded.
 */
const FAR_BYTES = 3 * 1024 * 1024;

/**
 * Ends of objects that are no whole piece are numbered from here: behind all pieces of a set of 1 PiB, and with room
 * for the AES blocks of 4,096 units of 64 KiB in a counter of 64 bits.
 */
const FIRST_TAIL = 2 ** 38;

/** Which units an object is made of: `stream` and a number name a unit, equal names equal bytes. */
export interface UnitOrder {
  readonly unitBytes: number;
  readonly stream: number;
  /** The unit that stands at this place of the object, counted from 0. */
  numberAt(place: number): number;
}

/** Units of the object's own, none of which comes a second time. */
export function distinctUnits(index: number): UnitOrder {
  return { unitBytes: LARGEST_UNIT, stream: index, numberAt: (place) => place };
}

/** What repetition is to fit. */
export interface RepeatOptions {
  readonly index: number;
  /** How many objects the set has. */
  readonly count: number;
  /** Of each object, in bytes. */
  readonly length: number;
  readonly dedup: number;
  /** What comes again are pieces of this many bytes where they are whole units; else single units. */
  readonly pieceBytes?: number | undefined;
}

/**
 * Units that come `dedup` times: within each object where it is so long that equal ones are far apart,
 * else over the set. The whole pieces of object or set run through the same `period` of pieces again and
 * again, so that equal ones are as far from each other as can be. No two objects begin at the same piece of the
 * period, so that none are equal.
 */
export function repeatedUnits(options: RepeatOptions): UnitOrder {
  const { index, count, length, dedup } = options;
  const scope = length / dedup >= FAR_BYTES ? 1 : count;
  const unitBytes = unitFor(length, dedup);
  const units = unitsOfPiece(options, unitBytes);
  const whole = Math.floor(length / (units * unitBytes));
  if (whole === 0) return distinctUnits(index);
  const period = Math.max(1, Math.round((whole * scope) / dedup), scope);
  const member = index % scope;
  // After so many objects one would begin where the first did.
  const cycle = period / divisor(whole, period);
  const first = member * whole + Math.floor(member / cycle);
  const tail = FIRST_TAIL + (member % Math.max(1, Math.round(scope / dedup)));
  return {
    unitBytes,
    stream: Math.floor(index / scope),
    numberAt(place) {
      const within = place % units;
      const piece = (place - within) / units;
      return (piece < whole ? (first + piece) % period : tail) * units + within;
    },
  };
}

function unitsOfPiece({ pieceBytes = 0, length, dedup }: RepeatOptions, unitBytes: number): number {
  const units = pieceBytes / unitBytes;
  return Number.isInteger(units) && units >= 1 && length / pieceBytes >= dedup ? units : 1;
}

/** Small objects have small units, so that each has as many as it shall share with others. */
function unitFor(length: number, dedup: number): number {
  let bytes = LARGEST_UNIT;
  while (bytes > SMALLEST_UNIT && length / bytes < dedup) bytes /= 2;
  return bytes;
}

function divisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
