import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveS3Config, type S3Config } from "../../../../src/storage/backends/s3/config.js";

let folder: string;
let files: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-s3-config-"));
  files = {
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
  };
  await writeFile(
    join(folder, "config"),
    [
      "# a comment",
      "[default]",
      "region = eu-west-1",
      "s3 =",
      "  addressing_style = path",
      "[profile  work]",
      "region=eu-north-1 ; inline",
      "endpoint_url = http://127.0.0.1:7",
      "aws_access_key_id = FROMCONFIG",
      "aws_secret_access_key = config",
      "[profile role]",
      "role_arn = arn:aws:iam::1:role/x",
      "source_profile = default",
      "[other]",
      "region = never",
    ].join("\r\n"),
  );
  await writeFile(
    join(folder, "credentials"),
    "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = a+/=b\naws_session_token = tok==\n" +
      "[work]\naws_access_key_id = WORK\naws_secret_access_key = w\n",
  );
  await writeFile(join(folder, "bundle.pem"), "PEM ONE\nPEM TWO\n");
});

afterAll(() => rm(folder, { recursive: true }));

const ENV_KEYS = { AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "e" };

function resolve(env: Record<string, string>, more: Partial<S3Config> = {}) {
  return resolveS3Config({ bucket: "b-b", env: { ...files, ...env }, ...more });
}

async function keyOf(env: Record<string, string>, more: Partial<S3Config> = {}) {
  return (await (await resolve(env, more)).credentials.get())?.accessKeyId;
}

describe("credentials", () => {
  it("come from the configuration, the environment, the profile, in this order", async () => {
    const given = { accessKeyId: "GIVEN", secretAccessKey: "g" };
    expect(await keyOf(ENV_KEYS, { credentials: given })).toBe("GIVEN");
    expect(await keyOf(ENV_KEYS)).toBe("ENV");
    expect(await keyOf({})).toBe("DEFAULT");
    expect(await keyOf({ AWS_PROFILE: "work" })).toBe("WORK");
    expect(await keyOf(ENV_KEYS, { profile: "work" })).toBe("WORK");
  });

  it("have the session token", async () => {
    const own = await resolve({});
    expect(await own.credentials.get()).toEqual({
      accessKeyId: "DEFAULT",
      secretAccessKey: "a+/=b",
      sessionToken: "tok==",
    });
    const env = await resolve({ ...ENV_KEYS, AWS_SESSION_TOKEN: "t" });
    expect(await env.credentials.get()).toMatchObject({ sessionToken: "t" });
  });

  it("are none for an anonymous user", async () => {
    const config = await resolve(ENV_KEYS, { credentials: "anonymous" });
    expect(config.credentials.anonymous).toBe(true);
    expect(config.credentials.get()).toBeUndefined();
  });

  it("are left to AWS's chain for a role", async () => {
    const config = await resolve({}, { profile: "role" });
    expect(config.credentials.anonymous).toBe(false);
    const pending = config.credentials.get();
    expect(pending).toBeInstanceOf(Promise);
    await expect(pending).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("of a profile are read anew when they have expired", async () => {
    const path = join(folder, "renewed");
    const write = (key: string) =>
      writeFile(path, `[default]\naws_access_key_id=${key}\naws_secret_access_key=s\n`);
    await write("OLD");
    const { credentials } = await resolve({ AWS_SHARED_CREDENTIALS_FILE: path });
    const old = await credentials.get();
    await write("NEW");
    expect(old?.accessKeyId).toBe("OLD");
    expect((await credentials.renew(old as NonNullable<typeof old>))?.accessKeyId).toBe("NEW");
    expect((await credentials.get())?.accessKeyId).toBe("NEW");
  });
});

describe("region and endpoint", () => {
  it("follow their order", async () => {
    expect((await resolve({})).region).toBe("eu-west-1");
    expect((await resolve({ AWS_PROFILE: "work" })).region).toBe("eu-north-1");
    expect((await resolve({ AWS_DEFAULT_REGION: "d-1" })).region).toBe("d-1");
    expect((await resolve({ AWS_DEFAULT_REGION: "d-1", AWS_REGION: "r-1" })).region).toBe("r-1");
    expect((await resolve({ AWS_REGION: "r-1" }, { region: "c-1" })).region).toBe("c-1");
    expect((await resolve({ AWS_CONFIG_FILE: "/none" })).region).toBe("us-east-1");

    const port = async (env: Record<string, string>, more?: Partial<S3Config>) =>
      (await resolve(env, more)).endpoint?.origin.port;
    const all = {
      AWS_PROFILE: "work",
      AWS_ENDPOINT: "http://h:4",
      AWS_ENDPOINT_URL: "http://h:3",
      AWS_ENDPOINT_URL_S3: "http://h:2",
    };
    expect(await port({})).toBeUndefined();
    expect(await port({ AWS_PROFILE: "work" })).toBe(7);
    expect(await port({ AWS_ENDPOINT: "http://h:4" })).toBe(4);
    expect(await port({ AWS_ENDPOINT: "http://h:4", AWS_ENDPOINT_URL: "http://h:3" })).toBe(3);
    expect(await port(all)).toBe(2);
    expect(await port(all, { endpoint: "http://h:1" })).toBe(1);
  });
});

describe("the CA bundle", () => {
  it("is read whole, from either variable", async () => {
    const bundle = join(folder, "bundle.pem");
    expect((await resolve({ AWS_CA_BUNDLE: bundle })).ca).toBe("PEM ONE\nPEM TWO\n");
    expect((await resolve({ AWS_CA_BUNDLE_PATH: bundle })).ca).toBe("PEM ONE\nPEM TWO\n");
    expect((await resolve({})).ca).toBeUndefined();
  });

  it("that cannot be read is an error", async () => {
    await expect(resolve({ AWS_CA_BUNDLE: "/none.pem" })).rejects.toMatchObject({
      code: "invalid-config",
    });
  });
});

describe("what cannot be", () => {
  it.each([
    [{ bucket: "a/b" }],
    [{ bucket: "" }],
    [{ bucket: "a..b" }],
    [{ bucket: "-a" }],
    [{ region: "evil.example/x" }],
    [{ endpoint: "ftp://x" }],
    [{ profile: "nope" }],
  ])("%o is invalid-config", async (more) => {
    await expect(resolve(ENV_KEYS, more)).rejects.toMatchObject({ code: "invalid-config" });
  });

  it("does not touch dotted buckets", async () => {
    expect((await resolve(ENV_KEYS, { bucket: "my.data.set" })).bucket).toBe("my.data.set");
  });
});
