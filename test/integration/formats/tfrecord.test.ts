import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  decodeExample,
  encodeExample,
  encodeTfRecordIndex,
  parseTfRecordIndex,
  readTfRecordAt,
  readTfRecords,
  type TfFeature,
  type TfRecordEntry,
  tfRecordChunks,
} from "../../../src/formats/index.js";
import { plainExample } from "../../formats/tfrecord/plain-example.js";
import { collect, reusingChunks } from "../../formats/zip/collect.js";
import { hasPython, runPython } from "../../programs/run-python.js";

/** `tf.train.Example` as Python's protobuf has it, from its two .proto files; and TensorFlow's reader in Python. */
const PRELUDE = `
import json, struct, sys
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New, masked_crc32c

F = descriptor_pb2.FieldDescriptorProto
proto = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
def message(name, *fields):
    found = proto.message_type.add(name=name)
    for number, field, label, kind, type_name in fields:
        made = found.field.add(name=field, number=number, label=label, type=kind)
        if type_name: made.type_name = ".tensorflow." + type_name
    return found
message("BytesList", (1, "value", F.LABEL_REPEATED, F.TYPE_BYTES, None))
message("FloatList", (1, "value", F.LABEL_REPEATED, F.TYPE_FLOAT, None))
message("Int64List", (1, "value", F.LABEL_REPEATED, F.TYPE_INT64, None))
feature = message("Feature", *[(i, n, F.LABEL_OPTIONAL, F.TYPE_MESSAGE, t) for i, n, t in
    [(1, "bytes_list", "BytesList"), (2, "float_list", "FloatList"), (3, "int64_list", "Int64List")]])
feature.oneof_decl.add(name="kind")
for field in feature.field: field.oneof_index = 0
features = message("Features", (1, "feature", F.LABEL_REPEATED, F.TYPE_MESSAGE, "Features.FeatureEntry"))
entry = features.nested_type.add(name="FeatureEntry")
entry.options.map_entry = True
entry.field.add(name="key", number=1, label=F.LABEL_OPTIONAL, type=F.TYPE_STRING)
entry.field.add(name="value", number=2, label=F.LABEL_OPTIONAL, type=F.TYPE_MESSAGE, type_name=".tensorflow.Feature")
message("Example", (1, "features", F.LABEL_OPTIONAL, F.TYPE_MESSAGE, "Features"))
pool = descriptor_pool.DescriptorPool()
pool.Add(proto)
Example = message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))

def records(path):
    reader = PyRecordReader_New(path)
    while True:
        try: reader.GetNext()
        except errors.OutOfRangeError: return
        yield reader.record()

def write(path, datas):
    with open(path, "wb") as file:
        for data in datas:
            length = struct.pack("<Q", len(data))
            file.write(length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data)))
`;

const example = new Map<string, TfFeature>([
  ["image", { kind: "bytes", values: [randomBytes(1000), Buffer.alloc(0)] }],
  [
    "labels",
    { kind: "int64", values: BigInt64Array.of(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 300n) },
  ],
  ["weights", { kind: "float", values: Float32Array.of(0, -1.5, 3.25, Number.POSITIVE_INFINITY) }],
  ["ünï", { kind: "none" }],
  ["empty", { kind: "float", values: new Float32Array(0) }],
]);

describe.skipIf(!hasPython)("TFRecord and TensorFlow's reader", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-tfrecord-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("TensorFlow's reader accepts our checksums, and refuses damaged ones", async () => {
    const path = join(folder, "ours.tfrecord");
    const datas = [Buffer.alloc(0), randomBytes(1), randomBytes(1000), randomBytes(70_000)];
    const file = await collect(tfRecordChunks(datas));
    writeFileSync(path, file);
    file[40]! ^= 1;
    writeFileSync(join(folder, "damaged.tfrecord"), file);
    const answer = await runPython(
      `${PRELUDE}
import hashlib
print(json.dumps([hashlib.sha256(record).hexdigest() for record in records(sys.argv[1])]))
try: list(records(sys.argv[2])); print("accepted")
except errors.DataLossError: print("refused")
`,
      path,
      join(folder, "damaged.tfrecord"),
    );
    const hashes = datas.map((data) => createHash("sha256").update(data).digest("hex"));
    expect(answer).toBe(`${JSON.stringify(hashes).replaceAll(",", ", ")}\nrefused\n`);
  });

  it("protobuf parses our examples, and we parse its own", async () => {
    const path = join(folder, "examples.tfrecord");
    const theirs = join(folder, "theirs.tfrecord");
    writeFileSync(path, await collect(tfRecordChunks([encodeExample(example)])));
    const answer = await runPython(
      `${PRELUDE}
[data] = records(sys.argv[1])
ours = Example.FromString(data)
found = ours.features.feature
print(json.dumps({
    "names": sorted(found),
    "image": [value.hex() for value in found["image"].bytes_list.value],
    "labels": [str(value) for value in found["labels"].int64_list.value],
    "weights": [str(value) for value in found["weights"].float_list.value],
    "none": found["ünï"].WhichOneof("kind"),
    "empty": found["empty"].WhichOneof("kind"),
}))
write(sys.argv[2], [ours.SerializeToString(deterministic=True), Example().SerializeToString()])
`,
      path,
      theirs,
    );
    const image = example.get("image") as TfFeature & { kind: "bytes" };
    expect(JSON.parse(answer)).toEqual({
      names: [...example.keys()].sort(),
      image: image.values.map((value) => Buffer.from(value).toString("hex")),
      labels: ["0", "-1", "9223372036854775807", "-9223372036854775808", "300"],
      weights: ["0.0", "-1.5", "3.25", "inf"],
      none: null,
      empty: "float_list",
    });
    const decoded: Map<string, TfFeature>[] = [];
    for await (const record of readTfRecords(reusingChunks(readFileSync(theirs), 100))) {
      decoded.push(decodeExample(record.slice()));
    }
    expect(decoded.length).toBe(2);
    expect(decoded[1]).toEqual(new Map());
    const sorted = new Map([...example].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(plainExample(decoded[0]!)).toEqual(plainExample(sorted));
  });

  it("an index made by the rules of tfrecord2idx is the one that we write", async () => {
    const path = join(folder, "indexed.tfrecord");
    const entries: TfRecordEntry[] = [];
    const datas = Array.from({ length: 50 }, (_, i) => randomBytes(i * 37));
    const chunks = tfRecordChunks(datas, { onRecord: (entry) => entries.push(entry) });
    writeFileSync(path, await collect(chunks));
    const text = await runPython(
      `${PRELUDE}
with open(sys.argv[1], "rb") as file:
    while True:
        start = file.tell()
        header = file.read(8)
        if not header: break
        file.seek(4 + struct.unpack("<Q", header)[0] + 4, 1)
        print(start, file.tell() - start)
`,
      path,
    );
    expect(Buffer.from(encodeTfRecordIndex(entries, "text")).toString()).toBe(text);
    const parsed = parseTfRecordIndex(Buffer.from(text));
    const record = await readTfRecordAt(bytesReader(readFileSync(path)), parsed[49]!);
    expect(datas[49]!.equals(record)).toBe(true);
  });
});
