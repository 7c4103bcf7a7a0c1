import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceBody } from "../../../../src/storage/backends/azure/slice-body.js";

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe("sliceBody", () => {
  it("keeps every byte in slices of one size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array()),
        fc.integer({ min: 1, max: 9 }),
        async (chunks, size) => {
          const slices: Uint8Array[] = [];
          for await (const slice of sliceBody(each(chunks), size)) slices.push(slice);
          expect(Buffer.concat(slices)).toEqual(Buffer.concat(chunks));
          expect(slices.slice(0, -1).every((slice) => slice.length === size)).toBe(true);
          expect(slices.every((slice) => slice.length > 0 && slice.length <= size)).toBe(true);
        },
      ),
    );
  });
});
