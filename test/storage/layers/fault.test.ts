import { describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/index.js";
import { type Fault, fault, seededFaults } from "../../../src/storage/layers/index.js";
import { FakeClock } from "../../../src/testing/index.js";
import { bytesOf, freshMemory, textOf } from "./memory-backend.js";

describe("fault", () => {
  it("fails before or after the effect", async () => {
    const memory = await freshMemory();
    const faults: Fault[] = [
      { kind: "error", when: "before" },
      { kind: "error", when: "after", error: { code: "timeout" } },
    ];
    const backend = fault({ script: ({ number }) => faults[number - 1] })(memory);
    await expect(backend.put("a", bytesOf("x"))).rejects.toMatchObject({ code: "connection" });
    await expect(memory.head("a")).rejects.toMatchObject({ code: "not-found" });
    await expect(backend.put("a", bytesOf("x"))).rejects.toMatchObject({
      code: "timeout",
      retry: "safe",
    });
    expect((await memory.head("a")).size).toBe(1);
  });

  it("breaks and damages bodies, and delays", async () => {
    const memory = await freshMemory();
    await memory.put("a", bytesOf("0123456789"));
    const clock = new FakeClock();
    let what: Fault | undefined;
    const backend = fault({ clock, script: () => what })(memory);
    what = { kind: "truncate", bytes: 4 };
    const chunks: string[] = [];
    await expect(async () => {
      for await (const chunk of (await backend.get("a")).body) {
        chunks.push(Buffer.from(chunk).toString());
      }
    }).rejects.toMatchObject({ code: "connection" });
    expect(chunks.join("")).toBe("0123");
    what = { kind: "flip", offset: 2 };
    expect(await textOf((await backend.get("a")).body)).toBe("0133456789");
    const sent = bytesOf("0123");
    await expect(backend.put("b", sent, { crc32c: crc32c(sent) })).rejects.toMatchObject({
      code: "integrity",
    });
    expect(Buffer.from(sent).toString()).toBe("0123");
    what = { kind: "delay", ms: 250 };
    await backend.head("a");
    expect(clock.sleeps).toEqual([250]);
  });

  it("does the same for the same seed and names it", async () => {
    const script = (seed: number) => {
      const decide = seededFaults(seed, { before: 0.2, after: 0.2, truncate: 0.2, flip: 0.2 });
      return Array.from({ length: 50 }, (_, n) =>
        decide({
          operation: "get",
          key: "a",
          bytes: 0,
          objects: 1,
          signal: undefined,
          number: n + 1,
        }),
      );
    };
    expect(script(7)).toEqual(script(7));
    expect(script(7)).not.toEqual(script(8));
    expect(new Set(script(7).map((what) => what?.kind))).toEqual(
      new Set(["error", "truncate", "flip", undefined]),
    );
    expect(JSON.stringify(script(7))).toContain("seed 7, call");
  });
});
