import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/registry.js";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { useFolder } from "../../cli/lode.js";
import { builtLode, startLode } from "../../cli/lode-process.js";
import type { DirectionFault } from "../../faults/fault-plan.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS, type S3TestServer } from "../s3/s3-servers.js";
import { listed, openProxied, type ProxiedBucket } from "./stack.js";

const MIB = 1 << 20;
const folder = useFolder();
let bucket: ProxiedBucket | undefined;

beforeAll(() => builtLode(), 120_000);

afterEach(async () => {
  await bucket?.drop();
  bucket = undefined;
  dropStores();
});

/** Ends when the condition holds; the test's own time limit ends a wait that never does. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function environment(server: S3TestServer, proxied: ProxiedBucket): Record<string, string> {
  return {
    HOME: folder.path,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_ENDPOINT_URL: proxied.proxy.url,
    AWS_REGION: "us-east-1",
  };
}

/** A bucket before which one connection comes to stand still. */
async function openStalling(
  server: S3TestServer,
  direction: "toServer" | "toClient",
  text: string,
): Promise<ProxiedBucket> {
  bucket = await openProxied(server, { record: true });
  const fault: DirectionFault = { after: { text }, stallAfter: 50_000, times: 1 };
  bucket.proxy.plan = () => ({ [direction]: fault });
  return bucket;
}

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`case 18: interrupted before ${server.name}`, () => {
    it.each(SIGNALS)("lode cp up, by %s: no upload is left, exit %i", async (signal, code) => {
      const proxied = await openStalling(server, "toServer", "?partNumber=2&");
      await writeFile(join(folder.path, "big"), noise(18 * MIB, 1));
      const child = await startLode(
        ["cp", "--part-size", "5MiB", "big", `s3://${proxied.name}/key`],
        { cwd: folder.path, env: environment(server, proxied) },
      );
      child.stdout.resume();
      child.stderr.resume();
      await until(() => proxied.proxy.fired === 1);
      expect(await listed(proxied.direct.listMultiparts())).toHaveLength(1);
      child.kill(signal);
      const [exit] = (await once(child, "exit")) as [number | null];
      expect(exit).toBe(code);
      expect(await listed(proxied.direct.listMultiparts())).toEqual([]);
      expect(await listed(proxied.direct.list())).toEqual([]);
    });

    it.each(SIGNALS)("lode cp down, by %s: no file is left, exit %i", async (signal, code) => {
      const proxied = await openStalling(server, "toClient", "HTTP/1.1 206 ");
      await proxied.direct.put("key", noise(18 * MIB, 2));
      const child = await startLode(
        ["cp", "--part-size", "5MiB", `s3://${proxied.name}/key`, "target"],
        { cwd: folder.path, env: environment(server, proxied) },
      );
      child.stdout.resume();
      child.stderr.resume();
      await until(() => proxied.proxy.fired === 1);
      child.kill(signal);
      const [exit] = (await once(child, "exit")) as [number | null];
      expect(exit).toBe(code);
      const names = await readdir(folder.path, { recursive: true });
      expect(names.filter((name) => /target|tmp|part/.test(name))).toEqual([]);
    });

    it("lode pipe: no upload is left", async () => {
      const proxied = await openStalling(server, "toServer", "?partNumber=2&");
      const child = await startLode(["pipe", `s3://${proxied.name}/key`], {
        cwd: folder.path,
        env: environment(server, proxied),
      });
      child.stdout.resume();
      child.stderr.resume();
      child.stdin.on("error", () => undefined);
      child.stdin.write(noise(40 * MIB, 3));
      await until(() => proxied.proxy.fired === 1);
      expect(await listed(proxied.direct.listMultiparts())).toHaveLength(1);
      child.kill("SIGINT");
      const [exit] = (await once(child, "exit")) as [number | null];
      expect(exit).toBe(130);
      expect(await listed(proxied.direct.listMultiparts())).toEqual([]);
    });

    it("an AbortSignal: the transfer ends as aborted and nothing is left", async () => {
      const proxied = await openStalling(server, "toServer", "?partNumber=2&");
      const source = await memoryStore();
      await source.put("from", noise(18 * MIB, 4));
      const controller = new AbortController();
      const running = run(
        transferObject({
          source: { store: source, key: "from" },
          target: { store: proxied.store, key: "key" },
          partSize: 5 * MIB,
          multipartThreshold: 5 * MIB,
          signal: controller.signal,
        }),
      );
      await until(() => proxied.proxy.fired === 1);
      controller.abort();
      const { thrown, summary } = await running;
      expect(thrown).toMatchObject({ code: "aborted" });
      expect(summary).toMatchObject({ aborted: true, copied: 0 });
      expect(await listed(proxied.direct.listMultiparts())).toEqual([]);
    });

    it("an AbortSignal ends every call that waits, without another try", async () => {
      const proxied = await openStalling(server, "toClient", "HTTP/1.1 ");
      const { direct, proxy } = proxied;
      await direct.put("key", noise(MIB, 5));
      proxy.plan = () => ({ toClient: { stallAfter: 0 } });
      const store = await proxied.open();
      const controller = new AbortController();
      const { signal } = controller;
      const calls = [
        store.bytes("key", { signal }),
        store.readInto("key", { start: 0, end: 10 }, new Uint8Array(10), { signal }),
        store.head("key", { signal }),
        store.put("other", "text", { signal }),
        store.copy("key", "other", { signal }),
        store.delete("key", { signal }),
        store.startMultipart("key", { signal }),
        listed(store.list({ signal })),
      ];
      const outcomes = Promise.allSettled(calls);
      await until(() => proxy.connections >= calls.length);
      controller.abort();
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
      }
      expect(proxy.connections).toBe(calls.length);
    });

    it("uploads that others left are listed and aborted by lode multipart", async () => {
      bucket = await openProxied(server);
      const { direct, name } = bucket;
      const left = await direct.startMultipart("left/one");
      await left.putPart(1, noise(1000, 6));
      await direct.startMultipart("left/two");
      const lode = async (...argv: string[]) => {
        const child = await startLode(["multipart", ...argv], {
          cwd: folder.path,
          env: environment(server, bucket!),
        });
        let text = "";
        child.stdout.on("data", (data) => {
          text += String(data);
        });
        child.stderr.resume();
        const [exit] = await once(child, "close");
        expect(exit).toBe(0);
        return text;
      };
      const lines = (await lode("ls", `s3://${name}`)).trim().split("\n");
      expect(lines.map((line) => line.split("\t").at(-1))).toEqual([
        `s3://${name}/left/one`,
        `s3://${name}/left/two`,
      ]);
      await lode("abort", "--id", left.id, `s3://${name}`);
      expect((await listed(direct.listMultiparts())).map(({ key }) => key)).toEqual(["left/two"]);
      await lode("abort", `s3://${name}`);
      expect(await listed(direct.listMultiparts())).toEqual([]);
    });
  });
}

describe("case 18: interrupted between two folders", () => {
  it("an abort amid a download into a file store removes its temporary files", async () => {
    const source = await memoryStore();
    await source.put("from", noise(18 * MIB, 7));
    const target = await openStore(`file://${folder.path}`, { env: {} });
    const controller = new AbortController();
    const running = transferObject({
      source: { store: source, key: "from" },
      target: { store: target, key: "to" },
      partSize: MIB,
      multipartThreshold: MIB,
      partConcurrency: 1,
      progressInterval: 0,
      signal: controller.signal,
    });
    const events = (async () => {
      for await (const event of running) if (event.type === "progress") controller.abort();
    })();
    await expect(events).rejects.toMatchObject({ code: "aborted" });
    expect(await readdir(folder.path, { recursive: true })).toEqual([]);
  });
});
