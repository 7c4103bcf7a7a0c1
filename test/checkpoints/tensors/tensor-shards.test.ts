import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  openTensors,
  type ShardTensor,
  SLICES_KEY,
  tensorPieces,
} from "../../../src/checkpoints/tensors/index.js";
import { isLodeError } from "../../../src/errors.js";
import { bytesReader, openSafetensors, safetensorsPieces } from "../../../src/formats/index.js";
import { allBitsOf, anyTensors } from "../../formats/safetensors/tensors.js";
import { recordedReader } from "./partitions.js";

const open = (tensors: Parameters<typeof tensorPieces>[0], metadata?: Record<string, string>) =>
  openTensors(bytesReader(Buffer.concat(tensorPieces(tensors, metadata))));

describe("a shard of tensors", () => {
  it("gives back tensors, their places and metadata, again and again", async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors(), fc.nat(3), async (tensors, shift) => {
        const shard = new Map<string, ShardTensor>();
        let sliced = false;
        for (const [name, tensor] of tensors) {
          sliced = !sliced;
          const globalShape = tensor.shape.map((length) => length + shift);
          const offset = tensor.shape.map((_, axis) => axis % (shift + 1));
          shard.set(name, sliced ? { ...tensor, globalShape, offset } : tensor);
        }
        let loaded = await (await open(shard, { step: "1" })).load();
        for (let i = 0; i < 2; i++) {
          expect(allBitsOf(loaded)).toEqual(allBitsOf(tensors));
          for (const [name, tensor] of shard) {
            const { globalShape, offset } = loaded.get(name)!;
            expect({ globalShape, offset }).toEqual({
              globalShape: "globalShape" in tensor ? tensor.globalShape : undefined,
              offset: "offset" in tensor ? tensor.offset : undefined,
            });
          }
          const again = await open(loaded, { step: "1" });
          expect(again.metadata).toEqual(new Map([["step", "1"]]));
          loaded = await again.load();
        }
      }),
    );
  });

  it("is a safetensors file, with slices as JSON in its metadata", async () => {
    const part = {
      data: Float32Array.of(1, 2),
      shape: [1, 2],
      globalShape: [4, 2],
      offset: [3, 0],
    };
    const pieces = tensorPieces(
      new Map<string, ShardTensor>([
        ["part", part],
        ["__proto__", part],
        ["whole", new Uint8Array(1)],
      ]),
    );
    const file = await openSafetensors(bytesReader(Buffer.concat(pieces)));
    const slice = '{"global_shape":[4,2],"offset":[3,0]}';
    expect(file.metadata.get("lodestore.slices")).toBe(`{"part":${slice},"__proto__":${slice}}`);
    const whole = await openSafetensors(
      bytesReader(Buffer.concat(tensorPieces({ a: new Uint8Array(1) }))),
    );
    expect(whole.metadata.size).toBe(0);
  });

  it("reads only the tensors that are asked for", async () => {
    const reader = recordedReader(
      tensorPieces({
        a: new Float64Array(20_000),
        b: new Float32Array(50_000),
        c: new Uint8Array(9),
      }),
    );
    const shard = await openTensors(reader);
    expect(shard.names).toEqual(["a", "b", "c"]);
    expect([...(await shard.load(["b"])).keys()]).toEqual(["b"]);
    const { start, end, dtype } = shard.info("b");
    expect(dtype).toBe("F32");
    expect(reader.reads.slice(1)).toEqual([{ start, end }]);
    await expect(shard.load(["x"])).rejects.toMatchObject({ code: "not-found" });
  });

  it("is not written with places that cannot be", () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const wrong: ShardTensor[] = [
      { data, globalShape: [4] },
      { data, offset: [0] },
      { data, globalShape: [4], offset: [1] },
      { data, globalShape: [2, 2], offset: [0, 0] },
      { data, shape: [2, 2], globalShape: [4], offset: [0] },
      { data, globalShape: [4.5], offset: [0] },
      { data, globalShape: [8], offset: [-1] },
      { data, shape: [4, 1], globalShape: [2 ** 25, 2 ** 25], offset: [0, 0] },
    ];
    for (const tensor of wrong) {
      expect(() => tensorPieces({ a: tensor })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
    expect(() => tensorPieces({}, { [SLICES_KEY]: "{}" })).toThrow(/lodestore.slices/);
  });

  it("is refused where its places are damaged", async () => {
    const wrong = [
      "",
      "[]",
      "null",
      '{"b":{"global_shape":[4],"offset":[0]}}',
      '{"a":null}',
      '{"a":{"global_shape":[4]}}',
      '{"a":{"global_shape":[4],"offset":["0"]}}',
      '{"a":{"global_shape":[4],"offset":[4]}}',
      '{"a":{"global_shape":[4,4],"offset":[0,0]}}',
      '{"a":{"global_shape":[1e400],"offset":[0]}}',
      '{"a":{"global_shape":[9007199254740991],"offset":[0]}}',
    ];
    for (const text of wrong) {
      const pieces = safetensorsPieces({ a: new Uint8Array(1) }, { [SLICES_KEY]: text });
      await expect(openTensors(bytesReader(Buffer.concat(pieces)))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });

  it("answers damage with tensors or corrupt-format", async () => {
    const file = Buffer.concat(
      tensorPieces({
        a: { data: Float32Array.of(1, 2), globalShape: [4], offset: [2] },
        b: { data: new Uint8Array(6), shape: [2, 3], globalShape: [2, 9], offset: [0, 6] },
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(255), async (at, value) => {
        const damaged = Buffer.from(file);
        damaged[at] = value;
        try {
          await (await openTensors(bytesReader(damaged))).load();
        } catch (error) {
          expect(isLodeError(error, "corrupt-format", "unsupported")).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
