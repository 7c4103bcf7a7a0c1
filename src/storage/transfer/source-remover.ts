import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { CopyContext, CopyOutcome } from "./copy-context.js";
import { usesServerCopy } from "./server-copy.js";
import type { TransferItem } from "./transfer-options.js";

type Report = (error: LodeError | undefined) => void;

/** Removes the sources of a move, in batches where the store takes them. */
export class SourceRemover {
  readonly #context: CopyContext;
  readonly #batchSize: number;
  #batch: { readonly key: string; readonly report: Report }[] = [];

  constructor(context: CopyContext) {
    this.#context = context;
    this.#batchSize = Math.max(1, Math.min(1000, context.source.capabilities.deleteBatch));
  }

  /** Moves within one store in a single step; undefined where that cannot be. */
  async rename(item: TransferItem): Promise<CopyOutcome | undefined> {
    const { source, sameStore, settings, run } = this.#context;
    const changes = settings.contentType ?? settings.metadata ?? settings.storageClass;
    if (!sameStore || !source.capabilities.rename || changes !== undefined) return undefined;
    if (settings.mode !== "overwrite" && !usesServerCopy(this.#context)) return undefined;
    const { mode } = settings;
    const create = source.capabilities.copyConditional ? "create" : "overwrite";
    try {
      await source.rename(item.key, item.targetKey, {
        signal: run.signal,
        mode: mode === "skip" ? create : mode,
      });
    } catch (error) {
      // A mount point lies between: bytes must be moved, as mv of a shell does.
      if (isLodeError(error, "unsupported") && error.details.errno === "EXDEV") return undefined;
      throw error;
    }
    const bytes = item.known?.size ?? 0;
    run.moved(bytes);
    return {
      method: "rename",
      bytes,
      etag: undefined,
      crc32c: item.known?.crc32c,
      resumedBytes: 0,
      sourceEtag: item.known?.etag,
    };
  }

  /**
   * Removes a source that was copied, if it is still the version that was. That it is not is also
   * how a target shows itself that is the source by another name.
   */
  async remove(key: string, copiedEtag: string | undefined, report: Report): Promise<void> {
    const { source, run } = this.#context;
    const { etag } = await source.head(key, { signal: run.signal });
    if (copiedEtag !== undefined && etag !== copiedEtag) {
      throw new LodeError({
        code: "precondition-failed",
        message: `${source.uriOf(key)} was copied but not removed: it was written meanwhile`,
        operation: "move",
        uri: source.uriOf(key),
      });
    }
    this.#batch.push({ key, report });
    if (this.#batch.length >= this.#batchSize) await this.flush();
  }

  /** Removes what waits; every key's report is called. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    const { source, run } = this.#context;
    let reported = 0;
    try {
      const keys = batch.map(({ key }) => key);
      for await (const result of source.deleteMany(keys, { signal: run.signal })) {
        batch[reported++]?.report(result.error);
      }
    } catch (error) {
      const failure = toLodeError(error, "delete", source.uri);
      const cancelled = run.signal.aborted && isLodeError(failure, "aborted");
      if (!cancelled) for (const { report } of batch.slice(reported)) report(failure);
    }
  }
}
