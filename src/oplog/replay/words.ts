import type { OpLogEntry, OpWord } from "../entry.js";

/** Why a row was not replayed. */
export type SkipReason =
  | "unknown-word"
  | "container"
  | "failed-write"
  | "failed-in-log"
  | "no-target"
  | "no-key"
  | "no-source"
  | "two-targets"
  | "no-upload"
  | "too-many-uploads";

/** What each reason means, as the end of a sentence that begins with "skipped because". */
export const SKIP_REASONS: Readonly<Record<SkipReason, string>> = {
  "unknown-word": "nothing is known of the operation",
  container: "buckets and containers are left alone",
  "failed-write": "it failed in the log, which does not tell what it would have written",
  "failed-in-log": "it failed in the log",
  "no-target": "no rule covers it",
  "no-key": "the log does not tell the key",
  "no-source": "the log does not tell the source",
  "two-targets": "its source and its target go to different stores",
  "no-upload": "the log does not tell how its upload began, or the upload has ended",
  "too-many-uploads": "too many uploads are unfinished",
};

/** How rows of a word are replayed. */
export interface WordFacts {
  /** Changes what is in the store. */
  readonly writes: boolean;
  /** The file is the prefix of a listing, which may be empty. */
  readonly prefix?: boolean;
  /** Belongs to other rows of the same key, which have to meet in one store. */
  readonly sticky?: boolean;
  /** Has a source beside its file. */
  readonly source?: boolean;
}

const WORD_FACTS: Readonly<Record<OpWord, WordFacts | SkipReason>> = {
  GET: { writes: false },
  STAT: { writes: false },
  LIST: { writes: false, prefix: true },
  PUT: { writes: true },
  DELETE: { writes: true },
  COPY: { writes: true, sticky: true, source: true },
  RENAME: { writes: true, sticky: true, source: true },
  PUTPART: { writes: true, sticky: true },
  MULTIPART_START: { writes: true, sticky: true },
  MULTIPART_COMPLETE: { writes: true, sticky: true },
  MULTIPART_ABORT: { writes: true, sticky: true },
  // Which upload it took up again only its id would tell.
  MULTIPART_RESUME: "no-upload",
  LIST_PARTS: { writes: false, sticky: true },
  MULTIPART_LIST: { writes: false, prefix: true },
  CREATE_CONTAINER: "container",
  DELETE_CONTAINER: "container",
  LIST_CONTAINERS: "container",
};

/** The words that are replayed. */
export type ReplayWord = Exclude<
  OpWord,
  "MULTIPART_RESUME" | "CREATE_CONTAINER" | "DELETE_CONTAINER" | "LIST_CONTAINERS"
>;

/** How a row is replayed, or why it is not, by its word and what became of it in the log. */
export function factsOf({ op, error }: OpLogEntry): WordFacts | SkipReason {
  if (!Object.hasOwn(WORD_FACTS, op)) return "unknown-word";
  const facts = WORD_FACTS[op as OpWord];
  if (typeof facts !== "string" && facts.writes && error !== "") return "failed-write";
  return facts;
}
