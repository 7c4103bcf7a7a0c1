import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bytesReader, npyHeader, readNpyHeader } from "../../../../src/formats/index.js";
import { npyElements } from "../../../../src/runs/legacy/legacy-hash/index.js";

async function hashOf(file: Uint8Array): Promise<string> {
  const reader = bytesReader(file);
  const hash = createHash("sha256");
  for await (const piece of npyElements(reader, await readNpyHeader(reader))) hash.update(piece);
  return hash.digest("hex");
}

function fileOf(header: Uint8Array, elements: ArrayBufferView): Uint8Array {
  return Buffer.concat([
    header,
    new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength),
  ]);
}

describe("npyElements", () => {
  it.each([[[6]], [[2, 3]], [[3, 2, 1]]])("hashes 0 to 5 of shape %j alike", async (shape) => {
    const elements = BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n);
    expect(await hashOf(fileOf(npyHeader({ dtype: "i8", shape }), elements))).toBe(
      "f190072c5052f4f440d4a607c25f5bced487c420806c9aab4ca5b0653e72da61",
    );
  });

  it("hashes float32 by its bits", async () => {
    expect(
      await hashOf(fileOf(npyHeader({ dtype: "f4", shape: [3] }), Float32Array.of(1, 2, 3))),
    ).toBe("8e628779e6a74ee0b36991c10158f63cafec7d340ad4e075592502c8708524dd");
  });

  it("brings Fortran order into C order", async () => {
    const columnsFirst = BigInt64Array.of(0n, 3n, 1n, 4n, 2n, 5n);
    const header = npyHeader({ dtype: "i8", shape: [2, 3], fortranOrder: true });
    expect(await hashOf(fileOf(header, columnsFirst))).toBe(
      "f190072c5052f4f440d4a607c25f5bced487c420806c9aab4ca5b0653e72da61",
    );
  });

  it("gives all empty arrays the hash of nothing", async () => {
    expect(await hashOf(npyHeader({ dtype: "f8", shape: [0, 4] }))).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });
});
