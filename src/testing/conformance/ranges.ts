import assert from "node:assert/strict";
import type { ByteRange } from "../../core/index.js";
import { ObjectStore } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertRejects, assertSameBytes, collect, randomBytes } from "./probes.js";

const SIZE = 10_000;

/** Parts of objects; `end` is exclusive. */
export function rangeCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("ranges", {
    "reads closed, open, suffix and clamped ranges": async ({ backend }) => {
      const bytes = randomBytes(SIZE);
      await backend.put("a", bytes);
      const ranges: [ByteRange, number, number][] = [
        [{ start: 0, end: 1 }, 0, 1],
        [{ start: 0, end: SIZE }, 0, SIZE],
        [{ start: 17, end: 4097 }, 17, 4097],
        [{ start: 4095, end: 4096 }, 4095, 4096],
        [{ start: SIZE - 1, end: SIZE }, SIZE - 1, SIZE],
        [{ start: 0 }, 0, SIZE],
        [{ start: 9 }, 9, SIZE],
        [{ start: SIZE - 1 }, SIZE - 1, SIZE],
        [{ suffix: 1 }, SIZE - 1, SIZE],
        [{ suffix: SIZE }, 0, SIZE],
        [{ suffix: SIZE + 1 }, 0, SIZE],
        [{ start: 5, end: SIZE + 1 }, 5, SIZE],
        [{ start: SIZE - 1, end: 2 ** 40 }, SIZE - 1, SIZE],
      ];
      for (const [range, start, end] of ranges) {
        const result = await backend.get("a", { range });
        const what = JSON.stringify(range);
        assert.deepEqual(result.range, { start, end }, what);
        assert.equal(result.meta.size, SIZE, `size of the whole object with ${what}`);
        assertSameBytes(await collect(result.body), bytes.subarray(start, end), what);
      }
    },
    "refuses a range that begins at or behind the end": async ({ backend }) => {
      await backend.put("a", randomBytes(10));
      for (const range of [{ start: 10 }, { start: 10, end: 11 }, { start: 2 ** 40 }]) {
        await assertRejects(backend.get("a", { range }), "invalid-argument");
      }
    },
    "reads nothing of an empty object, and refuses what begins later": async ({ backend }) => {
      await backend.put("empty", new Uint8Array(0));
      for (const range of [{ start: 0 }, { start: 0, end: 5 }, { suffix: 5 }]) {
        const result = await backend.get("empty", { range });
        assert.deepEqual(result.range, { start: 0, end: 0 }, JSON.stringify(range));
        assert.equal((await collect(result.body)).length, 0);
      }
      await assertRejects(backend.get("empty", { range: { start: 1 } }), "invalid-argument");
    },
    "has ranges refused that make no sense": async ({ backend }) => {
      await backend.put("a", randomBytes(10));
      const store = new ObjectStore(backend);
      for (const range of [
        { start: -1 },
        { start: 1.5 },
        { start: 5, end: 5 },
        { start: 5, end: 4 },
        { suffix: 0 },
        { start: Number.NaN },
      ]) {
        await assertRejects(store.get("a", { range }), "invalid-argument");
      }
    },
    "gives the same bytes for ranges side by side as for the whole": async ({ backend }) => {
      const bytes = randomBytes(300_001);
      await backend.put("a", bytes);
      const step = 65_537;
      const pieces: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; start += step) {
        const { body } = await backend.get("a", { range: { start, end: start + step } });
        pieces.push(await collect(body));
      }
      assertSameBytes(Buffer.concat(pieces), bytes, "a");
    },
  });
}
