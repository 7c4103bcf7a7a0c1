import { LocalDiskBackend } from "../../local-disk/index.js";
import { directCapabilities } from "./capabilities.js";
import { type DirectConfig, resolveDirectConfig } from "./config.js";
import { DirectIo } from "./direct-io.js";

/** A store of files in a folder, read and written past the page cache. */
export class DirectBackend extends LocalDiskBackend {
  readonly #io: DirectIo;

  constructor(config: DirectConfig) {
    const options = resolveDirectConfig(config);
    const onRefused = (why: string): void => {
      options.onWarning({
        code: "direct-fallback",
        message: `direct://${options.root} goes through the page cache, because the file system does not support direct transfers: ${why}`,
      });
    };
    const io = new DirectIo({ ...options, onRefused });
    super("direct", directCapabilities(options.sidecar), { ...options, io });
    this.#io = io;
  }

  /** `buffered` once the file system has refused O_DIRECT; until then `direct`. */
  get mode(): "direct" | "buffered" {
    return this.#io.mode;
  }
}

/**
 * Throws `invalid-config`. Whether the file system takes O_DIRECT shows at the first transfer: where it does
 * not, `onWarning` is called once with the code `direct-fallback` and all goes on buffered.
 */
export async function openDirectBackend(config: DirectConfig): Promise<DirectBackend> {
  return new DirectBackend(config);
}
