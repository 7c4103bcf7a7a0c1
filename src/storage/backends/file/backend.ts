import { BufferedIo, LocalDiskBackend } from "../../local-disk/index.js";
import { fileCapabilities } from "./capabilities.js";
import { type FileConfig, resolveFileConfig } from "./config.js";

/** A store of files in a folder, read and written through the page cache. */
export class FileBackend extends LocalDiskBackend {
  constructor(config: FileConfig) {
    const options = resolveFileConfig(config);
    const io = new BufferedIo(options.calls);
    super("file", fileCapabilities(options.sidecar), { ...options, io });
  }
}

/** Throws `invalid-config`. The folder need not exist: an absent one holds nothing. */
export async function openFileBackend(config: FileConfig): Promise<FileBackend> {
  return new FileBackend(config);
}
