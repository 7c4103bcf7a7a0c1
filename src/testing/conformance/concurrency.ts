import assert from "node:assert/strict";
import { isLodeError } from "../../errors.js";
import type { Backend } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import {
  assertObject,
  assertRejects,
  bytesOf,
  collect,
  inParallel,
  listKeys,
  putKeys,
  readObject,
} from "./probes.js";

/** Races. */
export function concurrencyCases(expect: Expectations): ConformanceCase[] {
  const cases: Record<string, ConformanceCase["run"]> = {
    "loses none of many writes at a time": async ({ backend }) => {
      const keys = Array.from({ length: 200 }, (_, n) => `folder-${n % 7}/key-${n}`);
      await putKeys(backend, keys);
      await inParallel(keys, (key) => assertObject(backend, key, bytesOf(key)), 32);
      assert.equal((await listKeys(backend)).length, 200);
    },
    "ends with one of the racing writes, whole": async ({ backend }) => {
      const values = Array.from({ length: 12 }, (_, n) => uniform(n, 50_000 + n));
      await Promise.all(values.map((value) => backend.put("a", value)));
      assertUniform(await readObject(backend, "a"));
    },
    "shows readers the old or the new, never a mixture": async ({ backend, reopen }) => {
      const reader = await reopen();
      await backend.put("a", uniform(0, 300_000));
      let writing = true;
      const writer = (async () => {
        for (let n = 1; n <= 25; n++) await backend.put("a", uniform(n, 300_000 + n));
      })().finally(() => {
        writing = false;
      });
      const readers = Array.from({ length: 4 }, async () => {
        do {
          const { meta, body } = await reader.get("a");
          try {
            const bytes = await collect(body);
            assert.equal(bytes.length, meta.size);
            assertUniform(bytes);
          } catch (error) {
            // A broken read whose version is gone ends in a clean error.
            if (!isLodeError(error, "precondition-failed")) throw error;
          }
        } while (writing);
      });
      await Promise.all([writer, ...readers]);
      await reader.close?.();
    },
    "shows readers an object or none while it is deleted and written": async ({ backend }) => {
      let writing = true;
      const writer = (async () => {
        for (let n = 1; n <= 15; n++) {
          await backend.put("a", uniform(n, 100_000 + n));
          await backend.deleteMany(["a"]);
        }
      })().finally(() => {
        writing = false;
      });
      const reader = (async () => {
        do {
          try {
            assertUniform(await readObject(backend, "a"));
          } catch (error) {
            if (!isLodeError(error, "not-found", "precondition-failed")) throw error;
          }
        } while (writing);
      })();
      await Promise.all([writer, reader]);
    },
  };
  if (expect.putIfAbsent === "supported") {
    cases["has one winner among 16 creators"] = async ({ backend, reopen }) => {
      const other = await reopen();
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, n) => create(n % 2 ? backend : other, "a", `creator ${n}`)),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      await assertObject(backend, "a", bytesOf(`creator ${outcomes.indexOf(true)}`));
      await other.close?.();
    };
    cases["has one winner in every one of many races of two creators"] = async ({
      backend,
      reopen,
      races,
    }) => {
      const other = await reopen();
      const rounds = Array.from({ length: races }, (_, n) => `race-${n}`);
      await inParallel(
        rounds,
        async (key) => {
          const won = await Promise.all([create(backend, key, "one"), create(other, key, "two")]);
          assert.deepEqual([...won].sort(), [false, true], key);
          await assertObject(backend, key, bytesOf(won[0] ? "one" : "two"));
        },
        4,
      );
      await other.close?.();
    };
  }
  if (expect.putIfMatch === "supported") {
    cases["loses none of 5 x 10 compare-and-swap increments"] = async ({ backend, reopen }) => {
      await backend.put("counter", bytesOf("0"));
      const workers = Array.from({ length: 5 }, async () => {
        const own = await reopen();
        for (let n = 0; n < 10; n++) await increment(own, "counter");
        await own.close?.();
      });
      await Promise.all(workers);
      await assertObject(backend, "counter", bytesOf("50"));
    };
  }
  return casesOf("concurrency", cases);
}

/** Answers of "conflict, try again" that a writer takes before it gives up. */
const MAX_CONFLICTS = 50;

async function create(backend: Backend, key: string, text: string): Promise<boolean> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await backend.put(key, bytesOf(text), { mode: "create" });
      return true;
    } catch (error) {
      // A provider may answer a race so.
      if (isLodeError(error) && error.retry === "safe" && conflicts < MAX_CONFLICTS) continue;
      await assertRejects(Promise.reject(error), "already-exists");
      return false;
    }
  }
}

async function increment(backend: Backend, key: string): Promise<void> {
  for (let conflicts = 0; ; ) {
    const { meta, body } = await backend.get(key);
    const value = Number(Buffer.from(await collect(body)).toString());
    try {
      await backend.put(key, bytesOf(String(value + 1)), { mode: { ifMatch: meta.etag } });
      return;
    } catch (error) {
      if (isLodeError(error) && error.retry === "safe" && conflicts++ < MAX_CONFLICTS) continue;
      if (!isLodeError(error, "precondition-failed")) throw error;
    }
  }
}

function uniform(value: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** Fails unless all bytes are alike and as many as the writer of that value wrote. */
function assertUniform(bytes: Uint8Array): void {
  const [value] = bytes;
  assert.ok(value !== undefined, "it is empty");
  assert.ok(
    bytes.every((byte) => byte === value),
    "bytes of two versions",
  );
  assert.equal(bytes.length % 1000, value, "the length of another version");
}
