import { describe, expect, it } from "vitest";
import { BlobStore } from "../../../src/cas/index.js";
import { dataKey, recipeKey } from "../../../src/cas/keys.js";
import { isLodeError } from "../../../src/errors.js";
import { openStore } from "../../../src/storage/index.js";
import { randomBytes, same } from "./places.js";

const DESCRIPTION = { name: "one", type: "bytes", format: "bin" };

async function place(name: string) {
  const store = await openStore(`mem://${name}`);
  const blobs = BlobStore.open(store);
  const session = await blobs.session();
  const leaves: string[] = [];
  for (const seed of [1, 2, 3]) {
    leaves.push((await session.put(randomBytes(90, seed), DESCRIPTION)).id);
  }
  return { store, blobs, session, leaves: leaves.sort() };
}

describe("links of a blob", () => {
  it.each([
    ["in the recipe", 100],
    ["in chunks, though below the limit", 70_000],
    ["in chunks", 3_000_000],
  ])("stand in its recipe, the bytes %s", async (where, size) => {
    const { store, blobs, session, leaves } = await place(`links-${size}`);
    const bytes = randomBytes(size, 9);
    const links = [leaves[2]!, leaves[0]!, leaves[2]!];
    const stored = await session.put(bytes, { ...DESCRIPTION, links });
    expect(stored).toMatchObject({ layout: "chunked", key: recipeKey(stored.id), existed: false });
    expect(await blobs.links(stored.id)).toEqual([leaves[0], leaves[2]]);
    const recipe = (await store.json(stored.key)) as { bytes?: string; packs: unknown[] };
    expect(recipe.bytes !== undefined).toBe(where === "in the recipe");
    expect(same(await blobs.bytes(stored.id), bytes)).toBe(true);
    const range = { start: 7, end: 21 };
    expect(same(await blobs.bytes(stored.id, { range }), bytes.subarray(7, 21))).toBe(true);
    expect((await session.put(bytes, { ...DESCRIPTION, links })).existed).toBe(true);
    await session.close();
  });

  it.each([100, 3_000_000])("of equal bytes add up (%i bytes)", async (size) => {
    const { store, blobs, session, leaves } = await place(`links-union-${size}`);
    const bytes = randomBytes(size, 9);
    const [a, b] = leaves as [string, string];
    const { id, layout } = await session.put(bytes, DESCRIPTION);
    expect(await blobs.links(id)).toEqual([]);
    await session.put(bytes, { ...DESCRIPTION, links: [b] });
    expect(await blobs.links(id)).toEqual([b]);
    await session.put(bytes, { ...DESCRIPTION, links: [a] });
    await session.put(bytes, DESCRIPTION);
    expect(await blobs.links(id)).toEqual([a, b]);
    expect(await store.exists(dataKey(id, "bin"))).toBe(layout === "whole");
    expect(same(await blobs.bytes(id), bytes)).toBe(true);
    await session.close();
  });

  it("are refused when any bit of the recipe has flipped", async () => {
    const { store, blobs, session, leaves } = await place("links-flipped");
    const { id, key } = await session.put(randomBytes(40, 9), { ...DESCRIPTION, links: leaves });
    await session.close();
    const text = await store.bytes(key);
    const accepted: number[] = [];
    for (let byte = 0; byte < text.length; byte++) {
      const damaged = Buffer.from(text);
      damaged[byte]! ^= 1;
      await store.put(key, damaged);
      const found = await blobs.links(id).catch((error: unknown) => {
        expect(isLodeError(error, "integrity")).toBe(true);
        return undefined;
      });
      if (found !== undefined) expect(found, String(byte)).toEqual(leaves);
      if (found !== undefined) accepted.push(byte);
    }
    // White space means nothing; no byte that tells something is accepted.
    expect(accepted.filter((byte) => text[byte] !== 0x20 && text[byte] !== 0x0a)).toEqual([]);
  });

  it("have no place beside a whole object", async () => {
    const { session, leaves } = await place("links-whole");
    const description = { ...DESCRIPTION, links: leaves };
    await expect(
      session.put(randomBytes(40, 9), description, { layout: "whole" }),
    ).rejects.toMatchObject({ code: "invalid-argument" });
    await session.close();
  });
});
