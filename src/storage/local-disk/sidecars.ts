import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { LodeError } from "../../errors.js";
import type { ObjectMeta, WriteOptions } from "../backend.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import type { Place } from "./root-guard.js";

/** Folder beside the objects that holds what a file cannot: content type and user metadata. */
export const SIDECAR_FOLDER = ".lode-meta";

/** What a sidecar tells. */
export type SidecarFacts = Pick<ObjectMeta, "contentType" | "metadata">;

/**
 * Content type and metadata of objects, one small JSON file for each version of an object:
 * `.lode-meta/<digest of the name>.<content tag>.json`. It is written before its object is published
 * and the old one removed after, so a crash in between leaves a file that describes no object, never
 * an object with another's metadata.
 */
export class Sidecars {
  readonly #calls: FsCalls;
  readonly #sync: boolean;

  constructor(calls: FsCalls, sync: boolean) {
    this.#calls = calls;
    this.#sync = sync;
  }

  /** Writes the facts for the version `tag`; none if there are no facts. */
  async write(at: Place, tag: string, facts: SidecarFacts): Promise<void> {
    if (facts.contentType === undefined && facts.metadata === undefined) return;
    try {
      this.#calls.mkdirSync(folder(at));
    } catch (error) {
      if (!isFsError(error, "EEXIST")) throw error;
    }
    const bytes = Buffer.from(
      JSON.stringify({ contentType: facts.contentType, metadata: facts.metadata }),
    );
    const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
    const fd = await this.#calls.open(path(at, tag), O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    try {
      for (let done = 0; done < bytes.length; ) {
        done += await this.#calls.write(fd, bytes.subarray(done), done);
      }
      if (this.#sync) await this.#calls.fsync(fd);
    } finally {
      await this.#calls.close(fd);
    }
    if (this.#sync) await this.#syncFolder(at);
  }

  /** The facts of the version `tag`; undefined where none were written. */
  async read(at: Place, tag: string): Promise<SidecarFacts | undefined> {
    let text: string;
    try {
      text = await this.#calls.readFile(path(at, tag));
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
    return parse(text, path(at, tag));
  }

  async remove(at: Place, tag: string): Promise<void> {
    try {
      await this.#calls.unlink(path(at, tag));
    } catch (error) {
      if (!isFsError(error, "ENOENT", "ENOTDIR")) throw error;
    }
  }

  async #syncFolder(at: Place): Promise<void> {
    const fd = await this.#calls.open(folder(at), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await this.#calls.fsync(fd);
    } finally {
      await this.#calls.close(fd);
    }
  }
}

/** The facts among a write's options. */
export function factsOf(options: WriteOptions): SidecarFacts {
  return { contentType: options.contentType, metadata: options.metadata };
}

function folder(at: Place): string {
  return `${at.directory}/${SIDECAR_FOLDER}`;
}

function path(at: Place, tag: string): string {
  const digest = createHash("sha256").update(at.name).digest("hex").slice(0, 32);
  return `${folder(at)}/${digest}.${tag}.json`;
}

function parse(text: string, file: string): SidecarFacts {
  try {
    const { contentType, metadata } = JSON.parse(text) as Record<string, unknown>;
    const facts: { contentType?: string; metadata?: Record<string, string> } = {};
    if (typeof contentType === "string") facts.contentType = contentType;
    if (typeof metadata === "object" && metadata !== null) {
      const texts = Object.entries(metadata).filter((pair) => typeof pair[1] === "string");
      facts.metadata = Object.fromEntries(texts) as Record<string, string>;
    }
    return facts;
  } catch (error) {
    throw new LodeError({
      code: "corrupt-format",
      message: `the metadata file ${file} is not JSON; write the object again or remove that file`,
      cause: error,
    });
  }
}
