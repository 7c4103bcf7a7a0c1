import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  indexTar,
  readSamples,
  readTar,
  splitMemberName,
  type TarMemberInput,
  tarSize,
  writeTar,
} from "../../../src/formats/index.js";
import { all, archive, chunked, joined, text } from "../../formats/tar/archives.js";
import { hasPython, runPython } from "../../programs/run-python.js";

const NAMES = [
  "a.txt",
  `${"folder/".repeat(20)}name.jpg`,
  `${"folder/".repeat(40)}name.jpg`,
  `${"x".repeat(150)}.jpg`,
  "ünï/köde 𝕏.txt",
  "with space and 'quotes'.txt",
  `${"y/".repeat(60)}z`,
];

/** What webdataset makes of a shard: the samples' keys with their fields and contents, or its error. */
const SAMPLES = `
import sys, json
from webdataset.tariterators import tarfile_samples
try:
    found = []
    for sample in tarfile_samples([dict(url=sys.argv[1])]):
        fields = {k: v.decode() for k, v in sample.items() if not k.startswith("__") and isinstance(v, bytes)}
        found.append([sample["__key__"], fields])
    print(json.dumps(found))
except ValueError as error:
    print("refused:", "duplicate" in str(error))
`;

describe.skipIf(!hasPython)("tar and Python", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-tar-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("tarfile reads ours", async () => {
    const path = join(folder, "ours.tar");
    const members = NAMES.map((name) => ({ name, data: Buffer.from(`of ${name}`), mtime: 7 }));
    for (const padRecord of [false, true]) {
      writeFileSync(path, await joined(writeTar(members, { padRecord, mode: 0o600, uid: 3 })));
      const answer = await runPython(
        `
import sys, json, tarfile
with tarfile.open(sys.argv[1]) as tar:
    print(json.dumps([[m.name, tar.extractfile(m).read().decode(), m.isreg(), m.mtime, m.mode, m.uid, m.size] for m in tar]))
`,
        path,
      );
      expect(JSON.parse(answer)).toEqual(
        members.map(({ name, data }) => [name, `of ${name}`, true, 7, 0o600, 3, data.length]),
      );
    }
  });

  it("tarfile reads a member of more than 8 GiB, from a sparse file", {
    timeout: 120_000,
  }, async () => {
    const block = new Uint8Array(64 * 1024 ** 2);
    const size = 129 * block.length;
    async function* zeros() {
      for (let i = 0; i < 129; i++) yield block;
    }
    const members: TarMemberInput[] = [
      { name: "big", size, data: zeros() },
      { name: "behind", data: Buffer.from("seen") },
    ];
    const path = join(folder, "sparse.tar");
    const file = openSync(path, "w");
    let at = 0;
    for await (const chunk of writeTar(members)) {
      // Blocks of zeros are left out: the file has holes there.
      if (chunk.buffer !== block.buffer) writeSync(file, chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    closeSync(file);
    expect(at).toBe(
      tarSize([
        { name: "big", size },
        { name: "behind", size: 4 },
      ]),
    );
    const answer = await runPython(
      `
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    print([(m.name, m.size) for m in tar], tar.extractfile("behind").read())
`,
      path,
    );
    expect(answer).toBe(`[('big', ${size}), ('behind', 4)] b'seen'\n`);
  });

  it("tarfile's formats are read", async () => {
    await runPython(
      `
import sys, io, json, tarfile
names = json.loads(sys.argv[2])
for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    with tarfile.open(f"{sys.argv[1]}/{name}.tar", "w", format=form) as tar:
        for member in names:
            info = tarfile.TarInfo(member)
            data = ("of " + member).encode()
            info.size, info.mtime = len(data), 1.5 if name == "pax" else 1
            try: tar.addfile(info, io.BytesIO(data))
            except ValueError: assert name == "ustar"
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo("special"); info.type = kind; info.linkname = "l" * 150 if name != "ustar" else "a"
            tar.addfile(info)
`,
      folder,
      JSON.stringify(NAMES),
    );
    for (const name of ["ustar", "gnu", "pax"]) {
      const bytes = readFileSync(join(folder, `${name}.tar`));
      const found = (await all(readTar(chunked(bytes, 777)))).map(({ name, data }) => [
        name,
        text(data),
      ]);
      // What has no room in ustar was not written.
      const written = NAMES.filter(
        (member) => name !== "ustar" || found.some(([n]) => n === member),
      );
      expect(written.length).toBeGreaterThan(4);
      expect(found).toEqual(written.map((member) => [member, `of ${member}`]));
      expect((await indexTar(bytesReader(bytes))).map(({ name }) => name)).toEqual(written);
      await expect(all(readTar(chunked(bytes), { special: "refuse" }))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });

  it("webdataset groups samples as ours", async () => {
    const names = [
      "000.jpg",
      "000.seg.PNG",
      "000.cls",
      "001.jpg",
      "README",
      "001.txt",
      "000.json",
      "__meta__/x.jpg",
      "__info__",
      "__key__.txt",
      "d.x/002.a.b",
      "d.x/002.c",
      "d/.hidden",
      "./003.jpg",
      "ü/004.TXT",
      "004.",
    ];
    const path = join(folder, "samples.tar");
    const members = names.map((name) => ({ name, data: Buffer.from(`of ${name}`) }));
    const bytes = await joined(writeTar(members));
    writeFileSync(path, bytes);
    const ours = (await all(readSamples(chunked(bytes)))).map(({ key, fields }) => [
      key,
      Object.fromEntries([...fields].map(([field, data]) => [field, text(data)])),
    ]);
    expect(JSON.parse(await runPython(SAMPLES, path))).toEqual(ours);
    expect(ours.length).toBe(9);
  });

  it("webdataset refuses the same repeated field", async () => {
    const path = join(folder, "twice.tar");
    const bytes = archive([{ name: "a.jpg" }, { name: "a.cls" }, { name: "a.JPG" }]);
    writeFileSync(path, bytes);
    expect(await runPython(SAMPLES, path)).toBe("refused: True\n");
    await expect(all(readSamples(chunked(bytes)))).rejects.toMatchObject({
      code: "corrupt-format",
    });
  });

  it("webdataset splits any name as ours", async () => {
    const part = fc.stringMatching(/^[._aÜΣ]{0,4}$/);
    const names = fc.sample(
      fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      { numRuns: 3000, seed: 5 },
    );
    const path = join(folder, "names.json");
    writeFileSync(path, JSON.stringify(names));
    const answer = await runPython(
      `
import sys, json, re
from webdataset.tariterators import base_plus_ext
def split(name):
    if "/" not in name and name.startswith("__") and name.endswith("__"): return None
    if re.match(r"__[^/]*__($|/)", name): return None
    key, field = base_plus_ext(name)
    return None if key is None else [key, field.lower()]
print(json.dumps([split(name) for name in json.load(open(sys.argv[1]))]))
`,
      path,
    );
    const ours = names.map((name) => {
      const split = splitMemberName(name);
      return split === undefined ? null : [split.key, split.field];
    });
    const theirs = JSON.parse(answer) as unknown[];
    const different = names.filter((_, i) => JSON.stringify(ours[i]) !== JSON.stringify(theirs[i]));
    expect(different).toEqual([]);
  });
});
