import { LodeError } from "../errors.js";
import type { NpyDtype } from "../formats/index.js";
import type { Content } from "./content.js";

/** What an object is to look like, of which each type takes its part. */
export interface LayoutOptions {
  readonly size?: number | undefined;
  readonly dtype?: NpyDtype | undefined;
  readonly shape?: readonly number[] | undefined;
  readonly samples?: number | undefined;
  /** Bytes that a sample takes with its framing. */
  readonly recordSize?: number | undefined;
}

/** How an object of a type is put together, once its sizes are known. */
export interface ObjectLayout {
  /** Bytes of the whole object. */
  readonly length: number;
  /** Records, rows or files with a class, in types that have them. */
  readonly samples?: number | undefined;
  /** Bytes from sample to sample, where they are the same for all but the last. */
  readonly pieceBytes?: number | undefined;
  /** The bytes, from the content of an object of that length. */
  readonly stream: (content: Content) => AsyncIterable<Uint8Array>;
  /** An index of the object's records, for types that keep one beside. */
  readonly indexFile?: (() => Uint8Array) | undefined;
}

/** Samples have classes from 0 up to here. */
export const CLASSES = 10;

/** The size, for types that need one. */
export function sizeOf(type: string, { size }: LayoutOptions): number {
  if (size !== undefined) return size;
  throw new LodeError({
    code: "invalid-argument",
    message: `an object of type ${type} needs a size`,
  });
}

export function tooSmall(type: string, size: number, minimum: number, what: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${size} bytes are too few for ${what}: the smallest ${type} object of this kind has ${minimum}`,
    details: { size, minimum },
  });
}
