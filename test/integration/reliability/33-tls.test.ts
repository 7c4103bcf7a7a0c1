import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { type OpenOptions, openStore } from "../../../src/storage/registry.js";
import { startLode } from "../../cli/lode-process.js";
import { reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { objectReply } from "./scripted-object.js";
import { FAST_RETRY, failure, KEYS } from "./stack.js";

interface Identity {
  readonly key: string;
  readonly cert: string;
  readonly file: string;
}

let folder: string;
let own: Identity;
let other: Identity;
let expired: Identity;
let server: ScriptedHttpServer | undefined;
const opened: ObjectStore[] = [];

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(...argv: string[]): void {
  execFileSync("openssl", argv, { stdio: "pipe", cwd: folder });
}

/** A self-signed certificate for these names. */
function certificate(name: string, names: string): Identity {
  openssl(
    ...["req", "-x509", ...NEW_KEY, "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", `${name}.key`, "-out", `${name}.pem`, "-addext", `subjectAltName=${names}`],
  );
  return identity(name);
}

/** The same, of the past: only a CA sets the dates freely. */
function expiredCertificate(name: string, names: string): Identity {
  writeFileSync(
    join(folder, "ca.cnf"),
    "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n" +
      "default_md=sha256\npolicy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n" +
      `[names]\nsubjectAltName=${names}\n`,
  );
  writeFileSync(join(folder, "index.txt"), "");
  const files = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
  openssl("req", "-new", ...NEW_KEY, "-subj", `/CN=${name}`, ...files);
  openssl(
    ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-selfsign", "-keyfile", `${name}.key`],
    ...["-in", `${name}.csr`, "-out", `${name}.pem`],
    ...["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
  );
  return identity(name);
}

function identity(name: string): Identity {
  const file = join(folder, `${name}.pem`);
  const key = readFileSync(join(folder, `${name}.key`), "utf8");
  return { key, cert: readFileSync(file, "utf8"), file };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lode-tls-"));
  own = certificate("own", "IP:127.0.0.1,DNS:localhost");
  other = certificate("other", "DNS:elsewhere.test");
  expired = expiredCertificate("expired", "IP:127.0.0.1");
});

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await server?.close();
  server = undefined;
});

async function start({ key, cert }: Identity): Promise<ScriptedHttpServer> {
  server = await ScriptedHttpServer.listen({ key, cert });
  return server.on({}, (request) => [objectReply(request, { bytes: Buffer.from("over TLS") })]);
}

async function open(options: OpenOptions = {}, host = "127.0.0.1"): Promise<ObjectStore> {
  const store = await openStore("s3://bucket", {
    env: {},
    retry: FAST_RETRY,
    ...options,
    s3: { endpoint: `https://${host}:${server!.port}`, credentials: KEYS, ...options.s3 },
  });
  opened.push(store);
  return store;
}

describe("case 33: TLS", () => {
  it("a self-signed certificate is refused at once, with what to do", async () => {
    const { requests } = await start(own);
    const error = await failure((await open()).bytes("key"));
    expect(error).toMatchObject({ code: "connection", retry: "never" });
    expect(error.message).toContain("AWS_CA_BUNDLE");
    expect(requests).toEqual([]);
    expect(server!.connections).toBeLessThanOrEqual(1);
  });

  it("is accepted with a bundle, by setting and by AWS_CA_BUNDLE", async () => {
    await start(own);
    const bundle = join(folder, "bundle.pem");
    writeFileSync(bundle, `${other.cert}\n# a comment\n${own.cert}`);
    expect(await (await open({ s3: { caBundle: bundle } })).text("key")).toBe("over TLS");
    for (const name of ["AWS_CA_BUNDLE", "AWS_CA_BUNDLE_PATH"]) {
      expect(await (await open({ env: { [name]: bundle } })).text("key")).toBe("over TLS");
    }
  });

  it("a certificate of another name is refused, although its authority is trusted", async () => {
    const { requests } = await start(other);
    const store = await open({ env: { AWS_CA_BUNDLE: other.file } });
    const error = await failure(store.bytes("key"));
    expect(error).toMatchObject({ code: "connection", retry: "never" });
    expect(requests).toEqual([]);
  });

  it("a certificate that has expired is refused", async () => {
    const { requests } = await start(expired);
    const store = await open({ env: { AWS_CA_BUNDLE: expired.file } });
    const error = await failure(store.bytes("key"));
    expect(error).toMatchObject({ code: "connection", retry: "never" });
    expect(error.message).toMatch(/expired/i);
    expect(requests).toEqual([]);
  });

  it("nothing turns verification off", async () => {
    const { requests } = await start(own);
    const env = {
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      AWS_NO_VERIFY_SSL: "true",
      AWS_CA_BUNDLE: "",
    };
    await failure((await open({ env })).bytes("key"));
    // In a process of its own, where Node itself would obey the variable.
    const child = await startLode(["cat", "s3://bucket/key"], {
      env: {
        ...env,
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
        AWS_ENDPOINT_URL: `https://127.0.0.1:${server!.port}`,
      },
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit"),
    ]);
    expect({ code, stdout }).toEqual({ code: 14, stdout: "" });
    expect(stderr).toContain("certificate");
    expect(requests).toEqual([]);
  });

  it("a bundle that is missing or holds nothing is refused, not passed over", async () => {
    await start(own);
    const empty = join(folder, "empty.pem");
    writeFileSync(empty, "no certificate\n");
    for (const path of [join(folder, "missing.pem"), empty]) {
      const call = open({ s3: { caBundle: path } }).then((store) => store.head("key"));
      expect(await failure(call)).toMatchObject({ code: "invalid-config" });
    }
  });

  it("no redirect leads from https to http", async () => {
    const plain = await ScriptedHttpServer.listen();
    try {
      await start(own);
      await server!.close();
      server = await ScriptedHttpServer.listen(own);
      server.on({}, [reply(307, { location: `http://127.0.0.1:${plain.port}/bucket/key` })]);
      const store = await open({ s3: { caBundle: own.file } });
      expect(await failure(store.bytes("key"))).toMatchObject({ code: "invalid-config" });
      expect(plain.connections).toBe(0);
      expect(server.requests).toHaveLength(1);
    } finally {
      await plain.close();
    }
  });
});
