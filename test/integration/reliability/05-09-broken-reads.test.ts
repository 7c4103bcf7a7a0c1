import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c, crc32cToBase64 } from "../../../src/core/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { type OpenOptions, openStore } from "../../../src/storage/registry.js";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { type Answer, reply } from "../../faults/scripted-answer.js";
import { type RecordedRequest, ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { noise, run } from "../../storage/transfer/stores.js";
import { objectParts, objectReply } from "./scripted-object.js";
import { collect, FAST_RETRY, failure, openScripted } from "./stack.js";

const bytes = Buffer.from(noise(300_000, 5));
const object = { bytes, etag: "v1" };
const KEY = { path: "/bucket/key" };

let server: ScriptedHttpServer;
let folder: string;
const opened: ObjectStore[] = [];

async function open(options?: OpenOptions): Promise<ObjectStore> {
  const store = await openScripted(server, options);
  opened.push(store);
  return store;
}

/** Ranges and conditions of the reads that came. */
function asked(): string[] {
  return server
    .received({ method: "GET" })
    .map(({ headers }) =>
      [headers.get("range") ?? "all", headers.get("if-match")].filter(Boolean).join(" "),
    );
}

/** Bytes of the reply's body, then its end. */
function cut(request: RecordedRequest, count: number, close: "fin" | "reset" | "stall"): Answer {
  const { head, body } = objectParts(request, object);
  // Given time, the bytes arrive before a reset throws them away.
  return [head, body.subarray(0, count), { delayMs: 20 }, { close }];
}

/** Every way to read `[start, end)` of the object. */
const READS: Record<string, (store: ObjectStore, start: number, end: number) => Promise<Buffer>> = {
  get: async (store, start, end) =>
    collect((await store.get("key", { range: { start, end } })).body),
  bytes: async (store, start, end) =>
    Buffer.from(await store.bytes("key", { range: { start, end } })),
  readInto: async (store, start, end) => {
    const target = Buffer.alloc(end - start + 100, 0xee);
    const { bytesRead } = await store.readInto("key", { start, end }, target);
    // Nothing may be written behind what was asked for.
    expect(target.subarray(bytesRead).every((byte) => byte === 0xee)).toBe(true);
    return target.subarray(0, bytesRead);
  },
  getRanges: async (store, start, end) =>
    Buffer.concat(await store.getRanges("key", [{ start, end }])),
};

async function download(store: ObjectStore): Promise<{ error: unknown; files: string[] }> {
  const disk = await openStore(`file://${folder}`, { env: {} });
  const { thrown, summary } = await run(
    transferObject({
      source: { store, key: "key" },
      target: { store: disk, key: "copy" },
      partSize: 100_000,
      multipartThreshold: 100_000,
      partConcurrency: 1,
    }),
  );
  return { error: thrown ?? summary.failures[0]?.error, files: await readdir(folder) };
}

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
  folder = await mkdtemp(join(tmpdir(), "lode-faults-"));
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe("case 5: a connection that breaks inside a body", () => {
  for (const [name, read] of Object.entries(READS)) {
    it.each(["reset", "fin"] as const)(
      `${name}: only the rest is asked again (%s)`,
      async (how) => {
        const store = await open();
        server.on(KEY, (request, nth) => {
          if (nth === 0) return cut(request, 70_000, how);
          if (nth === 1) return cut(request, 1_000, how);
          return [objectReply(request, object)];
        });
        expect((await read(store, 1_000, 250_000)).equals(bytes.subarray(1_000, 250_000))).toBe(
          true,
        );
        expect(asked()).toEqual([
          "bytes=1000-249999",
          'bytes=71000-249999 "v1"',
          'bytes=72000-249999 "v1"',
        ]);
      },
    );
  }

  it("a transfer asks for no byte twice", async () => {
    const store = await open();
    server.on({ method: "HEAD" }, (request) => [objectReply(request, object)]);
    server.on(KEY, (request, nth) =>
      nth % 2 === 0 ? cut(request, 40_000, "reset") : [objectReply(request, object)],
    );
    expect(await download(store)).toEqual({ error: undefined, files: ["copy"] });
    expect((await readFile(join(folder, "copy"))).equals(bytes)).toBe(true);
    expect(asked()).toEqual([
      // A small first range is asked for as a whole object, whose checksum S3 tells.
      "all",
      'bytes=40000-99999 "v1"',
      'bytes=100000-199999 "v1"',
      'bytes=140000-199999 "v1"',
      'bytes=200000-299999 "v1"',
      'bytes=240000-299999 "v1"',
    ]);
  });

  it("ends when nothing arrives any more, and starts to count anew when bytes do", async () => {
    const store = await open();
    // Any number of breaks with progress are no reason to give up; 4 in a row are.
    server.on(KEY, (request, nth) => cut(request, nth < 20 ? 100 : 0, "fin"));
    const { body } = await store.get("key");
    const error = await failure(collect(body));
    expect(error).toMatchObject({ code: "incomplete-read", retry: "exhausted" });
    expect(server.requests).toHaveLength(20 + 3);
    expect(asked().at(-1)).toBe('bytes=2000-299999 "v1"');
  });
});

describe("case 6: an object that is replaced between ranges", () => {
  const replaced = { bytes: Buffer.from(noise(300_000, 6)), etag: "v2" };

  for (const [name, read] of Object.entries(READS)) {
    it(`${name}: ends in precondition-failed`, async () => {
      const store = await open();
      server.on(KEY, (request, nth) =>
        nth === 0 ? cut(request, 70_000, "fin") : [objectReply(request, replaced)],
      );
      const error = await failure(read(store, 0, 250_000));
      expect(error).toMatchObject({ code: "precondition-failed", retry: "never" });
      expect(error.message).toContain("was replaced while it was read");
      expect(server.requests).toHaveLength(2);
    });

    it(`${name}: is noticed also where the server ignores If-Match`, async () => {
      const store = await open();
      server.on(KEY, (request, nth) => {
        if (nth === 0) return cut(request, 70_000, "fin");
        const ignoring = { ...request, headers: new Map(request.headers) };
        ignoring.headers.delete("if-match");
        return [objectReply(ignoring, replaced)];
      });
      expect(await failure(read(store, 0, 250_000))).toMatchObject({
        code: "precondition-failed",
      });
    });
  }

  it("a transfer begins anew once, then gives up and leaves no file", async () => {
    const store = await open();
    server.on(KEY, (request, nth) => [
      objectReply(request, nth === 0 ? object : { ...replaced, etag: `v${nth}` }),
    ]);
    const { error, files } = await download(store);
    expect(error).toMatchObject({ code: "precondition-failed" });
    expect(files.filter((name) => name === "copy")).toEqual([]);
  });
});

describe("case 7: a server that ignores Range", () => {
  const whole = (request: RecordedRequest): Answer => {
    const ignoring = { ...request, headers: new Map(request.headers) };
    ignoring.headers.delete("range");
    return [objectReply(ignoring, object)];
  };

  for (const [name, read] of Object.entries(READS)) {
    it(`${name}: gives the bytes asked for`, async () => {
      const store = await open();
      server.on(KEY, whole);
      for (const [start, end] of [
        [0, 10],
        [131_000, 131_500],
        [299_990, 300_000],
      ] as const) {
        expect((await read(store, start, end)).equals(bytes.subarray(start, end))).toBe(true);
      }
    });
  }

  it("also when a broken body is gone on with", async () => {
    const store = await open();
    server.on(KEY, (request, nth) => (nth === 0 ? cut(request, 70_000, "reset") : whole(request)));
    expect((await store.bytes("key")).length).toBe(bytes.length);
    expect(crc32c(await store.bytes("key"))).toBe(crc32c(bytes));
  });

  it("also in a transfer by ranges", async () => {
    const store = await open();
    server.on(KEY, whole);
    expect(await download(store)).toEqual({ error: undefined, files: ["copy"] });
    expect((await readFile(join(folder, "copy"))).equals(bytes)).toBe(true);
  });
});

describe("case 8: a reply whose parts disagree", () => {
  const e = { etag: '"v1"' };
  const part = bytes.subarray(0, 1000);
  const lies: [string, Answer][] = [
    ["another range", [reply(206, { ...e, "content-range": "bytes 1-1000/300000" }, part)]],
    ["a shorter range", [reply(206, { ...e, "content-range": "bytes 0-998/300000" }, part)]],
    ["a longer body", [reply(206, { ...e, "content-range": "bytes 0-999/300000" }, bytes)]],
    ["no Content-Range", [reply(206, e, part)]],
    ["a range beyond the size", [reply(206, { ...e, "content-range": "bytes 0-999/10" }, part)]],
    ["an unknown size", [reply(206, { ...e, "content-range": "bytes 0-999/*" }, part)]],
    [
      "a body that ends early",
      [
        reply(
          206,
          { ...e, "content-range": "bytes 0-999/300000", "content-length": 1000 },
          part.subarray(1),
        ),
        { close: "fin" },
      ],
    ],
    [
      "a chunked body that is too short",
      [
        reply(206, {
          ...e,
          "content-range": "bytes 0-999/300000",
          "transfer-encoding": "chunked",
        }),
        "3\r\nabc\r\n0\r\n\r\n",
      ],
    ],
    [
      "a chunked body that is too long",
      [
        reply(206, {
          ...e,
          "content-range": "bytes 0-999/300000",
          "transfer-encoding": "chunked",
        }),
        "3e9\r\n",
        bytes.subarray(0, 1001),
        "\r\n0\r\n\r\n",
      ],
    ],
    [
      "no length and no end but the connection's",
      ["HTTP/1.1 200 OK\r\n\r\nshort", { close: "fin" }],
    ],
    ["another success status", [reply(203, e, part)]],
  ];
  for (const [name, read] of Object.entries(READS)) {
    it.each(lies)(`${name}: refuses %s`, async (_, answer) => {
      const store = await open({ retry: { ...FAST_RETRY, attempts: 2 } });
      server.on(KEY, answer);
      const error = await failure(read(store, 0, 1000));
      expect(["unexpected", "incomplete-read", "corrupt-format", "integrity"]).toContain(
        error.code,
      );
    });
  }

  it.each(lies)("a download leaves no file behind: %s", async (_, answer) => {
    const store = await open({ retry: { ...FAST_RETRY, attempts: 2 } });
    server.on(KEY, answer);
    const { error, files } = await download(store);
    expect(error).toBeDefined();
    expect(files.filter((name) => name === "copy")).toEqual([]);
  });

  it("bytes behind the announced end are not taken for the next reply", async () => {
    const store = await open();
    server.on(KEY, (request) => [objectReply(request, object), "HTTP/1.1 200 OK\r\n\r\nEVIL"]);
    expect(Buffer.from(await store.bytes("key")).equals(bytes)).toBe(true);
    expect(Buffer.from(await store.bytes("key")).equals(bytes)).toBe(true);
    expect(server.connections).toBe(2);
  });
});

describe("case 9: a server that stalls", () => {
  const idle = { s3: { idleTimeoutMs: 100 } };

  it.each([
    ["before its head", 0],
    ["amid its head", 30],
  ])("%s: the idle limit ends it, another try succeeds", async (_, count) => {
    const store = await open(idle);
    server.on(KEY, (request, nth) => {
      const all = objectReply(request, object);
      return nth === 0 ? [all.subarray(0, count), { close: "stall" }] : [all];
    });
    expect(crc32c(await store.bytes("key"))).toBe(crc32c(bytes));
    expect(server.requests).toHaveLength(2);
  });

  for (const [name, read] of Object.entries(READS)) {
    it(`${name}: amid its body, the rest is asked again`, async () => {
      const store = await open(idle);
      server.on(KEY, (request, nth) =>
        nth === 0 ? cut(request, 90_000, "stall") : [objectReply(request, object)],
      );
      expect((await read(store, 0, 250_000)).equals(bytes.subarray(0, 250_000))).toBe(true);
      expect(asked()).toEqual(["bytes=0-249999", 'bytes=90000-249999 "v1"']);
    });
  }

  it("for ever: ends as timeout", async () => {
    const store = await open({ ...idle, retry: { ...FAST_RETRY, attempts: 2 } });
    server.on(KEY, [{ close: "stall" }]);
    expect(await failure(store.head("key"))).toMatchObject({
      code: "timeout",
      retry: "exhausted",
    });
    expect(server.requests).toHaveLength(2);
  });

  it("the limit is for silence: a slow body that goes on is not ended", async () => {
    const store = await open({ s3: { idleTimeoutMs: 200 } });
    const small = { bytes: bytes.subarray(0, 20), crc32cBase64: crc(bytes.subarray(0, 20)) };
    server.on(KEY, (request) => {
      const { head, body } = objectParts(request, small);
      return [head, ...Array.from(body, (byte) => [{ delayMs: 20 }, Buffer.of(byte)]).flat()];
    });
    expect(Buffer.from(await store.bytes("key")).equals(small.bytes)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });
});

function crc(data: Uint8Array): string {
  return crc32cToBase64(crc32c(data));
}
