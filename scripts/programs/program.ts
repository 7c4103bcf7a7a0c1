import type { Availability } from "../services/index.js";

/** The names by which a test asks for a program. */
export type ProgramName = "warp" | "python";

/** A program of another toolchain that tests run: fetched once, never part of the package. */
export interface Program {
  readonly name: ProgramName;

  /** Whether this machine has what it is made with; looks at tools only, never at the network. */
  availability(): Promise<Availability>;

  isFetched(): Promise<boolean>;

  /** Downloads or builds it into the cache folder; nothing when it is there. */
  fetch(signal?: AbortSignal): Promise<void>;

  /** Where its executable is once it is fetched. */
  path(): string;
}
