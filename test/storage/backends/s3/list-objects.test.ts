import { describe, expect, it } from "vitest";
import { errorXml, type Reply, withServer } from "./scripted-server.js";

function page(keys: string[], token?: string, truncated = token !== undefined): Reply {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>1</Size></Contents>`,
  );
  const next = token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`;
  return {
    body: `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
  };
}

async function keysOf(pages: AsyncIterable<{ objects: readonly { key: string }[] }>) {
  const keys: string[] = [];
  for await (const { objects } of pages) keys.push(...objects.map(({ key }) => key));
  return keys;
}

describe("list", () => {
  it("asks with encoding and goes on by tokens", async () => {
    await withServer([page(["a"], "t 1"), page(["b"])], async (backend, server) => {
      const options = { prefix: "p/", delimiter: "/", startAfter: "p/0", pageSize: 5 } as const;
      expect(await keysOf(backend.list(options))).toEqual(["a", "b"]);
      expect(server.seen.map(({ url }) => url)).toEqual([
        "/bucket/?delimiter=%2F&encoding-type=url&list-type=2&max-keys=5&prefix=p%2F&start-after=p%2F0",
        "/bucket/?continuation-token=t%201&delimiter=%2F&encoding-type=url&list-type=2&max-keys=5&prefix=p%2F",
      ]);
    });
  });

  it("fetches the next page while this one is consumed", async () => {
    await withServer([page(["a"], "t1"), page(["b"])], async (backend, server) => {
      const pages = backend.list()[Symbol.asyncIterator]();
      await pages.next();
      await expect.poll(() => server.seen.length).toBe(2);
      await pages.return?.();
    });
  });

  it("ends quietly when the consumer stops, though the next page fails", async () => {
    await withServer(
      [page(["a"], "t1"), { status: 500, body: errorXml("InternalError") }],
      async (backend) => {
        for await (const { objects } of backend.list()) {
          expect(objects).toHaveLength(1);
          break;
        }
      },
    );
  });

  it.each([1, 2, 3, 7])("ends with an error when tokens come round in %d", async (length) => {
    let turn = 0;
    await withServer(
      () => page([`k${turn}`], `t${turn++ % length}`),
      async (backend) => {
        await expect(keysOf(backend.list())).rejects.toMatchObject({
          message: expect.stringContaining("repeated"),
        });
        expect(turn).toBeLessThan(4 * length + 4);
      },
    );
  });

  it("is an error if a truncated page has no token", async () => {
    await withServer([page(["a"], undefined, true)], async (backend) => {
      await expect(keysOf(backend.list())).rejects.toMatchObject({
        message: expect.stringContaining("no way to go on"),
      });
    });
  });

  it("takes what the scanner does not know by the parser", async () => {
    const body =
      "<ListBucketResult><!-- c --><IsTruncated>false</IsTruncated><Contents><Key>a&amp;é</Key>" +
      "<LastModified>2020-01-01T00:00:00+00:00</LastModified><ETag>e</ETag><Size>1</Size></Contents></ListBucketResult>";
    await withServer([{ body }], async (backend) => {
      expect(await keysOf(backend.list())).toEqual(["a&é"]);
    });
  });

  it.each([
    ["cut", page(["a"]).body?.slice(0, -10) ?? ""],
    ["a web page", "<html><body>hello</body></html>"],
    ["empty", ""],
  ])("refuses a reply that is %s", async (_, body) => {
    await withServer([{ body }], async (backend) => {
      await expect(keysOf(backend.list())).rejects.toMatchObject({
        code: "unexpected",
        retry: "safe",
      });
    });
  });

  it("ends with aborted when the signal fires", async () => {
    const stop = new AbortController();
    await withServer([page(["a"], "t1"), page(["b"])], async (backend) => {
      const pages = backend.list({ signal: stop.signal })[Symbol.asyncIterator]();
      await pages.next();
      stop.abort();
      await expect(
        (async () => {
          for (;;) if ((await pages.next()).done) return;
        })(),
      ).rejects.toMatchObject({ code: "aborted" });
    });
  });
});
