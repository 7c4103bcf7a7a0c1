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
import { TENSORFLOW_IN_PYTHON } from "../../programs/tensorflow-in-python.js";

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
      `${TENSORFLOW_IN_PYTHON}
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
      `${TENSORFLOW_IN_PYTHON}
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
      `${TENSORFLOW_IN_PYTHON}
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
