import { isAbsolute, normalize } from "node:path";
import { LodeError } from "../../errors.js";
import { type FsCalls, nodeFsCalls } from "./fs-calls.js";
import type { LocalDiskOptions, SyncMode } from "./local-disk.js";
import type { OnWarning } from "./store-errors.js";

/** What both local stores can be told. */
export interface LocalDiskConfig {
  /** Absolute path of the folder that holds the objects. */
  readonly root: string;
  /**
   * A missing root holds nothing and the first write makes it. With false it is `not-found` until
   * `createContainer`, as a bucket is. Default true.
   */
  readonly createRoot?: boolean | undefined;
  /** Default `full`. */
  readonly sync?: SyncMode | undefined;
  /** Keep content type and user metadata in hidden files beside the objects. Default false. */
  readonly sidecar?: boolean | undefined;
  /** Remove folders below the root that a deletion leaves empty. Default true. */
  readonly removeEmptyFolders?: boolean | undefined;
  readonly onWarning?: OnWarning | undefined;
  /** For tests: the calls to the operating system. */
  readonly fsCalls?: FsCalls | undefined;
}

/** The configuration with its defaults. Throws `invalid-config`. */
export function resolveLocalDiskConfig(config: LocalDiskConfig): Omit<LocalDiskOptions, "io"> {
  const { root, sync = "full" } = config;
  if (!isAbsolute(root) || root.includes("\0")) {
    throw invalid(`the root ${JSON.stringify(root)} is not an absolute path`);
  }
  if (sync !== "full" && sync !== "none") {
    throw invalid(`sync ${JSON.stringify(sync)} is neither "full" nor "none"`);
  }
  return {
    root: normalize(root).replace(/(?<=.)\/+$/, ""),
    sync,
    sidecar: config.sidecar ?? false,
    createRoot: config.createRoot ?? true,
    removeEmptyFolders: config.removeEmptyFolders ?? true,
    calls: config.fsCalls ?? nodeFsCalls,
    onWarning: config.onWarning ?? (() => {}),
  };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-config", message });
}
