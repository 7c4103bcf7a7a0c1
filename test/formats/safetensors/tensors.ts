import fc from "fast-check";
import {
  TENSOR_DTYPES,
  type Tensor,
  type TensorDtype,
  tensorBytes,
  tensorFromBytes,
} from "../../../src/formats/index.js";

export const DTYPES = Object.keys(TENSOR_DTYPES) as TensorDtype[];

/** A tensor of any dtype and shape; its elements are any bits. */
export function anyTensor(): fc.Arbitrary<Tensor> {
  return fc
    .record({
      dtype: fc.constantFrom(...DTYPES),
      shape: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
    })
    .chain(({ dtype, shape }) => {
      const length = tensorBytes(dtype, shape);
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => tensorFromBytes(dtype, shape, new Uint8Array(bytes)));
    });
}

/** Names of every kind, among them those that are special to JavaScript. */
export function anyName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 10 }),
    fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", '"\\\n\u0001', ""),
  );
}

export function anyTensors(): fc.Arbitrary<Map<string, Tensor>> {
  return fc
    .uniqueArray(fc.tuple(anyName(), anyTensor()), { selector: ([name]) => name, maxLength: 8 })
    .map((entries) => new Map(entries));
}

/** Type, shape and bits; NaNs are compared by their bits. */
export function bitsOf({ dtype, shape, data }: Tensor): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { dtype, shape, class: data.constructor.name, bits: bytes.toString("hex") };
}

/** Tensors by name, in an order that does not depend on that of a file. */
export function allBitsOf(tensors: ReadonlyMap<string, Tensor>): Map<string, unknown> {
  return new Map([...tensors].map(([name, tensor]) => [name, bitsOf(tensor)]));
}
