import {
  type LocalDiskConfig,
  type LocalDiskOptions,
  resolveLocalDiskConfig,
} from "../../local-disk/index.js";

export type FileConfig = LocalDiskConfig;

/** The configuration with its defaults. Throws `invalid-config`. */
export function resolveFileConfig(config: FileConfig): Omit<LocalDiskOptions, "io"> {
  return resolveLocalDiskConfig(config);
}
