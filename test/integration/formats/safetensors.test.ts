import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  openSafetensors,
  safetensorsPieces,
  TENSOR_DTYPES,
  type Tensor,
  tensorBytes,
  tensorFromBytes,
} from "../../../src/formats/index.js";
import { bitsOf, DTYPES } from "../../formats/safetensors/tensors.js";
import { hasPython, runPython } from "../../programs/run-python.js";

/** safetensors' own names of what Python calls otherwise; both sides make the same tensors of them. */
const PYTHON_NAMES: Record<string, string> = {
  BOOL: "bool",
  U8: "uint8",
  I8: "int8",
  F8_E5M2: "float8_e5m2",
  F8_E4M3: "float8_e4m3fn",
  F8_E8M0: "float8_e8m0fnu",
  F8_E4M3FNUZ: "float8_e4m3fnuz",
  F8_E5M2FNUZ: "float8_e5m2fnuz",
  I16: "int16",
  U16: "uint16",
  F16: "float16",
  BF16: "bfloat16",
  I32: "int32",
  U32: "uint32",
  F32: "float32",
  C64: "complex64",
  F64: "float64",
  I64: "int64",
  U64: "uint64",
};

/** A tensor of [2, 3], an empty one and a single number of every dtype; bytes count from its place in the list. */
function everyDtype(): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [i, dtype] of DTYPES.entries()) {
    for (const shape of [[2, 3], [0, 4], []]) {
      const bytes = new Uint8Array(tensorBytes(dtype, shape)).map((_, k) => (i + k) % 2);
      tensors.set(
        `${PYTHON_NAMES[dtype]}/${shape.length}/${shape[0]}/é\u{1f600}`,
        tensorFromBytes(dtype, shape, bytes),
      );
    }
  }
  return tensors;
}

const PYTHON_TENSORS = `
import sys, json, numpy as np
from safetensors import TensorSpec, serialize, deserialize, safe_open
from safetensors.numpy import load_file, save_file
names = json.loads(sys.argv[2])
tensors, kept = {}, []
for i, (dtype, size) in enumerate(names):
    for shape in ([2, 3], [0, 4], []):
        count = int(np.prod(shape)) * size
        data = np.array([(i + k) % 2 for k in range(count)], dtype="u1")
        kept.append(data)
        first = shape[0] if shape else "undefined"
        tensors[f"{dtype}/{len(shape)}/{first}/é\\U0001f600"] = TensorSpec(dtype=dtype, shape=shape, data_ptr=data.ctypes.data, data_len=count)
theirs = serialize(tensors, {"step": "7 \\n\\"é\\""})
`;

describe.skipIf(!hasPython)("safetensors and its reference implementation", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-safetensors-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const names = JSON.stringify(
    DTYPES.map((dtype) => [PYTHON_NAMES[dtype], TENSOR_DTYPES[dtype].itemBytes]),
  );

  it("write the same bytes for every dtype", async () => {
    const ours = Buffer.concat(safetensorsPieces(everyDtype(), { step: '7 \n"é"' }));
    writeFileSync(join(folder, "ours"), ours);
    const answer = await runPython(
      `${PYTHON_TENSORS}
ours = open(sys.argv[1] + "/ours", "rb").read()
assert len(deserialize(ours)) == len(tensors)
print(ours == theirs)
`,
      folder,
      names,
    );
    expect(answer).toBe("True\n");
  });

  it("read each other's tensors", async () => {
    await runPython(
      `${PYTHON_TENSORS}
open(sys.argv[1] + "/theirs", "wb").write(theirs)
save_file({"x": np.arange(6, dtype="f4").reshape(2, 3), "n": np.array(-5), "z": np.array([1 + 2j], "c8")},
    sys.argv[1] + "/numpy")
`,
      folder,
      names,
    );
    const opened = await openSafetensors(bytesReader(readFileSync(join(folder, "theirs"))));
    expect(opened.metadata.get("step")).toBe('7 \n"é"');
    const read = await opened.readMany();
    expect(read.size).toBe(3 * DTYPES.length);
    for (const [name, tensor] of everyDtype()) {
      expect(bitsOf(read.get(name)!)).toEqual(bitsOf(tensor));
    }
    const numpy = await openSafetensors(bytesReader(readFileSync(join(folder, "numpy"))));
    expect([...(await numpy.read("x")).data]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(await numpy.read("n")).data]).toEqual([-5n]);
    expect([...(await numpy.read("z")).data]).toEqual([1, 2]);

    writeFileSync(
      join(folder, "for-numpy"),
      Buffer.concat(
        safetensorsPieces({
          x: { data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [3, 2] },
          n: { data: BigInt64Array.of(-5n), shape: [] },
          flags: { data: Uint8Array.of(1, 0), dtype: "BOOL" },
        }),
      ),
    );
    const answer = await runPython(
      `
import sys
from safetensors.numpy import load_file
for name, array in sorted(load_file(sys.argv[1] + "/for-numpy").items()):
    print(name, array.dtype, array.tolist())
`,
      folder,
    );
    expect(answer).toBe(
      "flags bool [True, False]\nn int64 -5\nx float32 [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]\n",
    );
  });

  it("refuse the same headers", async () => {
    const json = (offsets: string, shape = "[2]", more = "") =>
      `{"a":{"dtype":"U8","shape":${shape},"data_offsets":${offsets}${more}}}`;
    const headers = [
      json("[0,2]"),
      json("[0,2]", "[2,1,1]"),
      json("[0,2]", "[2]", ',"x":null'),
      json("[0,1]"),
      json("[1,3]"),
      json("[2,0]"),
      json("[0,2]", "[2.0]"),
      json("[0,2]", "[-2]"),
      json("[0,2]", "[18446744073709551616]"),
      json("[0,2,2]"),
      json('["0",2]'),
      json("[0,2]").replace("U8", "u8"),
      json("[0,2]").replace("U8", "I8"),
      json("[0,2]").replace('"a"', '"\\ud800"'),
      json("[0,2]").replace('"a"', '"\\ud83d\\ude00"'),
      `${json("[0,2]")}   \n`,
      `${json("[0,2]")}x`,
      `${json("[0,2]").slice(0, -1)},"__metadata__":{"x":"1"}}`,
      `${json("[0,2]").slice(0, -1)},"__metadata__":{"x":1}}`,
      `${json("[0,2]").slice(0, -1)},"__metadata__":null}`,
      `${json("[0,2]").slice(0, -1)},"b":null}`,
    ];
    const ours: boolean[] = [];
    for (const [i, header] of headers.entries()) {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
      const file = Buffer.concat([length, Buffer.from(header), Buffer.from("xy")]);
      writeFileSync(join(folder, `header-${i}`), file);
      ours.push(
        await openSafetensors(bytesReader(file)).then(
          () => true,
          () => false,
        ),
      );
    }
    const answer = await runPython(
      `
import sys, json
from safetensors import deserialize, SafetensorError
def taken(i):
    try:
        deserialize(open(f"{sys.argv[1]}/header-{i}", "rb").read())
        return True
    except SafetensorError:
        return False
print(json.dumps([taken(i) for i in range(int(sys.argv[2]))]))
`,
      folder,
      `${headers.length}`,
    );
    expect(ours).toEqual(JSON.parse(answer));
    expect(ours.filter(Boolean).length).toBe(8);
  });
});
