import { LodeError } from "../errors.js";
import type { OpLogColumns } from "./columns.js";

export interface OpLogWriterOptions {
  /** Default 13. */
  readonly columns?: OpLogColumns | undefined;
  /** Of zstd, 1 to 22. Default 1. */
  readonly level?: number | undefined;
  /** Bytes of text that make a frame. Default 262,144. */
  readonly frameBytes?: number | undefined;
  /** Rows that may wait beyond a full frame while the disk is busy. Default 2,048. */
  readonly bufferRows?: number | undefined;
  /** Hold up the program, in place of dropping rows, when the buffer is full. Default false. */
  readonly lossless?: boolean | undefined;
  /** A frame is closed at least this often while there are rows, in milliseconds. Default 1,000. */
  readonly flushMs?: number | undefined;
}

export const WRITER_DEFAULTS = {
  columns: 13,
  level: 1,
  frameBytes: 262_144,
  bufferRows: 2048,
  lossless: false,
  flushMs: 1000,
} as const satisfies Required<OpLogWriterOptions>;

/** The options with defaults for what is absent. Throws `invalid-argument`. */
export function resolveWriterOptions(options: OpLogWriterOptions): {
  readonly [N in keyof OpLogWriterOptions]-?: NonNullable<OpLogWriterOptions[N]>;
} {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const resolved: { [N in keyof OpLogWriterOptions]-?: NonNullable<OpLogWriterOptions[N]> } = {
    ...WRITER_DEFAULTS,
    ...Object.fromEntries(given),
  };
  if (resolved.columns !== 13 && resolved.columns !== 15) {
    throw invalid(`an operation log has 13 or 15 columns, not ${resolved.columns}`);
  }
  requireWhole("level", resolved.level, 1, 22);
  requireWhole("frameBytes", resolved.frameBytes, 1024, 2 ** 28);
  requireWhole("bufferRows", resolved.bufferRows, 1, 2 ** 24);
  requireWhole("flushMs", resolved.flushMs, 10, 3_600_000);
  return resolved;
}

function requireWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(`${name} of an operation log cannot be ${value}: give ${min} to ${max}`);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
