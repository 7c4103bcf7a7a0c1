import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorToJson, isLodeError } from "../../../src/errors.js";
import { openStore } from "../../../src/storage/registry.js";
import { lode, useFolder } from "../../cli/lode.js";
import { errorReply, reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";

const folder = useFolder();
let server: ScriptedHttpServer;

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
});

afterEach(() => server.close());

const SECRETS = {
  AWS_SECRET_ACCESS_KEY: "SECRETs3keyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  AWS_SESSION_TOKEN: "SECRETs3tokenBBBBBBBBBBBBBBBBBBBBBBBBBBB",
  AZURE_STORAGE_KEY: Buffer.from("SECRETazurekeyCCCCCCCCCCCCCCCCCC").toString("base64"),
  AZURE_STORAGE_SAS_TOKEN: "sv=2024-11-04&sp=r&sig=SECRETsasDDDDDDDDDDDDDDDDDDDDDDDDDD%3D",
};
/** In any form in which they could show. */
const TRACES = [
  ...Object.values(SECRETS),
  "SECRETs",
  "SECRETazurekey",
  "SECRETsas",
  Buffer.from(SECRETS.AWS_SECRET_ACCESS_KEY).toString("base64"),
  encodeURIComponent(SECRETS.AWS_SESSION_TOKEN),
  "Signature=",
  "Credential=AKIA",
];

function expectClean(text: string, what: string): void {
  for (const trace of TRACES) expect(text.includes(trace), `${what} shows ${trace}`).toBe(false);
}

/** Servers that fail in their own ways; some put what they were sent into their errors. */
const FAILURES: Record<string, (server: ScriptedHttpServer) => void> = {
  "a signature that does not match": (s) =>
    s.on({}, (request) => [
      reply(
        403,
        { "content-type": "application/xml" },
        "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message>" +
          `<AWSAccessKeyId>AKIATEST</AWSAccessKeyId><StringToSign>${request.headers.get("authorization")}</StringToSign>` +
          `<SignatureProvided>${request.headers.get("authorization")}</SignatureProvided></Error>`,
      ),
    ]),
  "an expired token": (s) => s.on({}, [errorReply(400, "ExpiredToken")]),
  "server errors": (s) => s.on({}, [errorReply(500, "InternalError")]),
  "a redirect elsewhere": (s) =>
    s.on({}, (request) => [
      reply(307, { location: `http://elsewhere.invalid${request.target}?X-Amz-Signature=SECRETs` }),
    ]),
  "no HTTP": (s) => s.on({}, (request) => [`nonsense ${request.head}\r\n\r\n`, { close: "fin" }]),
  "a closed connection": (s) => s.on({}, [{ close: "reset" }]),
};

const COMMANDS: string[][] = [
  ["ls", "s3://bucket/"],
  ["stat", "s3://bucket/key"],
  ["cat", "s3://bucket/key"],
  ["cp", "s3://bucket/key", "copy"],
  ["cp", "local", "s3://bucket/key"],
  ["sync", ".", "s3://bucket/all/"],
  ["rm", "s3://bucket/key"],
  ["mv", "s3://bucket/key", "s3://bucket/other"],
  ["pipe", "s3://bucket/key"],
  ["multipart", "ls", "s3://bucket"],
  ["create-bucket", "bucket"],
  ["doctor"],
  ["config", "show", "--origin"],
  ["ls", "az://account/container/"],
  ["cp", "local", "az://account/container/key"],
];

describe("case 31: secrets", () => {
  for (const [name, script] of Object.entries(FAILURES)) {
    it.each([[], ["-v"], ["-vvv"], ["--json"], ["--json", "-vvv"]])(
      `are in no output of failing commands: ${name} (%s %s)`,
      async (...flags) => {
        script(server);
        await writeFile(join(folder.path, "local"), "text");
        const env = {
          AWS_ACCESS_KEY_ID: "AKIATEST",
          AWS_ENDPOINT_URL: server.url,
          AZURE_STORAGE_ENDPOINT: `${server.url}/account`,
          HOME: folder.path,
          LODE_RETRY_ATTEMPTS: "2",
          LODE_RETRY_BASE_DELAY: "1ms",
          ...SECRETS,
        };
        const fast = ["--set", "retry.attempts=2"];
        for (const argv of COMMANDS) {
          const line = [...argv, ...flags.filter((flag) => flag !== undefined), ...fast];
          const { stdout, stderr } = await lode(line, { cwd: folder.path, env, stdin: "text" });
          expectClean(stdout + stderr, `lode ${line.join(" ")}`);
        }
        expect(server.requests.length).toBeGreaterThan(0);
      },
    );

    it(`are in no error of the library, however it is printed: ${name}`, async () => {
      script(server);
      const store = await openStore("s3://bucket", {
        env: {},
        s3: {
          endpoint: server.url,
          credentials: {
            accessKeyId: "AKIATEST",
            secretAccessKey: SECRETS.AWS_SECRET_ACCESS_KEY,
            sessionToken: SECRETS.AWS_SESSION_TOKEN,
          },
        },
        retry: { attempts: 2, baseDelayMs: 1 },
      });
      for (const call of [
        () => store.bytes("key"),
        () => store.put("key", "text"),
        () => store.startMultipart("key"),
        () => store.copy("key", "other"),
        async () => {
          for await (const object of store.list()) return object;
          return undefined;
        },
      ]) {
        const error: unknown = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (!isLodeError(error)) throw new Error("no LodeError", { cause: error });
        expectClean(JSON.stringify(errorToJson(error)), "JSON");
        expectClean(inspect(error, { depth: 20, showHidden: true }), "inspect");
        expectClean(String(error.stack), "stack");
      }
      expectClean(inspect(store, { depth: 20, showHidden: true }), "the store itself");
      await store.close();
    });
  }

  it("are not shown by an argument that holds them where none belongs", async () => {
    const env = { HOME: folder.path, ...SECRETS, AWS_ACCESS_KEY_ID: "AKIATEST" };
    for (const argv of [
      ["ls", "--endpoint-url", `http://user:${SECRETS.AWS_SECRET_ACCESS_KEY}@host`, "s3://b/"],
      ["ls", `s3://b/?endpoint=http://user:${SECRETS.AWS_SECRET_ACCESS_KEY}@127.0.0.1:1`],
      ["ls", `https://b.example/k?X-Amz-Signature=${SECRETS.AWS_SESSION_TOKEN}`],
      ["ls", `az://account/c/?${SECRETS.AZURE_STORAGE_SAS_TOKEN}`],
    ]) {
      for (const flags of [[], ["-vvv"], ["--json"]]) {
        const line = [...argv, ...flags, "--set", "retry.attempts=1"];
        const { code, stdout, stderr } = await lode(line, { cwd: folder.path, env });
        expect(code).not.toBe(0);
        expectClean(stdout + stderr, `lode ${argv[1]}`);
      }
    }
  });
});
