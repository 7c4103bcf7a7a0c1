import { describe, expect, it } from "vitest";
import type { LodeError } from "../../../../src/errors.js";
import type { S3Credentials } from "../../../../src/storage/backends/s3/index.js";
import { errorXml, objectHeaders, ScriptedServer, withServer } from "./scripted-server.js";

async function failure(promise: Promise<unknown>): Promise<LodeError> {
  try {
    await promise;
  } catch (error) {
    return error as LodeError;
  }
  throw new Error("it did not fail");
}

function regionOf(authorization: string | undefined): string | undefined {
  return /Credential=[^/]*\/\d+\/([^/]*)\//.exec(authorization ?? "")?.[1];
}

const HEAD_OK = { headers: objectHeaders({ "content-length": "5" }) };

describe("a redirect to another region", () => {
  it.each([
    ["301 with a header", 301, "PermanentRedirect", { "x-amz-bucket-region": "eu-west-1" }, ""],
    ["307 with a header", 307, "TemporaryRedirect", { "x-amz-bucket-region": "eu-west-1" }, ""],
    [
      "400 with the region in XML",
      400,
      "AuthorizationHeaderMalformed",
      {},
      "<Region>eu-west-1</Region>",
    ],
  ])("%s: signed again once", async (_, status, code, headers, xml) => {
    const script = [
      { status, headers: headers as Record<string, string>, body: errorXml(code, xml) },
      { headers: objectHeaders(), body: "hello" },
      HEAD_OK,
    ];
    await withServer(script, async (backend, server) => {
      await (await backend.get("k")).body[Symbol.asyncIterator]().return?.();
      await backend.head("k");
      expect(server.seen.map(({ headers }) => regionOf(headers.authorization))).toEqual([
        "us-east-1",
        "eu-west-1",
        "eu-west-1",
      ]);
    });
  });

  it("of a HEAD, which has no body", async () => {
    const script = [{ status: 400, headers: { "x-amz-bucket-region": "ap-south-1" } }, HEAD_OK];
    await withServer(script, async (backend, server) => {
      expect((await backend.head("k")).size).toBe(5);
      expect(regionOf(server.seen[1]?.headers.authorization)).toBe("ap-south-1");
    });
  });

  it("is followed once, not for ever", async () => {
    let turn = 0;
    await withServer(
      () => ({
        status: 301,
        headers: { "x-amz-bucket-region": `eu-west-${++turn}` },
        body: errorXml("PermanentRedirect"),
      }),
      async (backend, server) => {
        expect((await failure(backend.get("k"))).code).toBe("invalid-config");
        expect(server.seen).toHaveLength(2);
      },
    );
  });

  it("to a name that is no region is refused", async () => {
    const script = [
      {
        status: 301,
        headers: { "x-amz-bucket-region": "evil.example/" },
        body: errorXml("PermanentRedirect"),
      },
    ];
    await withServer(script, async (backend, server) => {
      expect((await failure(backend.get("k"))).code).toBe("invalid-config");
      expect(server.seen).toHaveLength(1);
    });
  });
});

describe("a redirect to another host", () => {
  it("of the same name is followed, signed anew", async () => {
    const other = await ScriptedServer.start([HEAD_OK]);
    const script = [{ status: 307, headers: { location: `${other.url}/bucket/k` } }];
    try {
      await withServer(script, async (backend) => {
        expect((await backend.head("k")).size).toBe(5);
        expect(other.seen[0]?.headers.host).toBe(new URL(other.url).host);
        expect(other.seen[0]?.headers.authorization).toContain("AKID");
      });
    } finally {
      await other.close();
    }
  });

  it("of another domain gets no credentials", async () => {
    const other = await ScriptedServer.start([HEAD_OK]);
    const location = other.url.replace("127.0.0.1", "localhost");
    try {
      await withServer([{ status: 307, headers: { location } }], async (backend) => {
        const error = await failure(backend.head("k"));
        expect(error.code).toBe("invalid-config");
        expect(error.message).toContain("must not go");
        expect(other.seen).toHaveLength(0);
      });
    } finally {
      await other.close();
    }
  });
});

describe("a wrong clock", () => {
  const theirs = new Date(Date.now() + 3 * 3600_000).toUTCString();

  it("is learned from the reply, and the call repeated once", async () => {
    const skewed = {
      status: 403,
      headers: { date: theirs },
      body: errorXml("RequestTimeTooSkewed"),
    };
    await withServer(
      [skewed, { headers: objectHeaders(), body: "x" }, HEAD_OK],
      async (backend, server) => {
        await (await backend.get("k")).body[Symbol.asyncIterator]().return?.();
        await backend.head("k");
        const hours = server.seen.map(({ headers }) => {
          const date = String(headers["x-amz-date"]);
          const iso = date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
          return Math.round((Date.parse(iso) - Date.now()) / 3600_000) + 0;
        });
        expect(hours).toEqual([0, 3, 3]);
      },
    );
  });

  it("of a HEAD is known by the dates alone", async () => {
    await withServer([{ status: 403, headers: { date: theirs } }, HEAD_OK], async (backend) => {
      expect((await backend.head("k")).size).toBe(5);
    });
  });

  it("that stays wrong is an error", async () => {
    const skewed = {
      status: 403,
      headers: { date: theirs },
      body: errorXml("RequestTimeTooSkewed"),
    };
    await withServer([skewed, skewed], async (backend, server) => {
      const error = await failure(backend.get("k"));
      expect(error.code).toBe("unauthenticated");
      expect(error.message).toContain("clock");
      expect(server.seen).toHaveLength(2);
    });
  });
});

describe("expired credentials", () => {
  function keys(n: number): S3Credentials {
    return { accessKeyId: `AKID${n}`, secretAccessKey: "s", sessionToken: `token${n}` };
  }

  it("are renewed once for all calls under way", async () => {
    let fetched = 0;
    await withServer(
      (request) =>
        request.headers["x-amz-security-token"] === "token1"
          ? { status: 400, body: errorXml("ExpiredToken") }
          : { headers: objectHeaders(), body: "hello" },
      async (backend) => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, i) => backend.get(`k${i}`)),
        );
        for (const { body } of results) for await (const _ of body);
        expect(fetched).toBe(2);
      },
      {
        credentials: async () => {
          fetched++;
          await new Promise((resolve) => setTimeout(resolve, 20));
          return keys(fetched);
        },
      },
    );
  });

  it("that cannot be renewed are an error", async () => {
    await withServer(
      [{ status: 400, body: errorXml("ExpiredToken") }],
      async (backend, server) => {
        const error = await failure(backend.get("k"));
        expect(error.code).toBe("unauthenticated");
        expect(error.message).toContain("renew the credentials");
        expect(server.seen).toHaveLength(1);
      },
      { credentials: keys(1) },
    );
  });

  it("are renewed before they end", async () => {
    let fetched = 0;
    const source = async (): Promise<S3Credentials> => {
      fetched++;
      const left = fetched === 1 ? 60_000 : 3600_000;
      return { ...keys(fetched), expiration: new Date(Date.now() + left) };
    };
    await withServer(
      () => HEAD_OK,
      async (backend, server) => {
        await backend.head("a");
        await backend.head("b");
        await backend.head("c");
        expect(server.seen.map(({ headers }) => headers["x-amz-security-token"])).toEqual([
          "token1",
          "token2",
          "token2",
        ]);
      },
      { credentials: source },
    );
  });
});

describe("errors", () => {
  it.each([
    [401, undefined, "unauthenticated", "never"],
    [403, "AccessDenied", "permission-denied", "never"],
    [403, "InvalidAccessKeyId", "unauthenticated", "never"],
    [403, "SignatureDoesNotMatch", "unauthenticated", "never"],
    [404, "NoSuchKey", "not-found", "never"],
    [404, "NoSuchBucket", "not-found", "never"],
    [405, "MethodNotAllowed", "unsupported", "never"],
    [412, "PreconditionFailed", "precondition-failed", "never"],
    [409, "ConditionalRequestConflict", "precondition-failed", "safe"],
    [429, undefined, "rate-limited", "safe"],
    [500, "InternalError", "unexpected", "safe"],
    [502, undefined, "connection", "safe"],
    [503, "SlowDown", "rate-limited", "safe"],
    [503, undefined, "rate-limited", "safe"],
    [504, undefined, "timeout", "safe"],
    [507, "InsufficientCapacity", "unexpected", "never"],
    [507, "XMinioStorageFull", "unexpected", "never"],
    [507, undefined, "unexpected", "never"],
    [418, "constructor", "unexpected", "never"],
  ])("%i %s is %s, retry %s, sent once", async (status, code, expected, retry) => {
    const body = code === undefined ? "<html>proxy & co" : errorXml(code);
    await withServer([{ status, body }], async (backend, server) => {
      const error = await failure(backend.get("a/b"));
      expect(error).toMatchObject({ code: expected, retry, operation: "get" });
      expect(error.uri).toBe("s3://bucket/a/b");
      expect(error.details.status).toBe(status);
      expect(server.seen).toHaveLength(1);
    });
  });

  it("keep request id, host id and Retry-After, and no secret", async () => {
    const headers = { "x-amz-request-id": "R1", "x-amz-id-2": "H1", "retry-after": "3" };
    await withServer([{ status: 503, headers, body: errorXml("SlowDown") }], async (backend) => {
      const error = await failure(backend.get("k"));
      expect(error.details).toMatchObject({
        requestId: "R1",
        hostId: "H1",
        retryAfterMs: 3000,
        providerCode: "SlowDown",
      });
      const shown = JSON.stringify([error.message, error.details, String(error.cause)]);
      expect(shown).not.toContain("SECRET");
      expect(shown).not.toContain("AKID");
    });
  });

  it("take Retry-After as a date by the server's clock", async () => {
    const headers = {
      date: "Wed, 21 Oct 2015 07:28:00 GMT",
      "retry-after": "Wed, 21 Oct 2015 07:28:05 GMT",
    };
    await withServer([{ status: 503, headers }], async (backend) => {
      expect((await failure(backend.get("k"))).details.retryAfterMs).toBe(5000);
    });
  });

  it("of a call without a bucket come before any request", async () => {
    await withServer(
      [],
      async (backend, server) => {
        expect((await failure(backend.get("k"))).code).toBe("invalid-argument");
        expect(server.seen).toHaveLength(0);
      },
      { bucket: undefined },
    );
  });
});

describe("requests", () => {
  it("carry any key verbatim", async () => {
    await withServer([HEAD_OK, HEAD_OK, HEAD_OK], async (backend, server) => {
      await backend.head("a//../é %2F+?#.");
      expect(server.seen[0]?.url).toBe("/bucket/a//../%C3%A9%20%252F%2B%3F%23.");
      await backend.head("//a/");
      expect(server.seen[2]?.url).toBe("/bucket///a/");
    });
  });

  it("never carry a key with a leading slash to MinIO, which would drop it", async () => {
    await withServer([{ headers: { server: "MinIO" } }], async (backend, server) => {
      await expect(backend.put("/a", Buffer.from("a"))).rejects.toMatchObject({
        code: "invalid-key",
      });
      await expect(backend.head("/a")).rejects.toMatchObject({ code: "invalid-key" });
      expect(server.seen).toHaveLength(1);
    });
  });

  it("are unsigned for an anonymous user", async () => {
    await withServer(
      [HEAD_OK],
      async (backend, server) => {
        await backend.head("k");
        expect(server.seen[0]?.headers.authorization).toBeUndefined();
        expect(server.seen[0]?.headers["x-amz-date"]).toBeUndefined();
        expect(await backend.presign("a b")).toBe(`${server.url}/bucket/a%20b`);
      },
      { credentials: "anonymous" },
    );
  });
});
