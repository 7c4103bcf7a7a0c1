import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/storage/backend.js";
import { type OperationRecord, trace } from "../../../src/storage/layers/index.js";
import { bytesOf, freshMemory, textOf } from "./memory-backend.js";

async function traced(change: (inner: Backend) => Backend = (inner) => inner) {
  const records: OperationRecord[] = [];
  let time = 0;
  const memory = await freshMemory();
  const backend = trace((record) => records.push(record), { now: () => ++time })(change(memory));
  return { memory, backend, records };
}

describe("trace", () => {
  it("tells one record a call with its bytes and objects", async () => {
    const { memory, backend, records } = await traced();
    await backend.put("a", bytesOf("12345"));
    await backend.head("a");
    await backend.copy("a", "b");
    await backend.deleteMany(["a", "b", "c"]);
    const upload = await backend.startMultipart("m");
    await upload.putPart(1, bytesOf("123"));
    await upload.complete();
    expect(records.map((r) => [r.operation, r.key, r.bytes, r.objects])).toEqual([
      ["put", "a", 5, 1],
      ["head", "a", 0, 1],
      ["copy", "a", 0, 1],
      ["delete", "a", 0, 3],
      ["start-multipart", "m", 0, 1],
      ["put-part", "m", 3, 1],
      ["complete", "m", 0, 1],
    ]);
    expect(records.every(({ uri, start, end }) => uri === memory.uri && end > start)).toBe(true);
  });

  it("times the first byte of a body and ends with its last", async () => {
    const { backend, records } = await traced();
    await backend.put("a", new Uint8Array(600_000));
    records.length = 0;
    const { body } = await backend.get("a", { range: { start: 0, end: 500_000 } });
    expect(records).toEqual([]);
    await textOf(body);
    const [record] = records;
    expect(record).toMatchObject({ operation: "get", bytes: 500_000, objects: 1 });
    expect(record!.start).toBeLessThan(record!.firstByte!);
    expect(record!.firstByte).toBeLessThan(record!.end);
  });

  it("counts what was read of a body that was left, and what came before a failure", async () => {
    const broken = (inner: Backend): Backend =>
      Object.assign(Object.create(inner) as Backend, {
        put: inner.put.bind(inner),
        async get(key: string) {
          const result = await inner.get(key);
          async function* body() {
            yield* result.body;
            throw new Error("reset");
          }
          return { ...result, body: body() };
        },
      });
    const { backend, records } = await traced(broken);
    await backend.put("a", bytesOf("12345"));
    for await (const _ of (await backend.get("a")).body) break;
    await expect(textOf((await backend.get("a")).body)).rejects.toThrow("reset");
    expect(records.slice(1)).toMatchObject([
      { bytes: 5, error: undefined },
      { bytes: 5, objects: 0, error: { code: "unexpected" } },
    ]);
  });

  it("tells a failed call with its error and no bytes", async () => {
    const { backend, records } = await traced();
    await expect(backend.get("missing")).rejects.toMatchObject({ code: "not-found" });
    const target = new Uint8Array(10);
    await expect(backend.readInto!("missing", { start: 0, end: 10 }, target)).rejects.toMatchObject(
      { code: "not-found" },
    );
    expect(records).toMatchObject([
      { operation: "get", bytes: 0, objects: 0, error: { code: "not-found" } },
      { operation: "read-into", bytes: 0, objects: 0, error: { code: "not-found" } },
    ]);
  });

  it("tells a listing as one record", async () => {
    const { memory, backend, records } = await traced();
    for (const key of ["a", "b", "c/d", "c/e"]) await memory.put(key, bytesOf(key));
    for await (const _ of backend.list({ delimiter: "/", pageSize: 2 }));
    for await (const _ of backend.list({ prefix: "c/", pageSize: 1 })) break;
    expect(records).toMatchObject([
      { operation: "list", key: "", objects: 3 },
      { operation: "list", key: "c/", objects: 1 },
    ]);
    expect(records[0]!.firstByte).toBeLessThan(records[0]!.end);
  });
});
