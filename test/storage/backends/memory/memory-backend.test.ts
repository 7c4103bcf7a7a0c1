import { afterEach, describe, expect, it } from "vitest";
import { isLodeError } from "../../../../src/errors.js";
import {
  dropMemoryStore,
  openMemoryBackend,
} from "../../../../src/storage/backends/memory/index.js";

const NAME = "memory-backend-test";
const text = (value: string) => new TextEncoder().encode(value);

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("MemoryBackend", () => {
  afterEach(() => {
    dropMemoryStore(NAME);
  });

  it("is the same store when its name is opened again, until it is dropped", async () => {
    const first = await openMemoryBackend({ name: NAME });
    await first.put("a", text("one"));
    const second = await openMemoryBackend({ name: NAME });
    expect((await second.head("a")).size).toBe(3);
    expect(dropMemoryStore(NAME)).toBe(true);
    await expect(second.head("a")).rejects.toMatchObject({ code: "not-found" });
    await expect((await openMemoryBackend({ name: NAME })).head("a")).rejects.toSatisfy((error) =>
      isLodeError(error, "not-found"),
    );
  });

  it("copies bytes in and out", async () => {
    const backend = await openMemoryBackend({ name: NAME });
    const given = Buffer.from("same");
    await backend.put("a", given);
    given.fill(0);
    for await (const chunk of (await backend.get("a")).body) chunk.fill(0);
    expect(await read((await backend.get("a")).body)).toBe("same");
  });

  it("tells a repeated complete what the first one did", async () => {
    const backend = await openMemoryBackend({ name: NAME });
    const upload = await backend.startMultipart("a");
    await upload.putPart(1, text("part"));
    const result = await upload.complete();
    expect(await upload.complete()).toEqual(result);
    await expect(backend.resumeMultipart("a", upload.id)).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("refuses names that make no URI", async () => {
    await expect(openMemoryBackend({ name: "" })).rejects.toMatchObject({ code: "invalid-config" });
    await expect(openMemoryBackend({ name: "a/b" })).rejects.toMatchObject({
      code: "invalid-config",
    });
  });
});
