import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c, crc32cToBase64 } from "../../../src/core/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { type OpenOptions, openStore, type StoreWarning } from "../../../src/storage/registry.js";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { errorReply, reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import {
  FAST_RETRY,
  failure,
  listed,
  openProxied,
  openScripted,
  type ProxiedBucket,
} from "./stack.js";

const MIB = 1 << 20;
/** Stands in the body, so that the proxy finds its place there. */
const MARK = "MARK-OF-THE-BODY";

function marked(size: number, seed: number): Buffer {
  const bytes = Buffer.from(noise(size, seed));
  bytes.write(MARK, Math.floor(size / 2), "latin1");
  return bytes;
}

/** How what is written is protected besides TLS: by its SHA-256, or by its CRC32C alone. */
const PROTECTIONS: Record<string, OpenOptions["s3"]> = {
  "payload signed": { payloadSigning: "always", checksum: "off" },
  "CRC32C alone": { payloadSigning: "never", checksum: "required" },
  "as by default": {},
};

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`case 19: a flipped bit before ${server.name}`, () => {
    let bucket: ProxiedBucket;
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "lode-flips-"));
      bucket = await openProxied(server, { record: true });
    });

    afterEach(async () => {
      await bucket.drop();
      await rm(folder, { recursive: true, force: true });
      dropStores();
    });

    function flip(direction: "toServer" | "toClient", times?: number): void {
      const fault = { after: { text: MARK }, flipByte: 3, times };
      bucket.proxy.plan = () => ({ [direction]: fault });
      bucket.proxy.dropConnections();
    }

    for (const [name, s3] of Object.entries(PROTECTIONS)) {
      it(`in a put (${name}): detected, sent again; a hard error if it stays`, async () => {
        const { direct, proxy } = bucket;
        const store = await bucket.open({ s3 });
        const bytes = marked(200_000, 1);
        flip("toServer", 1);
        await store.put("key", bytes);
        expect(proxy.fired).toBe(1);
        expect(Buffer.from(await direct.bytes("key")).equals(bytes)).toBe(true);
        flip("toServer");
        expect(await failure(store.put("other", bytes))).toMatchObject({
          code: "integrity",
          retry: "exhausted",
        });
        expect(proxy.fired).toBe(1 + FAST_RETRY.attempts);
        expect(await direct.exists("other")).toBe(false);
      });

      it(`in a part (${name}): detected, sent again; a hard error if it stays`, async () => {
        const { direct, proxy } = bucket;
        const store = await bucket.open({ s3 });
        const bytes = marked(200_000, 2);
        const upload = await store.startMultipart("key");
        flip("toServer", 1);
        await upload.putPart(1, bytes);
        expect(proxy.fired).toBe(1);
        flip("toServer");
        expect(await failure(upload.putPart(2, bytes))).toMatchObject({
          code: "integrity",
          retry: "exhausted",
        });
        bucket.proxy.plan = undefined;
        bucket.proxy.dropConnections();
        await upload.complete();
        expect(Buffer.from(await direct.bytes("key")).equals(bytes)).toBe(true);
      });
    }

    it("in what is read: detected, read again; a hard error if it stays", async () => {
      const { store, direct, proxy } = bucket;
      const bytes = marked(200_000, 3);
      await direct.put("key", bytes);
      flip("toClient", 1);
      expect(Buffer.from(await store.bytes("key")).equals(bytes)).toBe(true);
      expect(proxy.fired).toBe(1);
      flip("toClient");
      expect(await failure(store.bytes("key"))).toMatchObject({
        code: "integrity",
        retry: "exhausted",
      });
      const target = new Uint8Array(bytes.length);
      const range = { start: 0, end: bytes.length };
      expect(await failure(store.readInto("key", range, target, { checksum: true }))).toMatchObject(
        { code: "integrity" },
      );
    });

    it.each([200_000, 11 * MIB])(
      "in a download of %i bytes: a good file, or none and an error",
      async (size) => {
        const { store, direct, proxy } = bucket;
        const disk = await openStore(`file://${folder}`, { env: {} });
        const bytes = marked(size, 4);
        const there = await memoryStore();
        await there.put("from", bytes);
        const up = await run(
          transferObject({
            source: { store: there, key: "from" },
            target: { store: direct, key: "key" },
            partSize: 5 * MIB,
            multipartThreshold: 5 * MIB,
          }),
        );
        expect(up.summary.failed).toBe(0);
        const knowsWhole = (await direct.head("key")).crc32c !== undefined;
        const download = (key: string) =>
          run(
            transferObject({
              source: { store, key: "key" },
              target: { store: disk, key },
              partSize: 5 * MIB,
              multipartThreshold: 5 * MIB,
            }),
          );
        flip("toClient", 1);
        const once = await download("once");
        expect(proxy.fired).toBe(1);
        // Without a checksum of the whole nothing but TLS protects what is read.
        expect(knowsWhole).toBe(true);
        expect(once.summary).toMatchObject({ copied: 1, failed: 0 });
        expect(crc32c((await disk.bytes("once")) as Uint8Array)).toBe(crc32c(bytes));
        flip("toClient");
        const always = await download("always");
        expect(always.summary.failures[0]?.error).toMatchObject({
          code: "integrity",
          retry: "exhausted",
        });
        expect(await readdir(folder)).toEqual(["once"]);
      },
    );

    it("in an upload of several parts: sent again, and none is left if it stays", async () => {
      const { store, direct, proxy } = bucket;
      const bytes = marked(11 * MIB, 5);
      const source = await memoryStore();
      await source.put("from", bytes);
      const upload = (key: string) =>
        run(
          transferObject({
            source: { store: source, key: "from" },
            target: { store, key },
            partSize: 5 * MIB,
            multipartThreshold: 5 * MIB,
          }),
        );
      flip("toServer", 1);
      expect((await upload("once")).summary).toMatchObject({ copied: 1, failed: 0 });
      expect(proxy.fired).toBe(1);
      expect(crc32c(await direct.bytes("once"))).toBe(crc32c(bytes));
      flip("toServer");
      const always = await upload("always");
      expect(always.summary.failures[0]?.error).toMatchObject({ code: "integrity" });
      expect(await direct.exists("always")).toBe(false);
      expect(await listed(direct.listMultiparts())).toEqual([]);
    });
  });
}

describe("case 19: a server that takes no checksums", () => {
  let server: ScriptedHttpServer;
  const warnings: StoreWarning[] = [];
  const opened: ObjectStore[] = [];
  const bytes = Buffer.from("the object");

  async function open(checksum?: "auto" | "required" | "off"): Promise<ObjectStore> {
    const store = await openScripted(server, {
      s3: { checksum },
      onWarning: (warning) => warnings.push(warning),
    });
    opened.push(store);
    return store;
  }

  beforeEach(async () => {
    server = await ScriptedHttpServer.listen();
    warnings.length = 0;
  });

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await server.close();
  });

  const refusing: [string, number, string][] = [
    ["501", 501, "NotImplemented"],
    ["400 of an unknown header", 400, "InvalidArgument"],
  ];

  it.each(refusing)("auto (%s): goes on without, and warns once", async (_, status, code) => {
    server.on({ method: "PUT" }, ({ headers }) =>
      headers.has("x-amz-checksum-crc32c")
        ? [errorReply(status, code)]
        : [reply(200, { etag: '"e"' })],
    );
    const store = await open();
    await store.put("a", bytes);
    await store.put("b", bytes);
    expect(server.requests).toHaveLength(3);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain("CRC32C");
  });

  it.each(refusing)("required (%s): an error, nothing is sent without", async (_, status, code) => {
    server.on({ method: "PUT" }, [errorReply(status, code)]);
    const store = await open("required");
    await failure(store.put("a", bytes));
    expect(server.requests.every(({ headers }) => headers.has("x-amz-checksum-crc32c"))).toBe(true);
    expect(warnings).toEqual([]);
  });

  it("auto: a refusal for another reason is no reason to go without", async () => {
    server.on({ method: "PUT" }, [errorReply(400, "InvalidArgument")]);
    const store = await open();
    expect(await failure(store.put("a", bytes))).toMatchObject({ code: "invalid-argument" });
    expect(await failure(store.put("a", bytes))).toMatchObject({ code: "invalid-argument" });
    expect(warnings).toEqual([]);
    expect(server.requests.at(2)?.headers.has("x-amz-checksum-crc32c")).toBe(true);
  });

  it("a server that does not confirm: warned of once in auto, refused where required", async () => {
    server.on({ method: "PUT" }, [reply(200, { etag: '"e"' })]);
    const auto = await open();
    await auto.put("a", bytes);
    await auto.put("b", bytes);
    expect(warnings).toHaveLength(1);
    const required = await open("required");
    expect(await failure(required.put("a", bytes))).toMatchObject({ code: "unsupported" });
  });

  it("a server that confirms another checksum has stored something else", async () => {
    const wrong = crc32cToBase64(crc32c(Buffer.from("something else")));
    server.on({ method: "PUT" }, (_, nth) => [
      reply(200, {
        etag: '"e"',
        "x-amz-checksum-crc32c": nth === 0 ? wrong : crc32cToBase64(crc32c(bytes)),
      }),
    ]);
    const store = await open();
    await store.put("a", bytes);
    expect(server.requests).toHaveLength(2);
  });

  it("off: sends none", async () => {
    server.on({ method: "PUT" }, [reply(200, { etag: '"e"' })]);
    await (await open("off")).put("a", bytes);
    expect(server.requests[0]?.head).not.toContain("checksum-crc32c");
    expect(warnings).toEqual([]);
  });
});
