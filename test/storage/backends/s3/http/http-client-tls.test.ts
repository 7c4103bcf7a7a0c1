import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { crc32c } from "../../../../../src/core/crc32c.js";
import type { HttpClient } from "../../../../../src/storage/backends/s3/http/index.js";
import { pattern, type Script, ScriptedServer, until } from "./scripted-server.js";

let folder: string;
let key: string;
let cert: string;
let otherKey: string;
let otherCert: string;
let server: ScriptedServer;

function certificate(name: string, names: string): [key: string, cert: string] {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", certFile],
      ...["-addext", `subjectAltName=${names}`],
    ],
    { stdio: "pipe" },
  );
  return [readFileSync(keyFile, "utf8"), readFileSync(certFile, "utf8")];
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lodestore-tls-"));
  [key, cert] = certificate("server", "DNS:localhost,IP:127.0.0.1");
  [otherKey, otherCert] = certificate("other", "DNS:elsewhere.test");
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => server.close());

async function start(script: Script, identity = { key, cert }): Promise<void> {
  server = await ScriptedServer.answering(script, ((listener: (socket: tls.TLSSocket) => void) => {
    const made = tls.createServer({ ...identity, ALPNProtocols: ["http/1.1"] }, listener);
    // A client that refuses the certificate ends the handshake.
    made.on("tlsClientError", () => {});
    return made;
  }) as never);
}

function client(ca?: string | readonly string[]): HttpClient {
  return server.client({
    origin: { protocol: "https:", host: "localhost", port: server.port },
    ...(ca === undefined ? {} : { ca }),
  });
}

const GET = { method: "GET", target: "/k", headers: [] } as const;

describe("HttpClient over TLS", () => {
  it("takes every certificate of a bundle", async () => {
    await start((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    for (const ca of [`# comment\n${otherCert}\n${cert}`, [otherCert, cert]]) {
      const { body } = await client(ca).request(GET);
      expect(Buffer.from(await body.collect(2)).toString()).toBe("ok");
    }
  });

  it("receives, streams and sends large bodies over one connection", async () => {
    const content = pattern(20_000_000);
    await start((socket, { method }) => {
      const length = method === "PUT" ? 0 : content.length;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`);
      if (length > 0) socket.write(content);
    });
    const secure = client(cert);
    const into = new Uint8Array(content.length);
    const direct = (await secure.request({ ...GET, into })).body;
    expect(await direct.readInto()).toBe(content.length);
    expect(crc32c(into)).toBe(crc32c(content));
    let crc = 0;
    let chunks = 0;
    for await (const chunk of (await secure.request(GET)).body.stream()) {
      // What TLS hands over while paused must not fall into the chunk being looked at.
      const before = crc32c(chunk, crc);
      if (chunks++ % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      crc = crc32c(chunk, crc);
      expect(crc).toBe(before);
    }
    expect(crc).toBe(crc32c(content));
    const upload = content.subarray(0, 3_000_000);
    const { body } = await secure.request({ ...GET, method: "PUT", body: upload });
    await body.discard();
    expect(server.requests.at(-1)!.body.equals(upload)).toBe(true);
    expect(secure.stats).toMatchObject({ opened: 1, idle: 1 });
  });

  it("hands over all of a body whose connection has ended meanwhile", async () => {
    const content = pattern(20_000);
    await start((socket, { target }) => {
      const chunked = target === "/chunked";
      const head = chunked ? "transfer-encoding: chunked\r\n" : "connection: close\r\n";
      const [before, after] = chunked ? ["2710\r\n", "\r\n"] : ["", ""];
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
      for (const part of [content.subarray(0, 10_000), content.subarray(10_000)]) {
        socket.write(Buffer.concat([Buffer.from(before!), part, Buffer.from(after!)]));
      }
      socket.end(chunked ? "0\r\n\r\n" : "");
    });
    const secure = client(cert);
    for (const target of ["/chunked", "/close"]) {
      const { body } = await secure.request({ ...GET, target });
      await until(() => server.sockets.size === 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(crc32c(await body.collect(20_000))).toBe(crc32c(content));
      expect(secure.stats.open).toBe(0);
    }
  });

  it("does not trust an unknown authority, and says what to do", async () => {
    await start(() => expect.unreachable());
    for (const untrusting of [client(), client(otherCert)]) {
      await expect(untrusting.request(GET)).rejects.toMatchObject({
        code: "connection",
        retry: "never",
        message: expect.stringContaining("AWS_CA_BUNDLE"),
        details: { certificateRejected: true },
      });
      expect(untrusting.stats.open).toBe(0);
    }
  });

  it("does not accept a certificate of another name", async () => {
    await start(() => expect.unreachable(), { key: otherKey, cert: otherCert });
    for (const host of ["localhost", "127.0.0.1"]) {
      const misnamed = server.client({
        origin: { protocol: "https:", host, port: server.port },
        ca: otherCert,
      });
      await expect(misnamed.request(GET)).rejects.toMatchObject({
        code: "connection",
        retry: "never",
        details: { causeCode: "ERR_TLS_CERT_ALTNAME_INVALID", certificateRejected: true },
      });
    }
  });

  it("refuses a bundle without certificates, or with a broken one", async () => {
    await start(() => expect.unreachable());
    expect(() => client("nothing")).toThrow(/no PEM certificate/);
    const broken = cert.replace(/\n.{10}/, "\nAAAAAAAAAA");
    expect(() => client(`${otherCert}${broken}`)).toThrow(/cannot be read/);
  });

  it("says so if the server does not speak TLS, and notices a closed kept connection", async () => {
    await start((socket, { index }) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      if (index === 0) setTimeout(() => socket.end(), 5);
    });
    const secure = client(cert);
    await (await secure.request(GET)).body.discard();
    await until(() => secure.stats.open === 0);
    const plain = await ScriptedServer.accepting((socket) => {
      socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    const wrong = plain.client({
      origin: { protocol: "https:", host: "127.0.0.1", port: plain.port },
    });
    await expect(wrong.request(GET)).rejects.toMatchObject({
      code: "connection",
      retry: "never",
      message: expect.stringContaining("does not speak TLS"),
    });
    await plain.close();
  });
});
