import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../../../src/errors.js";
import {
  hostHeader,
  requestHead,
} from "../../../../../src/storage/backends/s3/http/request-head.js";

describe("requestHead", () => {
  it("sends target and headers verbatim and adds what is missing", () => {
    expect(
      requestHead({ method: "GET", target: "/a%20b?x=%2F", headers: [["X-A", "é"]] }, "h:1"),
    ).toBe("GET /a%20b?x=%2F HTTP/1.1\r\nhost: h:1\r\nX-A: é\r\naccept-encoding: identity\r\n\r\n");
    const put = requestHead({ method: "PUT", target: "/k", headers: [] }, "h");
    expect(put).toContain("content-length: 0\r\n");
    const pieces = [new Uint8Array(3), new Uint8Array(4)];
    const given = requestHead(
      {
        method: "PUT",
        target: "/k",
        headers: [
          ["Host", "other"],
          ["Content-Length", "7"],
          ["Accept-Encoding", "gzip"],
        ],
        body: pieces,
      },
      "h",
    );
    expect(given.match(/host|content-length|accept-encoding/gi)).toHaveLength(3);
  });

  it.each([
    ["a line end in a value", { headers: [["x", "a\r\nevil: 1"]] }],
    ["NUL in a value", { headers: [["x", "a\0"]] }],
    ["a character whose low byte is a line feed", { headers: [["x", "\u560a"]] }],
    ["a name that is no token", { headers: [["x y", "a"]] }],
    ["an empty name", { headers: [["", "a"]] }],
    ["a line end in the target", { target: "/a\r\nevil: 1" }],
    ["a space in the target", { target: "/a b" }],
    ["a target without a slash", { target: "a" }],
    ["a method that is no token", { method: "GET /" }],
    ["a wrong content-length", { headers: [["content-length", "5"]] }],
    ["chunked", { headers: [["transfer-encoding", "chunked"]] }],
  ] as const)("refuses %s", (_name, part) => {
    const request = { method: "GET", target: "/", headers: [], ...part };
    try {
      requestHead(request as never, "h");
      expect.unreachable();
    } catch (error) {
      expect(isLodeError(error, "invalid-argument")).toBe(true);
    }
  });

  it("leaves out the protocol's own port", () => {
    expect(hostHeader({ protocol: "https:", host: "a.b", port: 443 })).toBe("a.b");
    expect(hostHeader({ protocol: "http:", host: "a.b", port: 443 })).toBe("a.b:443");
    expect(hostHeader({ protocol: "http:", host: "::1", port: 80 })).toBe("[::1]");
  });
});
