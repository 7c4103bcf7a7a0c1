import { describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/checkpoint-store.js";
import { isLodeError } from "../../../src/errors.js";
import { openFileBackend } from "../../../src/storage/backends/file/index.js";
import { ObjectStore } from "../../../src/storage/object-store.js";
import { countedCalls, failWith } from "../../storage/backends/file/failing-calls.js";
import { temporaryRoot } from "../../storage/backends/file/temporary-root.js";
import { noise } from "../../storage/transfer/stores.js";

const BLOCK_SIZE = 16_384;
const SHARDS = [noise(100), noise(2 * BLOCK_SIZE + 5, 2)];

/** A store whose `n`-th system call, and only that, fails. */
async function failing(root: string, code: string, n: number) {
  const { calls, log } = countedCalls(n, failWith(code));
  const backend = await openFileBackend({ root, sync: "full", fsCalls: calls });
  const store = new CheckpointStore(new ObjectStore(backend), { blockSize: BLOCK_SIZE });
  return { store, log };
}

describe.each(["ENOSPC", "EIO"])("a save on a disk that answers %s to one of its calls", (code) => {
  it("fails or succeeds; the checkpoint before it stays", async () => {
    const root = temporaryRoot(true);
    const clean = new CheckpointStore(new ObjectStore(await openFileBackend({ root })));
    await clean.save({ step: 1, id: "old", shards: [noise(50, 3)] });
    let failures = 0;
    for (let n = 1; ; n++) {
      const { store, log } = await failing(root, code, n);
      const failure = await store.save({ step: 2, id: `${n}`, shards: SHARDS }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (log.length < n) break;
      const at = `${code} at call ${n} (${log[n - 1]}): ${String(failure)}`;
      if (failure !== undefined) {
        failures++;
        expect(isLodeError(failure), at).toBe(true);
      }
      const latest = await clean.loadLatest();
      const committed =
        failure === undefined || (isLodeError(failure) && failure.details.committed === true);
      if (!committed) expect(String(latest), at).not.toBe(`ckpt-2-${n}`);
      for (const [rank, bytes] of (await latest!.readShards()).entries()) {
        const expected = latest!.step === 1 ? noise(50, 3) : SHARDS[rank]!;
        expect(Buffer.from(bytes).equals(expected), at).toBe(true);
      }
    }
    expect(failures).toBeGreaterThan(20);
    await clean.prune({ orphanAge: 0, keepLast: 1 });
    expect((await clean.verify(2)).damages).toEqual([]);
  });
});
