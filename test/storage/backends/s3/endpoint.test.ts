import { describe, expect, it } from "vitest";
import {
  addressOf,
  awsEndpoint,
  isAwsHost,
  parseEndpoint,
} from "../../../../src/storage/backends/s3/endpoint.js";

describe("parseEndpoint", () => {
  it.each([
    ["http://127.0.0.1:9000", "http:", "127.0.0.1", 9000, ""],
    ["https://s3.example.com/", "https:", "s3.example.com", 443, ""],
    ["https://x.example/storage/v1/s3/", "https:", "x.example", 443, "/storage/v1/s3"],
    ["http://[::1]:9000", "http:", "::1", 9000, ""],
    ["localhost:9000", "http:", "localhost", 9000, ""],
    ["minio.example:9000", "https:", "minio.example", 9000, ""],
  ])("reads %s", (text, protocol, host, port, basePath) => {
    expect(parseEndpoint(text)).toEqual({ origin: { protocol, host, port }, basePath });
  });

  it.each(["ftp://x", "http://", "https://a b", "https://x/?a=b", "https://x/#f"])(
    "refuses %s",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(
        expect.objectContaining({ code: "invalid-config" }),
      );
    },
  );

  it("refuses credentials and does not repeat them", () => {
    expect(() => parseEndpoint("https://user:hunter2@x")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });
});

describe("addressOf", () => {
  const aws = awsEndpoint("eu-west-1");
  const own = parseEndpoint("http://127.0.0.1:9000");

  it("takes the virtual host at AWS, the path elsewhere", () => {
    expect(addressOf(aws, "my-bucket", "auto")).toEqual({
      origin: { protocol: "https:", host: "my-bucket.s3.eu-west-1.amazonaws.com", port: 443 },
      hostHeader: "my-bucket.s3.eu-west-1.amazonaws.com",
      pathPrefix: "/",
    });
    expect(addressOf(own, "my-bucket", "auto")).toMatchObject({
      hostHeader: "127.0.0.1:9000",
      pathPrefix: "/my-bucket/",
    });
  });

  it.each(["my.bucket", "My_Bucket", "ab"])("takes the path for %s at AWS too", (bucket) => {
    expect(addressOf(aws, bucket, "auto")).toMatchObject({
      hostHeader: "s3.eu-west-1.amazonaws.com",
      pathPrefix: `/${bucket}/`,
    });
  });

  it("does as it is told", () => {
    expect(addressOf(aws, "b-b", "path").pathPrefix).toBe("/b-b/");
    expect(addressOf(parseEndpoint("http://s3.local:80"), "b", "virtual")).toMatchObject({
      hostHeader: "b.s3.local",
      pathPrefix: "/",
    });
    expect(addressOf(parseEndpoint("https://x/base"), "b", "auto").pathPrefix).toBe("/base/b/");
    expect(addressOf(aws, undefined, "auto").pathPrefix).toBe("/");
  });

  it("brackets IPv6 in the host header", () => {
    expect(addressOf(parseEndpoint("http://[::1]:9000"), "b", "auto").hostHeader).toBe(
      "[::1]:9000",
    );
  });
});

describe("isAwsHost", () => {
  it("is not deceived by look-alikes", () => {
    expect(isAwsHost("b.s3.us-east-1.amazonaws.com")).toBe(true);
    expect(isAwsHost("s3.cn-north-1.amazonaws.com.cn")).toBe(true);
    for (const host of ["amazonaws.com.evil.example", "evilamazonaws.com", "amazonaws.co"]) {
      expect(isAwsHost(host)).toBe(false);
    }
    expect(awsEndpoint("cn-north-1").origin.host).toBe("s3.cn-north-1.amazonaws.com.cn");
  });
});
