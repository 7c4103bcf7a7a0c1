import { describe, expect, it } from "vitest";
import { errorXml, withServer } from "./scripted-server.js";

const MISSING = { status: 404 };

describe("createContainer", () => {
  it("names the region, but for the first one", async () => {
    await withServer(
      [MISSING, {}],
      async (backend, server) => {
        await backend.createContainer();
        expect(server.seen[1]).toMatchObject({ method: "PUT", url: "/bucket/" });
        expect(server.seen[1]?.body.toString()).toContain(
          "<LocationConstraint>eu-west-1</LocationConstraint>",
        );
      },
      { region: "eu-west-1" },
    );
    await withServer([MISSING, {}], async (backend, server) => {
      await backend.createContainer();
      expect(server.seen[1]?.body.length).toBe(0);
    });
  });

  it("goes without where a server has no such place", async () => {
    await withServer(
      [MISSING, { status: 400, body: errorXml("InvalidLocationConstraint") }, {}],
      async (backend, server) => {
        await backend.createContainer();
        expect(server.seen[2]?.body.length).toBe(0);
      },
      { region: "eu-west-1" },
    );
  });

  it("is refused for a bucket that exists, one's own or not", async () => {
    const taken = { status: 409, body: errorXml("BucketAlreadyExists") };
    await withServer([{}, { status: 403 }, taken], async (backend, server) => {
      await expect(backend.createContainer()).rejects.toMatchObject({ code: "already-exists" });
      await expect(backend.createContainer()).rejects.toMatchObject({ code: "already-exists" });
      expect(server.seen.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "PUT"]);
    });
  });
});

describe("deleteContainer", () => {
  it("refuses one that is not empty", async () => {
    await withServer([{ status: 409, body: errorXml("BucketNotEmpty") }], async (backend) => {
      await expect(backend.deleteContainer()).rejects.toMatchObject({
        code: "precondition-failed",
        retry: "never",
      });
    });
  });
});

describe("listContainers", () => {
  const page = (name: string, token: string) =>
    `<ListAllMyBucketsResult><Buckets><Bucket><Name>${name}</Name><CreationDate>2020-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets>${token}</ListAllMyBucketsResult>`;

  it("asks the service, page by page, also without a bucket", async () => {
    await withServer(
      [{ body: page("a", "<ContinuationToken>t</ContinuationToken>") }, { body: page("b", "") }],
      async (backend, server) => {
        const found = [];
        for await (const { name, createdAt } of backend.listContainers())
          found.push([name, createdAt]);
        const createdAt = new Date("2020-01-01T00:00:00Z");
        expect(found).toEqual([
          ["a", createdAt],
          ["b", createdAt],
        ]);
        expect(server.seen.map(({ url }) => url)).toEqual(["/", "/?continuation-token=t"]);
      },
      { bucket: undefined },
    );
  });
});
