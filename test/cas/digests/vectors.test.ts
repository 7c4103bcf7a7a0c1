import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  arrayDigest,
  bytesDigest,
  jsonDigest,
  tableDigest,
  textDigest,
  treeDigest,
} from "../../../src/cas/digests/index.js";
import { columnsTable, recordsTable } from "../../../src/formats/index.js";

const page = readFileSync("docs/formats/digests.md", "utf8");
const sha256 = (text: string) => bytesDigest(Buffer.from(text)).then((digest) => digest.slice(9));

/** By what the page says of them. */
const VECTORS: Readonly<Record<string, () => string | Promise<string>>> = {
  "no bytes": () => bytesDigest(new Uint8Array(0)),
  "the bytes `00 ff`": () => bytesDigest(Uint8Array.of(0, 255)),
  "the text `hello`": () => textDigest("hello"),
  "the text `é€😀`": () => textDigest("é€😀"),
  "`{}`": () => jsonDigest({}),
  '`{"b":[1,2.5,true,null],"a":"é€😀","i":1e21,"s":1e-7}`': () =>
    jsonDigest({ b: [1, 2.5, true, null], a: "é€😀", i: 1e21, s: 1e-7 }),
  "float32 `[1, 2, 3]`": () =>
    arrayDigest({
      dtype: "f4",
      shape: [3],
      bytes: new Uint8Array(Float32Array.of(1, 2, 3).buffer),
    }),
  "int64 `[[0, 1, 2], [3, 4, 5]]`": () =>
    arrayDigest({
      dtype: "i8",
      shape: [2, 3],
      bytes: new Uint8Array(BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n).buffer),
    }),
  "int64 `a` = 1, 2, 3, float64 `b` = 0.5, 1.5, 2.5": () =>
    tableDigest(
      columnsTable({ a: BigInt64Array.of(1n, 2n, 3n), b: Float64Array.of(0.5, 1.5, 2.5) }),
    ),
  "text `s` = x, null, é; timestamp `t` in UTC = 2024-01-15, 2024-01-16, null; list of float64 `l` = [1, 2], [], null":
    () =>
      tableDigest(
        recordsTable([
          { s: "x", t: new Date("2024-01-15"), l: [1, 2] },
          { s: null, t: new Date("2024-01-16"), l: [] },
          { s: "é", t: null, l: null },
        ]),
      ),
  "a tree without entries": () => treeDigest([]),
  "a tree of the executable file `bin/run` with `hello`, the link `latest` to `bin`, the empty directory `logs`":
    async () =>
      treeDigest([
        { path: "logs", kind: "directory" },
        { path: "latest", kind: "link", target: "bin" },
        { path: "bin", kind: "directory" },
        { path: "bin/run", kind: "file", sha256: await sha256("hello"), executable: true },
      ]),
};

describe("docs/formats/digests.md", () => {
  it.each(Object.entries(VECTORS))("%s", async (value, digest) => {
    expect(page).toContain(`| ${value} | \`${await digest()}\` |`);
  });
});
