import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LodeError } from "../../../../../src/errors.js";
import {
  HeaderSection,
  MalformedReply,
} from "../../../../../src/storage/backends/s3/http/header-section.js";
import { ResponseBody } from "../../../../../src/storage/backends/s3/http/response-body.js";
import { parseResponseHead } from "../../../../../src/storage/backends/s3/http/response-head.js";

/** All that a reply comes to; `fault` instead of the rest if it is refused. */
interface Outcome {
  status?: number;
  headers?: readonly (readonly [string, string])[];
  body?: string;
  reusable?: boolean;
  fault?: string;
}

/** Parses a reply that arrives in these pieces and is closed after the last. */
async function parse(pieces: readonly Buffer[], into?: Uint8Array): Promise<Outcome> {
  const section = new HeaderSection();
  const outcome: Outcome = {};
  let body: ResponseBody | undefined;
  let collected: Promise<Uint8Array> | undefined;
  const owner = {
    origin: "test",
    resume() {},
    swapBuffer() {},
    bodyDone(reusable: boolean) {
      outcome.reusable = reusable;
    },
    bodyAbandoned(error: LodeError) {
      body?.fail(error);
    },
  };
  try {
    for (const piece of pieces) {
      let at = 0;
      if (body === undefined) {
        at = section.push(piece, 0, piece.length);
        if (at < 0) continue;
        const head = parseResponseHead(section.text, "GET");
        outcome.status = head.status;
        outcome.headers = head.headers.entries();
        body = new ResponseBody(owner, head.framing, into);
        collected = body.collect(1_000_000);
        collected.catch(() => {});
      }
      // A region of the target is filled like the kernel does, the rest arrives in a buffer.
      const region = body.region();
      if (region !== undefined && at === 0) {
        const count = Math.min(region.length, piece.length);
        region.set(piece.subarray(0, count));
        body.receive(region as Buffer, 0, count);
      } else {
        body.receive(Buffer.from(piece), at, piece.length);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    body?.inputEnded();
    outcome.body = Buffer.from((await collected) ?? []).toString("latin1");
  } catch (error) {
    if (!(error instanceof MalformedReply) && !(error instanceof LodeError)) throw error;
    return { fault: error.message };
  }
  return outcome;
}

const REPLIES: Readonly<Record<string, string>> = {
  length:
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "a"\r\nX-Two: 1\r\nx-two:  2 \r\n\r\nhello',
  chunked:
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" +
    "A;ext=1\r\n, world...\r\n0\r\nX-Trailer: t\r\n\r\n",
  "until close": "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is",
  "no content": "HTTP/1.1 204 No Content\r\n\r\n",
  "equal lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
  truncated: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
  "truncated chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
  "length and chunked":
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "differing lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
  "length list": "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
  "negative length": "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
  "folded header": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
  "space before colon": "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
  "no colon": "HTTP/1.1 200 OK\r\nnonsense\r\nA: b\r\n\r\n",
  "empty name": "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
  "bare CR": "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
  "bare LF": "HTTP/1.1 200 OK\nA: b\n\n",
  NUL: "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
  "no status": "HTTP/1.1 OK\r\n\r\n",
  "HTTP/2": "HTTP/2 200 OK\r\n\r\n",
  "empty first line": "\r\nHTTP/1.1 200 OK\r\n\r\n",
  "other coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  "bad chunk size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n",
  "signed chunk size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
  "no chunk size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
  "huge chunk size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
  "long chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
  "LF after chunk size":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
  "bad trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n",
};
const ACCEPTED = ["length", "chunked", "until close", "no content", "equal lengths"];

describe("reply parsing", () => {
  it("reads the framings", async () => {
    expect(await parse([Buffer.from(REPLIES.length!)])).toEqual({
      status: 200,
      headers: [
        ["content-length", "5"],
        ["etag", '"a"'],
        ["x-two", "1"],
        ["x-two", "2"],
      ],
      body: "hello",
      reusable: true,
    });
    expect(await parse([Buffer.from(REPLIES.chunked!)])).toMatchObject({
      body: "hello, world...",
      reusable: true,
    });
    expect(await parse([Buffer.from(REPLIES["until close"]!)])).toMatchObject({
      body: "all there is",
      reusable: false,
    });
    expect(await parse([Buffer.from(`${REPLIES.length}x`)])).toMatchObject({
      body: "hello",
      reusable: false,
    });
    expect(await parse([Buffer.from(`${REPLIES.chunked}x`)])).toMatchObject({ reusable: false });
  });

  for (const [name, reply] of Object.entries(REPLIES)) {
    it(`${ACCEPTED.includes(name) ? "accepts" : "refuses"}, however it is split: ${name}`, async () => {
      const bytes = Buffer.from(reply, "latin1");
      const whole = await parse([bytes]);
      expect(whole.fault === undefined).toBe(ACCEPTED.includes(name));
      const single = await parse(Array.from(bytes, (byte) => Buffer.of(byte)));
      expect(single).toEqual(whole);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 6 }),
          fc.boolean(),
          async (cuts, into) => {
            const ends = [...new Set(cuts), bytes.length].sort((a, b) => a - b);
            const pieces = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
            expect(await parse(pieces, into ? new Uint8Array(100) : undefined)).toEqual(whole);
          },
        ),
        { numRuns: 40 },
      );
    });
  }

  it("limits the bytes and the number of headers", () => {
    const section = new HeaderSection();
    const line = Buffer.from(`x: ${"y".repeat(996)}\r\n`);
    expect(() => {
      for (let i = 0; i < 70; i++) section.push(line, 0, line.length);
    }).toThrow(MalformedReply);
    const many = `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(513)}\r\n`;
    expect(() => parseResponseHead(many, "GET")).toThrow(/more than 512 headers/);
  });

  it("knows replies without a body, and connections that end", () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n";
    expect(parseResponseHead(text, "HEAD").framing).toBe(0);
    expect(parseResponseHead(text, "GET").framing).toBe(7);
    expect(parseResponseHead(text.replace("200", "304"), "GET").framing).toBe(0);
    expect(parseResponseHead(text, "GET").keepAlive).toBe(true);
    expect(parseResponseHead(text.replace("1.1", "1.0"), "GET").keepAlive).toBe(false);
    const closing = text.replace("\r\n\r\n", "\r\nConnection: Foo, Close\r\n\r\n");
    expect(parseResponseHead(closing, "GET").keepAlive).toBe(false);
    const hint = text.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=5, max=9\r\n\r\n");
    expect(parseResponseHead(hint, "GET").keepAliveMs).toBe(5_000);
  });
});
