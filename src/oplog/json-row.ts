import { LodeError } from "../errors.js";
import type { OpLogEntry } from "./entry.js";
import { requestPlace, standardWord } from "./foreign-words.js";
import { formatTimestamp, parseTimestamp } from "./timestamp.js";

/** A row as JSON: the columns by their names in a log, and what only Lodestore's logs tell. */
export interface OpLogJson {
  readonly idx: number;
  readonly thread: number;
  readonly op: string;
  readonly client_id: string;
  readonly n_objects: number;
  readonly bytes: number;
  readonly endpoint: string;
  readonly file: string;
  readonly error: string;
  /** RFC 3339 with nanoseconds, as are `first_byte`, `last_byte` and `end`. */
  readonly start: string;
  readonly first_byte?: string;
  readonly last_byte?: string;
  readonly end: string;
  readonly duration_ns: number;
  readonly cat?: number;
  readonly offset?: number;
  readonly store?: string;
  readonly source?: string;
}

export function entryToJson(entry: OpLogEntry): OpLogJson {
  const { startSeconds: seconds, startNanos: nanos, firstByteNs, lastByteNs, durationNs } = entry;
  const after = (ns: number) => formatTimestamp(seconds, nanos + ns);
  return {
    idx: entry.index,
    thread: entry.thread,
    op: entry.op,
    client_id: entry.clientId,
    n_objects: entry.objects,
    bytes: entry.bytes,
    endpoint: entry.endpoint,
    file: entry.file,
    error: entry.error,
    start: after(0),
    ...(firstByteNs === undefined ? {} : { first_byte: after(firstByteNs) }),
    ...(lastByteNs === undefined ? {} : { last_byte: after(lastByteNs) }),
    end: after(durationNs),
    duration_ns: durationNs,
    ...(entry.categories === undefined ? {} : { cat: entry.categories }),
    ...(entry.offset === undefined ? {} : { offset: entry.offset }),
    ...(entry.store === undefined ? {} : { store: entry.store }),
    ...(entry.source === undefined ? {} : { source: entry.source }),
  };
}

/** Reads a line of JSON: what `entryToJson` makes, or s3dlio's fields. Throws `corrupt-format`. */
export function entryFromJson(line: string, row: number): OpLogEntry {
  const fields = jsonFields(line);
  const word = fields.get("op") ?? fields.get("operation");
  if (word === undefined) throw bad("it names no op");
  const start = timestamp(fields, "start") ?? timestamp(fields, "t_start");
  if (start === undefined) throw bad("it tells no start");
  const after = (name: string): number | undefined => {
    const time = timestamp(fields, name);
    if (time === undefined) return undefined;
    return Math.max(0, (time.seconds - start.seconds) * 1e9 + (time.nanos - start.nanos));
  };
  const endpoint = fields.get("endpoint") ?? "";
  const place = requestPlace(word, endpoint, fields.get("file") ?? "");
  return {
    index: wholeNumber(fields, "idx") ?? row,
    thread: (wholeNumber(fields, "thread") ?? 0) % 65_536,
    op: standardWord(word),
    clientId: fields.get("client_id") ?? "",
    objects: wholeNumber(fields, "n_objects") ?? 1,
    bytes: wholeNumber(fields, "bytes") ?? 0,
    endpoint,
    file: place.file,
    error: fields.get("error") ?? "",
    startSeconds: start.seconds,
    startNanos: start.nanos,
    firstByteNs: after("first_byte"),
    lastByteNs: after("last_byte"),
    durationNs: wholeNumber(fields, "duration_ns") ?? after("end") ?? after("t_end") ?? 0,
    categories: wholeNumber(fields, "cat"),
    offset: wholeNumber(fields, "offset") ?? place.offset,
    store: fields.get("store") ?? place.store,
    source: fields.get("source"),
  };
}

/** The text and numbers of a JSON object by their names in lower case. */
function jsonFields(line: string): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw bad("it is no JSON", cause);
  }
  if (typeof parsed !== "object" || parsed === null) throw bad("it is no JSON object");
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === "string" || typeof value === "number") {
      fields.set(name.toLowerCase(), String(value));
    }
  }
  return fields;
}

function wholeNumber(fields: Map<string, string>, name: string): number | undefined {
  const text = fields.get(name);
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && Math.floor(value) === value) return value;
  throw bad(`its ${name} is no whole number`);
}

function timestamp(
  fields: Map<string, string>,
  name: string,
): { seconds: number; nanos: number } | undefined {
  const text = fields.get(name);
  if (text === undefined || text === "") return undefined;
  const time = parseTimestamp(text);
  if (time === undefined) throw bad(`its ${name} is no time`);
  return time;
}

function bad(why: string, cause?: unknown): LodeError {
  return new LodeError({ code: "corrupt-format", message: why, cause });
}
