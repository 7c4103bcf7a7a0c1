import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromEnvironment } from "../../../scripts/services/external-service.js";
import { startServices } from "../../../scripts/services/index.js";
import { identifyProcess } from "../../../scripts/services/process-identity.js";

const HOLDER = fileURLToPath(new URL("./hold-azurite.ts", import.meta.url));

interface Held {
  readonly pids: readonly number[];
  readonly dataDir: string;
}

/** A process that has started Azurite and stays; resolves once it has told about the server. */
async function holdAzurite(): Promise<{ holder: ReturnType<typeof spawn>; held: Held }> {
  const holder = spawn(process.execPath, ["--import", "tsx", HOLDER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of holder.stdout) {
    return { holder, held: JSON.parse(String(chunk)) as Held };
  }
  throw new Error("the process that was to start Azurite ended");
}

describe("startServices", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("uses a server that runs already, and does not stop it", async () => {
    const first = await startServices(["azurite"]);
    const [owned] = first.running;
    try {
      expect(first.skipped).toEqual([]);
      vi.stubEnv("LODE_TEST_AZURE_URL", new URL(owned!.url).origin);
      const second = await startServices(["azurite"]);
      expect(second.running).toMatchObject([
        { name: "azurite", url: owned!.url, version: "external" },
      ]);
      expect(second.running[0]!.env).toEqual(owned!.env);
      await second.stop();
      expect((await fetch(owned!.url)).headers.get("server")).toContain("Azurite");
    } finally {
      await first.stop();
    }
  });

  it("fails for an external server that does not answer", async () => {
    vi.stubEnv("LODE_TEST_S3_URL", "http://127.0.0.1:1");
    await expect(startServices(["radosgw", "azurite"])).rejects.toThrow(
      "the server named for radosgw does not answer: http://127.0.0.1:1",
    );
  });

  it("skips, with the reason, what was not fetched when told so", async () => {
    vi.stubEnv("XDG_CACHE_HOME", "/nonexistent");
    const { running, skipped } = await startServices(["minio"], { onlyIfFetched: ["minio"] });
    expect(running).toEqual([]);
    expect(skipped).toMatchObject([{ name: "minio" }]);
    expect(skipped[0]!.reason).toMatch(/^(needs Go|not fetched yet)/);
  });

  it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)(
    "leaves no server when its process ends by %s",
    async (signal) => {
      const { holder, held } = await holdAzurite();
      const before = await Promise.all(held.pids.map(identifyProcess));
      expect(before).toHaveLength(1);
      expect(before).not.toContain(undefined);

      holder.kill(signal);
      await vi.waitFor(
        async () => {
          expect(await Promise.all(held.pids.map(identifyProcess))).toEqual([undefined]);
          expect(existsSync(held.dataDir)).toBe(false);
        },
        { timeout: 20_000, interval: 50 },
      );
    },
  );
});

describe("fromEnvironment", () => {
  it("takes keys with their defaults", () => {
    const url = "http://127.0.0.1:9000";
    expect(fromEnvironment("radosgw", { LODE_TEST_S3_URL: url })?.env).toMatchObject({
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "testtest",
    });
    const env = {
      LODE_TEST_S3_URL: url,
      LODE_TEST_S3_ACCESS_KEY: "a",
      LODE_TEST_S3_SECRET_KEY: "b",
    };
    expect(fromEnvironment("radosgw", env)?.env).toEqual({
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_REGION: "us-east-1",
    });
  });

  it("takes a connection string as it is", () => {
    const text = "AccountName=a;AccountKey=k;BlobEndpoint=http://127.0.0.1:1/a;";
    expect(fromEnvironment("azurite", { LODE_TEST_AZURE_URL: text })).toEqual({
      url: "http://127.0.0.1:1/a",
      env: { AZURE_STORAGE_CONNECTION_STRING: text },
    });
  });

  it("refuses what is neither, without showing it", () => {
    const wrong = () => fromEnvironment("azurite", { LODE_TEST_AZURE_URL: "AccountKey=hush" });
    expect(wrong).toThrow("LODE_TEST_AZURE_URL");
    expect(wrong).not.toThrow("hush");
  });

  it("knows of none without a variable", () => {
    expect(fromEnvironment("radosgw", {})).toBeUndefined();
    expect(fromEnvironment("minio", { LODE_TEST_S3_URL: "http://127.0.0.1:1" })).toBeUndefined();
  });
});
