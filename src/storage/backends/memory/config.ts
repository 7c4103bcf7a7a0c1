import { LodeError } from "../../../errors.js";

export interface MemoryConfig {
  /** Stores of one name are one store within this process: `mem://name`. */
  readonly name: string;
}

/** Throws `invalid-config` for an empty name or one with a slash, which would not fit a URI. */
export function checkMemoryConfig(config: MemoryConfig): void {
  if (config.name !== "" && !config.name.includes("/")) return;
  throw new LodeError({
    code: "invalid-config",
    message: `${JSON.stringify(config.name)} cannot name a memory store: write mem://name`,
  });
}
