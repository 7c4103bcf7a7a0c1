import type { Checkpoint } from "../../checkpoints/index.js";
import { compileGlob } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { type CheckpointChoice, chosenCheckpoint, openCheckpoints } from "./checkpoint-place.js";
import { FolderInMaking } from "./folder-in-making.js";
import { localPath } from "./local-path.js";
import { writeStream } from "./write-stream.js";

export interface LoadCheckpointOptions extends CheckpointChoice {
  /** Only this rank's shard. */
  readonly rank?: number | undefined;
  /** Only these tensors, by names or globs; a shard becomes a safetensors file of those that it has. */
  readonly tensors?: readonly string[] | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

export interface LoadProgress {
  /** Logical bytes that were written so far. */
  readonly bytes: number;
  /** Undefined where the manifest does not tell. */
  readonly totalBytes: number | undefined;
  /** Shards that are done. */
  readonly shards: number;
}

export interface LoadedCheckpoint {
  readonly name: string;
  /** URI of the object that was written, or path of the folder. */
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
}

/** Writes one shard, or some tensors of it, as an object of any store. Throws `already-exists`. */
export async function loadCheckpointShard(
  app: AppContext,
  text: string,
  target: string,
  options: LoadCheckpointOptions & { readonly replace?: boolean | undefined },
): Promise<LoadedCheckpoint> {
  const load = await CheckpointLoad.open(app, text, options);
  const mode = options.replace === true ? "overwrite" : "create";
  const { uri, size } = await writeStream(app, target, load.body(), { mode });
  return { name: load.name, target: uri, files: 1, bytes: size };
}

/** The bytes of one shard, or of some tensors of it. */
export async function* readCheckpointShard(
  app: AppContext,
  text: string,
  options: LoadCheckpointOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await CheckpointLoad.open(app, text, options)).body();
}

/**
 * Writes all shards, or some tensors of them, into a new folder of the local disk, which appears when
 * all of it is there. Throws `already-exists` unless the folder is missing or empty.
 */
export async function loadCheckpoint(
  app: AppContext,
  text: string,
  target: string,
  options: LoadCheckpointOptions,
): Promise<LoadedCheckpoint> {
  const path = localPath(app, target.replace(/\/+$/, "") || "/");
  const load = await CheckpointLoad.open(app, text, options);
  const folder = await FolderInMaking.begin(path);
  try {
    let files = 0;
    let bytes = 0;
    for (const { rank } of load.checkpoint.manifest.shards) {
      const body = await load.bodyOf(rank);
      if (body === undefined) continue;
      const suffix = options.tensors === undefined ? "bin" : "safetensors";
      bytes += (await writeStream(app, folder.file(`rank-${rank}.${suffix}`), body)).size;
      files++;
    }
    load.checkPatterns();
    await folder.publish();
    return { name: load.name, target: path, files, bytes };
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

/** One checkpoint on its way out. */
class CheckpointLoad {
  readonly checkpoint: Checkpoint;
  readonly #app: AppContext;
  readonly #options: LoadCheckpointOptions;
  readonly #totalBytes: number | undefined;
  /** What of the asked-for tensors was found in no shard yet. */
  readonly #notFound: Set<string>;
  #bytes = 0;
  #shards = 0;

  static async open(
    app: AppContext,
    text: string,
    options: LoadCheckpointOptions,
  ): Promise<CheckpointLoad> {
    const checkpoint = await chosenCheckpoint(app, await openCheckpoints(app, text), options);
    return new CheckpointLoad(app, checkpoint, options);
  }

  constructor(app: AppContext, checkpoint: Checkpoint, options: LoadCheckpointOptions) {
    this.checkpoint = checkpoint;
    this.#app = app;
    this.#options = options;
    this.#notFound = new Set(options.tensors);
    const { rank, tensors } = options;
    const sizes = checkpoint.manifest.shards
      .filter((shard) => rank === undefined || shard.rank === rank)
      .map(({ key, size, blocks }) => blocks?.logicalSize ?? (key.endsWith(".zst") ? NaN : size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    this.#totalBytes = tensors !== undefined || Number.isNaN(total) ? undefined : total;
  }

  get name(): string {
    return this.checkpoint.toString();
  }

  /** Of the rank that is asked for, the only one unless told. */
  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    const { shards } = this.checkpoint.manifest;
    const { rank = shards.length === 1 ? shards[0]?.rank : undefined } = this.#options;
    if (rank === undefined) {
      throw new LodeError({
        code: "invalid-argument",
        message: `${this.name} has ${shards.length} shards: say the rank of the one that is wanted`,
      });
    }
    const body = await this.bodyOf(rank);
    this.checkPatterns();
    if (body !== undefined) yield* body;
  }

  /** The bytes that a rank becomes; undefined if it has none of the tensors. */
  async bodyOf(rank: number): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { signal } = this.#app;
    const { tensors: patterns } = this.#options;
    if (patterns === undefined) {
      return this.#counted(this.checkpoint.streamShard(rank, { signal }));
    }
    const { tensorPieces } = await import("../../checkpoints/index.js");
    const shard = await this.checkpoint.tensors(rank, { signal });
    const names = new Set<string>();
    for (const pattern of patterns) {
      const glob = compileGlob(pattern);
      for (const name of shard.names) {
        if (name !== pattern && !glob.matches(name)) continue;
        names.add(name);
        this.#notFound.delete(pattern);
      }
    }
    if (names.size === 0) return undefined;
    return this.#counted(tensorPieces(await shard.load(names, { signal }), shard.metadata));
  }

  /** Throws `not-found` for tensors that no shard has. */
  checkPatterns(): void {
    const [pattern] = this.#notFound;
    if (pattern === undefined) return;
    throw new LodeError({
      code: "not-found",
      message: `${this.name} has no tensor ${JSON.stringify(pattern)}`,
    });
  }

  async *#counted(
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      yield chunk;
      this.#bytes += chunk.length;
      this.#tell();
    }
    this.#shards++;
    this.#tell();
  }

  #tell(): void {
    this.#options.onProgress?.({
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      shards: this.#shards,
    });
  }
}
