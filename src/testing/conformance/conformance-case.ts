import type { Backend } from "../../storage/index.js";
import type { Expectations } from "./expectations.js";

/** A container that does not exist yet, for the cases of containers. */
export interface SiblingContainer {
  readonly backend: Backend;
  /** As `listContainers` tells it. */
  readonly name: string;
}

/** What a test setup makes: an empty container of its own and the way to get rid of it. */
export interface ConformanceTarget {
  readonly backend: Backend;
  /** Another handle of the same container, as a second process would have it. */
  readonly reopen: () => Promise<Backend>;
  /** Needed where containers are supported; the cases delete what they create. */
  readonly sibling?: (() => Promise<SiblingContainer>) | undefined;
  readonly dispose: () => Promise<void>;
}

/** What a case is given: an empty container. */
export interface ConformanceContext extends ConformanceTarget {
  readonly expect: Expectations;
  /** Seed of the random cases; told in their failures. */
  readonly seed: number;
  /** How often the races are run. */
  readonly races: number;
}

export type Verb =
  | "capabilities"
  | "get"
  | "ranges"
  | "read-into"
  | "head"
  | "put"
  | "conditional-put"
  | "attributes"
  | "multipart"
  | "list"
  | "delete"
  | "copy"
  | "rename"
  | "presign"
  | "containers"
  | "keys"
  | "concurrency"
  | "abort"
  | "model";

/** One requirement; `run` throws if the backend does not meet it. */
export interface ConformanceCase {
  readonly verb: Verb;
  readonly name: string;
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/** The cases of one verb. */
export function casesOf(
  verb: Verb,
  runs: Readonly<Record<string, ConformanceCase["run"]>>,
): ConformanceCase[] {
  return Object.entries(runs).map(([name, run]) => ({ verb, name, run }));
}
