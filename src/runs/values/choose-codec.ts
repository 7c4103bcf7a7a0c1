import { LodeError } from "../../errors.js";
import { arrayCodec, bytesCodec, jsonCodec, tableCodec, textCodec } from "./codecs/index.js";
import { tableOf } from "./table-input.js";
import type { ValueCodec } from "./value-codec.js";

/** In the order in which they are asked; the last one takes every plain value that is left. */
export const BUILT_IN_CODECS: readonly ValueCodec[] = [
  bytesCodec as ValueCodec,
  textCodec as ValueCodec,
  arrayCodec as ValueCodec,
  tableCodec as ValueCodec,
  jsonCodec,
];

/** Types that mean something without a codec. */
const OWN_TYPES = new Set([...BUILT_IN_CODECS.map(({ type }) => type), "file", "tree"]);
const TYPE = /^[a-z][a-z0-9-]{0,63}$/;
const FORMAT = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export interface CodecChoice {
  readonly format?: string | undefined;
  readonly codec?: ValueCodec | undefined;
  readonly codecs?: readonly ValueCodec[] | undefined;
}

export interface ChosenCodec {
  readonly codec: ValueCodec;
  readonly value: unknown;
  readonly format: string;
}

/** How a value is to be stored. Throws `invalid-argument` for one that no codec takes. */
export function chooseCodec(data: unknown, choice: CodecChoice): ChosenCodec {
  const { format, codec, codecs = [] } = choice;
  if (format !== undefined) checkFormat(format);
  const given = codec === undefined ? codecs : [codec];
  for (const each of given) checkCodec(each);
  const own = given.find(
    (each) => (format === undefined || each.format === format) && each.matches(data),
  );
  if (own !== undefined) return { codec: own, value: data, format: own.format };
  if (codec !== undefined) {
    throw invalid(
      `the codec ${codec.type} does not take ${describeValue(data)} as ${format ?? codec.format}`,
    );
  }

  if (format === tableCodec.format && Array.isArray(data)) {
    return { codec: tableCodec as ValueCodec, value: tableOf(data), format };
  }
  const builtIn = BUILT_IN_CODECS.find((each) => each.matches(data));
  if (builtIn === undefined) {
    throw invalid(
      `there is no way to store ${describeValue(data)}: give bytes, text, plain values, arrays of numbers, a table, fileOf or treeOf, or a codec for it`,
    );
  }
  const anyEnding = builtIn.type === bytesCodec.type || builtIn.type === textCodec.type;
  if (format === undefined || anyEnding || format === builtIn.format) {
    return { codec: builtIn, value: data, format: format ?? builtIn.format };
  }
  throw invalid(
    `${describeValue(data)} is stored as ${builtIn.format}, not as ${format}: leave the format out, or give a codec`,
  );
}

/** Throws `invalid-argument` unless it can be the ending of a stored object. */
export function checkFormat(format: string): void {
  if (FORMAT.test(format)) return;
  throw invalid(
    `${JSON.stringify(format)} is no format: give 1 to 32 of a-z, 0-9, _ and -, as csv`,
  );
}

/** Whether a codec may have this type: types of other programs, such as `DataFrame`, are none. */
export function isCodecType(type: string): boolean {
  return TYPE.test(type) && !OWN_TYPES.has(type);
}

function checkCodec({ type, format }: ValueCodec): void {
  checkFormat(format);
  if (isCodecType(type)) return;
  throw invalid(
    `${JSON.stringify(type)} can be no codec's type: give a name of a-z, 0-9 and - other than ${[...OWN_TYPES].join(", ")}`,
  );
}

function describeValue(value: unknown): string {
  if (value === undefined || value === null || typeof value === "boolean") return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const { name } = (Reflect.get(value, "constructor") ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? `a value of ${name}` : "an object";
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
