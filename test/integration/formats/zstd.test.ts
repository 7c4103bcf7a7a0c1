import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  compressFrame,
  decompressFrame,
  readSeekTable,
  seekTable,
} from "../../../src/formats/index.js";
import { hasPython, runPython } from "../../programs/run-python.js";

describe.skipIf(!hasPython)("zstd and pyzstd", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-zstd-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const whole = Buffer.concat([
    randomBytes(300_000),
    Buffer.from("the same words again and again, ".repeat(20_000)),
  ]);

  it("a seekable file of ours is a zstd file, and pyzstd finds its way in it", async () => {
    const blocks = [0, 1, 2, 3].map((i) => whole.subarray(i * 250_000, (i + 1) * 250_000));
    const frames = await Promise.all(blocks.map((block) => compressFrame(block, 3)));
    const sizes = frames.map((frame, i) => ({
      compressed: frame.length,
      decompressed: blocks[i]!.length,
    }));
    writeFileSync(join(folder, "whole"), whole);
    writeFileSync(join(folder, "ours.zst"), Buffer.concat([...frames, seekTable(sizes)]));
    writeFileSync(join(folder, "empty.zst"), seekTable([]));
    const answer = await runPython(
      `
import sys, pyzstd
read = lambda name: open(f"{sys.argv[1]}/{name}", "rb").read()
whole = read("whole")
assert pyzstd.decompress(read("ours.zst")) == whole
with pyzstd.SeekableZstdFile(f"{sys.argv[1]}/ours.zst") as file:
    print(file.is_seekable_format_file(f"{sys.argv[1]}/ours.zst"), file.seek(0, 2))
    file.seek(499_990)
    assert file.read(20) == whole[499_990:500_010]
    file.seek(0)
    assert file.read() == whole
with pyzstd.SeekableZstdFile(f"{sys.argv[1]}/empty.zst") as file:
    assert file.read() == b""
`,
      folder,
    );
    expect(answer).toBe(`True ${whole.length}\n`);
  });

  it("a seekable file of pyzstd is read frame by frame", async () => {
    await runPython(
      `
import sys, pyzstd
whole = open(f"{sys.argv[1]}/whole", "rb").read()
with pyzstd.SeekableZstdFile(f"{sys.argv[1]}/theirs.zst", "w", max_frame_content_size=100_000) as file:
    file.write(whole)
`,
      folder,
    );
    const file = readFileSync(join(folder, "theirs.zst"));
    const sizes = await readSeekTable(bytesReader(file));
    expect(sizes?.length).toBe(Math.ceil(whole.length / 100_000));
    let at = 0;
    const pieces: Uint8Array[] = [];
    for (const { compressed, decompressed } of sizes ?? []) {
      pieces.push(await decompressFrame(file.subarray(at, at + compressed), decompressed));
      at += compressed;
    }
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });
});
