import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { CopyContext, CopyOutcome } from "./copy-context.js";
import { usesServerCopy } from "./server-copy.js";
import type { TransferItem } from "./transfer-options.js";

type Report = (error: LodeError | undefined) => void;

interface Removal {
  readonly key: string;
  /** The version that was copied, where known. */
  readonly etag: string | undefined;
  readonly report: Report;
}

/** Sources looked at and deleted together: few, so that little time passes between the two. */
const MOST_AT_ONCE = 64;

/**
 * Removes the sources of a move as soon as they are copied: what comes while one batch is removed
 * makes the next one. No store deletes only a certain version, so each source is looked at right
 * before it goes.
 */
export class SourceRemover {
  readonly #context: CopyContext;
  #waiting: Removal[] = [];
  #removing: Promise<void> | undefined;

  constructor(context: CopyContext) {
    this.#context = context;
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
   * how a target shows itself that is the source by another name. Waits only while too many wait.
   */
  async remove(key: string, copiedEtag: string | undefined, report: Report): Promise<void> {
    this.#waiting.push({ key, etag: copiedEtag, report });
    this.#removing ??= this.#removeWaiting();
    if (this.#waiting.length >= MOST_AT_ONCE) await this.#removing;
  }

  /** Resolves when all are removed; every report is called, but for those that a signal cut off. */
  async flush(): Promise<void> {
    await this.#removing;
  }

  /** Throws nothing: what fails is reported. */
  async #removeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#removeUnchanged(this.#waiting.splice(0, MOST_AT_ONCE));
    }
    this.#removing = undefined;
  }

  async #removeUnchanged(batch: readonly Removal[]): Promise<void> {
    const { source, run } = this.#context;
    const looked = await Promise.all(batch.map((one) => this.#isUnchanged(one)));
    const unchanged = batch.filter((_, index) => looked[index]);
    let reported = 0;
    try {
      const keys = unchanged.map(({ key }) => key);
      for await (const result of source.deleteMany(keys, { signal: run.signal })) {
        unchanged[reported++]?.report(result.error);
      }
    } catch (error) {
      for (const one of unchanged.slice(reported)) this.#failed(one, error);
    }
  }

  async #isUnchanged(removal: Removal): Promise<boolean> {
    const { source, run } = this.#context;
    const { key, etag: copied } = removal;
    try {
      const { etag } = await source.head(key, { signal: run.signal });
      if (copied === undefined || etag === copied) return true;
      throw new LodeError({
        code: "precondition-failed",
        message: "it was written meanwhile",
        operation: "move",
        uri: source.uriOf(key),
      });
    } catch (error) {
      this.#failed(removal, error);
      return false;
    }
  }

  #failed({ report }: Removal, error: unknown): void {
    const { source, run } = this.#context;
    const failure = toLodeError(error, "delete", source.uri);
    // Cancelled, not failed: the summary tells it.
    if (run.signal.aborted && isLodeError(failure, "aborted")) return;
    report(failure);
  }
}
