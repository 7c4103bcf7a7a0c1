import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { objectName, randomBody } from "../../../src/app/operations/index.js";

async function bytesOf(seed: string, index: number, size: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of randomBody(seed, index, size).stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("randomBody", () => {
  it.each([0, 1, 15, 1_048_575, 1_048_576, 1_048_577, 3_000_000])(
    "has exactly %d bytes, the same whenever they are read",
    async (size) => {
      const body = await bytesOf("seed", 1, size);
      expect(body).toHaveLength(size);
      expect(digest(await bytesOf("seed", 1, size))).toBe(digest(body));
    },
  );

  it("is what another AES gives for the same seed and index", async () => {
    // openssl enc -aes-128-ctr -K <first half of SHA-256 of "seed"> -iv 00000000000000010000000000000000
    expect((await bytesOf("seed", 1, 8)).toString("hex")).toBe("da3e543071843a3b");
  });

  it("differs with seed and index, within and between objects, and cannot be compressed", async () => {
    const bodies = await Promise.all([
      bytesOf("a", 0, 200_000),
      bytesOf("a", 1, 200_000),
      bytesOf("b", 0, 200_000),
    ]);
    const blocks = new Set<string>();
    for (const body of bodies) {
      expect(gzipSync(body).length).toBeGreaterThan(body.length);
      for (let at = 0; at < body.length; at += 4000)
        blocks.add(digest(body.subarray(at, at + 4000)));
    }
    expect(blocks.size).toBe(150);
  });
});

describe("objectName", () => {
  it("fills the first and the second pair of braces", () => {
    expect(objectName("object_{}_of_{}.dat", 3, 10)).toBe("object_3_of_10.dat");
    expect(objectName("{}", 3, 10)).toBe("3");
    expect(objectName("{}{}{}", 3, 10)).toBe("310{}");
    expect(objectName("fixed", 3, 10)).toBe("fixed");
  });
});
