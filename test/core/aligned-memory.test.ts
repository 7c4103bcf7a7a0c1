import { describe, expect, it } from "vitest";
import { ALIGNMENT, allocateForReads } from "../../src/core/index.js";

describe("allocateForReads", () => {
  it.each([1, ALIGNMENT, 128 * 1024 - 1, 128 * 1024, 1 << 20])("gives %i bytes", async (bytes) => {
    const memory = allocateForReads(bytes);
    expect(memory).toHaveLength(bytes);
    // Memory that can be resized is refused here by Node 20, and by other standard interfaces.
    expect((await new Response(memory as Uint8Array<ArrayBuffer>).arrayBuffer()).byteLength).toBe(
      bytes,
    );
  });
});
