import type { Capabilities } from "../../capabilities.js";
import { localDiskCapabilities } from "../../local-disk/index.js";

/** What `direct://` can do: the same as `file://`. */
export function directCapabilities(sidecar: boolean): Capabilities {
  return localDiskCapabilities(sidecar);
}
