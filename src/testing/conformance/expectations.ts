import type { Capabilities } from "../../storage/index.js";

/** What a backend does: never left out, so that "not supported" has to be said. */
export type Support = "supported" | "not-supported";

type BooleanCapability = {
  [K in keyof Capabilities]: Capabilities[K] extends boolean ? K : never;
}[keyof Capabilities];

/** Keys that break careless code, by name. */
export const ODD_KEYS = {
  markup: `a&b<c>d"e'f`,
  newline: "line\nbreak",
  "carriage-return": "line\r\nbreak",
  tab: "a\tb",
  "control-character": "bell\u0007end",
  delete: "del\u007fend",
  emoji: "smile-\u{1F600}",
  "replacement-character": "odd-\uFFFD",
  "last-code-point": "last-\u{10FFFF}",
  "composed-accent": "caf\u00e9",
  "decomposed-accent": "cafe\u0301",
  "double-slash": "a//b",
  "leading-slash": "/a",
  dot: ".",
  "dot-dot": "..",
  "dot-segment": "a/./b",
  "dot-dot-segment": "a/../b",
  "trailing-slash": "folder/",
  plus: "a+b",
  space: "a b c",
  "outer-spaces": " a ",
  "percent-escape": "a%2Fb",
  percent: "100%",
  question: "a?b=c&d",
  hash: "a#b",
  backslash: "a\\b",
  brackets: "a*b[c]{d}|e",
  colon: "a:b@c=d;e,f",
  tilde: "~a-_.!'()",
  "longest-in-segments": `${"s".repeat(127)}/`.repeat(7) + "s".repeat(128),
  "longest-in-one": "k".repeat(1024),
} as const;

export type OddKeyName = keyof typeof ODD_KEYS;

/**
 * - `refused`: writing it throws `invalid-key`
 * - `put-only`: not as the key of an upload in parts
 * - `mangled`: the server stores it under another name without a word
 */
export type OddKeySupport = "supported" | "refused" | "put-only" | "mangled";

/**
 * How a backend differs from the reference, exhaustively: the suite checks each claim in both
 * directions, and the type asks for a word about each.
 */
export interface Expectations extends Readonly<Record<BooleanCapability, Support>> {
  readonly oddKeys: Readonly<Record<OddKeyName, OddKeySupport>>;
  /** Keys below the key of another object are listed (a fault of the server if not). */
  readonly listsBelowKeys: Support;
  /** Keys of another Unicode normal form are other keys. */
  readonly distinctNormalForms: boolean;
  /** Writing the same bytes again makes another etag. */
  readonly etagChangesOnRewrite: boolean;
  /** `copy` of an object onto itself without any change. */
  readonly copyOntoItself: Support;
  /** `head` and `get` tell the CRC32C of an object that `put` stored. */
  readonly checksumKept: Support;
  /** The same for an object that came in parts. */
  readonly multipartChecksumKept: Support;
  /** An upload of one part of zero bytes. */
  readonly emptyPart: Support;
  /** An upload can be completed after another write of its key. */
  readonly uploadsOutliveWrites: Support;
  /** `complete` of an upload without any part. */
  readonly noParts: "refused" | "empty-object";
  /** An upload with a part below `capabilities.minPartBytes` before the last: `complete` refuses. */
  readonly smallParts: "supported" | "refused";
  /** A storage class that the backend keeps, where it keeps any. */
  readonly storageClassName?: string | undefined;
}

/** A row in which all odd keys are supported, to be spread and corrected. */
export const ALL_ODD_KEYS = Object.fromEntries(
  Object.keys(ODD_KEYS).map((name) => [name, "supported"]),
) as Record<OddKeyName, "supported">;
