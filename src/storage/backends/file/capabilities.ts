import type { Capabilities } from "../../capabilities.js";
import { localDiskCapabilities } from "../../local-disk/index.js";

/** What `file://` can do. */
export function fileCapabilities(sidecar: boolean): Capabilities {
  return localDiskCapabilities(sidecar);
}
