import type { Digest } from "../../../cas/index.js";

/** With what mltrack hashed: v2 with SHA-256; v1 with MD5, of which it kept 8 digits. */
export type LegacyAlgorithm = "sha256" | "md5";

/** What a stored object turned out to be. */
export interface Examined {
  /** `table`, `array`, `json`, or Python's name for what only Python takes for JSON; `file` for what is kept as bytes and not looked into, such as a pickle. */
  readonly type: string;
  readonly shape?: readonly number[] | undefined;
  /** Of a table, without those of its index. */
  readonly columns?: readonly string[] | undefined;
  /** Of an array numpy's name; of a table numpy's name by column, where it is a number's. */
  readonly dtype?: string | Readonly<Record<string, string>> | undefined;
  readonly digest?: Digest | undefined;
  /** The hashes by which mltrack may have named it, likeliest first; none if that cannot be told. */
  readonly hashes: readonly string[];
  /** Why there are none. */
  readonly unverifiable?: string | undefined;
  /** Why it could not be read at all. */
  readonly damage?: string | undefined;
}
