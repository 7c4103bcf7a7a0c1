import { describe, expect, it } from "vitest";
import { encodeLinks, readLinks } from "../../../src/cas/blobs/index.js";
import { linksKey } from "../../../src/cas/keys.js";
import { isLodeError } from "../../../src/errors.js";
import { openStore } from "../../../src/storage/index.js";

const [BLOB, A, B] = ["0f", "1a", "2b"].map((byte) => byte.repeat(32)) as [string, string, string];

describe("the list of linked blobs", () => {
  it("holds each blob once, and is empty where there is none", async () => {
    const store = await openStore("mem://links-once");
    expect(await readLinks(store, BLOB)).toEqual([]);
    await store.put(linksKey(BLOB), encodeLinks(BLOB, [B, A, B]));
    expect(await readLinks(store, BLOB)).toEqual([A, B]);
    await store.put(`trash/1/${linksKey(BLOB)}`, encodeLinks(BLOB, [A]));
    expect(await readLinks(store, BLOB, { folder: "trash/1/" })).toEqual([A]);
  });

  it("is refused when any of its bits has flipped, and for another blob", async () => {
    const store = await openStore("mem://links-flipped");
    const text = Buffer.from(encodeLinks(BLOB, [A, B]));
    const accepted: number[] = [];
    for (let byte = 0; byte < text.length; byte++) {
      const damaged = Buffer.from(text);
      damaged[byte]! ^= 1;
      await store.put(linksKey(BLOB), damaged);
      const found = await readLinks(store, BLOB).catch((error: unknown) => {
        expect(isLodeError(error, "corrupt-format")).toBe(true);
        return undefined;
      });
      if (found !== undefined) accepted.push(byte);
    }
    // White space means nothing; no byte that tells something is accepted.
    expect(accepted.filter((byte) => text[byte] !== 0x20 && text[byte] !== 0x0a)).toEqual([]);
    await store.put(linksKey(A), text);
    await expect(readLinks(store, A)).rejects.toMatchObject({ code: "corrupt-format" });
  });
});
