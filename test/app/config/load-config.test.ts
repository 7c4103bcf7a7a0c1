import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ConfigSources,
  describeConfig,
  documentSettings,
  environmentName,
  loadConfig,
  SETTING_NAMES,
} from "../../../src/app/config/index.js";

let root: string;
let cwd: string;
let home: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lode-config-"));
  cwd = join(root, "project", "deep");
  home = join(root, "home");
  await mkdir(cwd, { recursive: true });
  await mkdir(join(home, ".config", "lode"), { recursive: true });
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function load(more: Partial<ConfigSources> = {}) {
  return loadConfig({ env: {}, cwd, home, ...more });
}

const projectFile = () => join(root, "project", "lode.yaml");
const userFile = () => join(home, ".config", "lode", "lode.yaml");

describe("loadConfig", () => {
  it("needs nothing: everything has a default", async () => {
    const config = await load();
    expect(config.get("store")).toBe(join(cwd, ".lode", "objects"));
    expect(config.get("transfer.part-size")).toBe(8 * 2 ** 20);
    expect(config.get("s3.region")).toBeUndefined();
    expect(config.origin("store")).toEqual({ kind: "default" });
  });

  it("takes flag over environment over .env over project over user over default", async () => {
    const name = "s3.region";
    await writeFile(userFile(), "s3:\n  region: from-user\n");
    const at = async (more: Partial<ConfigSources>) => {
      const config = await load(more);
      return [config.get(name), config.origin(name)];
    };
    expect(await at({})).toEqual(["from-user", { kind: "user", where: `${userFile()}:2` }]);
    await writeFile(projectFile(), "# a comment\ns3:\n  region: from-project\n");
    expect(await at({})).toEqual([
      "from-project",
      { kind: "project", where: `${projectFile()}:3` },
    ]);
    await writeFile(join(cwd, ".env"), "AWS_REGION=from-dotenv\n");
    const dotenv = { kind: "dotenv", where: `AWS_REGION in ${join(cwd, ".env")}` };
    expect(await at({})).toEqual(["from-dotenv", dotenv]);
    expect(await at({ env: { AWS_REGION: "from-env" } })).toEqual([
      "from-env",
      { kind: "environment", where: "AWS_REGION" },
    ]);
    expect(
      await at({
        env: { AWS_REGION: "from-env" },
        flags: { [name]: { text: "from-flag", flag: "--region" } },
      }),
    ).toEqual(["from-flag", { kind: "flag", where: "--region" }]);
  });

  it("prefers a setting's own name to the provider's, and an empty variable is absent", async () => {
    const env = { LODE_S3_REGION: "own", AWS_REGION: "aws" };
    expect((await load({ env })).get("s3.region")).toBe("own");
    expect((await load({ env: { ...env, LODE_S3_REGION: "" } })).get("s3.region")).toBe("aws");
  });

  it.each([
    ["AWS_ENDPOINT_URL", "s3.endpoint", "http://10.9.0.21"],
    ["AWS_ENDPOINT", "s3.endpoint", "http://10.9.0.21"],
    ["AWS_DEFAULT_REGION", "s3.region", "eu-west-1"],
    ["AWS_CA_BUNDLE", "s3.ca-bundle", "/a/path/to-myfile.pem"],
    ["AWS_CA_BUNDLE_PATH", "s3.ca-bundle", "/a/path/to-myfile.pem"],
  ] as const)("honours %s", async (variable, name, value) => {
    expect((await load({ env: { [variable]: value } })).get(name)).toBe(value);
  });

  it("never lets .env override what is set, and hands the rest on to providers", async () => {
    await writeFile(join(cwd, ".env"), "AWS_ACCESS_KEY_ID=file\nS3_BUCKET=b\n");
    const config = await load({ env: { AWS_ACCESS_KEY_ID: "set" } });
    expect(config.environment.AWS_ACCESS_KEY_ID).toBe("set");
    expect(config.environment.S3_BUCKET).toBe("b");
  });

  it("reads .env only in the working directory", async () => {
    await writeFile(join(root, "project", ".env"), "AWS_REGION=above\n");
    expect((await load()).get("s3.region")).toBeUndefined();
  });

  it("reads a path from the folder of the file that it is written in", async () => {
    await writeFile(projectFile(), "store: data\ns3:\n  ca-bundle: ca.pem\n");
    const config = await load();
    expect(config.get("store")).toBe(join(root, "project", "data"));
    expect(config.get("s3.ca-bundle")).toBe(join(root, "project", "ca.pem"));
  });

  it("refuses an unknown name and suggests the right one", async () => {
    await writeFile(projectFile(), "s3:\n  regoin: x\n");
    await expect(load()).rejects.toMatchObject({
      code: "invalid-config",
      message: `${projectFile()}:2: there is no setting s3.regoin; did you mean s3.region?`,
    });
  });

  it.each([
    [
      "transfer:\n  part-size: lots\n",
      /lode\.yaml:2: setting transfer\.part-size: "lots" is not a size/,
    ],
    ["transfer:\n  part-size: 1\n", /must be between 64\.0 KiB and 5\.00 GiB/],
    ["s3:\n  addressing: sideways\n", /one of auto, path, virtual/],
    ["s3: [a]\n", /expected names and values under s3/],
    ["store: {a: b}\n", /store must be one value/],
    ["- a\n", /expected names and values under the top/],
    ["store: 'open\n", /lode\.yaml:\d/],
    ["store: a\nstore: b\n", /lode\.yaml:\d.*unique/],
    ["__proto__:\n  polluted: yes\n", /there is no setting __proto__/],
  ])("refuses %j", async (text, message) => {
    await writeFile(projectFile(), text);
    await expect(load()).rejects.toMatchObject({ code: "invalid-config" });
    await expect(load()).rejects.toThrow(message);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("bounds aliases", async () => {
    const many = Array.from({ length: 200 }, () => "*a").join(", ");
    await writeFile(projectFile(), `store: &a x\ns3: [${many}]\n`);
    await expect(load()).rejects.toThrow(/too many aliases/);
  });

  it("says which variable holds a value that is not right", async () => {
    await expect(load({ env: { LODE_TRANSFER_CONCURRENCY: "many" } })).rejects.toThrow(
      /^LODE_TRANSFER_CONCURRENCY: setting transfer\.concurrency: "many"/,
    );
  });

  it("warns of a LODE_ variable that nothing reads", async () => {
    const config = await load({ env: { LODE_S3_REGOIN: "x", LODE_TEST_S3_URL: "y" } });
    expect(config.warnings).toEqual([
      "LODE_S3_REGOIN is set in the environment but is no setting; did you mean LODE_S3_REGION?",
    ]);
  });

  it("reads the file it is told to, and says if it is not there", async () => {
    await writeFile(projectFile(), "s3:\n  region: project\n");
    await writeFile(join(cwd, "other.yaml"), "s3:\n  region: other\n");
    expect((await load({ configFile: "other.yaml" })).get("s3.region")).toBe("other");
    await expect(load({ configFile: "none.yaml" })).rejects.toThrow(/none\.yaml does not exist/);
  });

  it("accepts an empty file", async () => {
    await writeFile(projectFile(), "# nothing yet\n");
    expect((await load()).get("s3.region")).toBeUndefined();
  });
});

describe("describeConfig", () => {
  it("hides credentials within a URL", async () => {
    const config = await load({ env: { AWS_ENDPOINT_URL: "http://me:hunter2@host:9000/" } });
    const row = describeConfig(config).find((one) => one.name === "s3.endpoint");
    expect(row).toEqual({
      name: "s3.endpoint",
      value: "http://***@host:9000/",
      origin: "environment",
      where: "AWS_ENDPOINT_URL",
    });
  });
});

describe("documentSettings", () => {
  it("documents every setting, with a default that can be read back", async () => {
    const docs = documentSettings();
    expect(docs.map((doc) => doc.name)).toEqual(SETTING_NAMES);
    for (const doc of docs) {
      expect(doc.description).not.toBe("");
      if (doc.default === "") continue;
      const env = { [environmentName(doc.name)]: doc.default };
      expect((await load({ env })).get(doc.name)).toEqual((await load()).get(doc.name));
    }
  });
});
