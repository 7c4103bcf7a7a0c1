import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EMPTY_SHA256,
  type Header,
  type S3Credentials,
  SigV4Signer,
  sha256Hex,
} from "../../../../src/storage/backends/s3/sigv4.js";
import { canonicalQuery, encodeKey } from "../../../../src/storage/backends/s3/uri-encoding.js";

/** The account, the bucket and the moment of all examples in AWS's documentation. */
const EXAMPLE: S3Credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const HOST: Header = ["host", "examplebucket.s3.amazonaws.com"];
const MOMENT = Date.UTC(2013, 4, 24);

function authorization(headers: readonly Header[]): string {
  return headers.find(([name]) => name === "authorization")?.[1] ?? "";
}

describe("the examples of AWS's documentation", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  const examples = [
    {
      name: "GET Object with a range",
      request: {
        method: "GET",
        path: "/test.txt",
        query: "",
        headers: [HOST, ["range", "bytes=0-9"]] as Header[],
        payloadHash: EMPTY_SHA256,
      },
      signedHeaders: "host;range;x-amz-content-sha256;x-amz-date",
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
    {
      name: "PUT Object",
      request: {
        method: "PUT",
        path: encodeKey("/test$file.text"),
        query: "",
        headers: [
          HOST,
          ["date", "Fri, 24 May 2013 00:00:00 GMT"],
          ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
        ] as Header[],
        payloadHash: sha256Hex(Buffer.from("Welcome to Amazon S3.")),
      },
      signedHeaders: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    },
    {
      name: "GET Bucket Lifecycle",
      request: {
        method: "GET",
        path: "/",
        query: canonicalQuery([["lifecycle", ""]]),
        headers: [HOST],
        payloadHash: EMPTY_SHA256,
      },
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    },
    {
      name: "Get Bucket (List Objects)",
      request: {
        method: "GET",
        path: "/",
        query: canonicalQuery([
          ["prefix", "J"],
          ["max-keys", "2"],
        ]),
        headers: [HOST],
        payloadHash: EMPTY_SHA256,
      },
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    },
  ];

  it.each(examples)("$name", ({ request, signedHeaders, signature }) => {
    const signed = new SigV4Signer().signHeaders(request, EXAMPLE, "us-east-1", MOMENT);
    expect(authorization(signed)).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  it("a presigned URL", () => {
    const query = new SigV4Signer().presign(
      { method: "GET", path: "/test.txt", headers: [HOST] },
      [],
      EXAMPLE,
      "us-east-1",
      MOMENT,
      86_400,
    );
    expect(query).toBe(
      "X-Amz-Algorithm=AWS4-HMAC-SHA256" +
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
  });
});

describe("the kept signing key", () => {
  const request = {
    method: "GET",
    path: "/k",
    query: "",
    headers: [HOST],
    payloadHash: EMPTY_SHA256,
  };

  it("is made anew for another day, region, secret or key id", () => {
    const signer = new SigV4Signer();
    const other = { ...EXAMPLE, secretAccessKey: "another" };
    const renamed = { ...EXAMPLE, accessKeyId: "OTHER" };
    const calls: [S3Credentials, string, number][] = [
      [EXAMPLE, "us-east-1", MOMENT],
      [EXAMPLE, "us-east-1", MOMENT + 86_400_000],
      [EXAMPLE, "eu-west-1", MOMENT],
      [other, "us-east-1", MOMENT],
      [renamed, "us-east-1", MOMENT],
      [EXAMPLE, "us-east-1", MOMENT],
    ];
    for (const call of calls) {
      const kept = authorization(signer.signHeaders(request, ...call));
      const fresh = authorization(new SigV4Signer().signHeaders(request, ...call));
      expect(kept).toBe(fresh);
    }
  });
});

interface SeenRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
}

describe("against the signer of AWS's SDK", () => {
  const seen: SeenRequest[] = [];
  function client(sessionToken: string | undefined): S3Client {
    return new S3Client({
      region: "eu-central-1",
      endpoint: "http://storage.example:9000",
      forcePathStyle: true,
      credentials: {
        accessKeyId: EXAMPLE.accessKeyId,
        secretAccessKey: EXAMPLE.secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
      maxAttempts: 1,
      requestHandler: {
        async handle(request: SeenRequest) {
          seen.push(request);
          throw new Error("seen");
        },
      } as never,
    });
  }

  const key = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom(..."/./..//+ %&?#=!*'()~-_:;@$,<>\"\\^`{|}\n\t\u0001é😀aZ0"),
      minLength: 1,
      maxLength: 40,
    }),
  );

  it("signs the same for any key, query, metadata and token", async () => {
    await fc.assert(
      fc.asyncProperty(
        key.filter((text) => Buffer.from(text).toString() === text),
        fc.constantFrom("put", "get", "delete", "list"),
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        fc.array(fc.constantFrom("a", "b  c", " d ", "e\u00a0f"), { maxLength: 3 }),
        async (text, verb, token, values) => {
          const sdk = client(token?.replace(/[^\x21-\x7E]/g, "x"));
          const bucket = { Bucket: "my.bucket" };
          const metadata = Object.fromEntries(values.map((value, i) => [`m${i}`, value]));
          const command =
            verb === "put"
              ? new PutObjectCommand({ ...bucket, Key: text, Body: "body", Metadata: metadata })
              : verb === "get"
                ? new GetObjectCommand({ ...bucket, Key: text, Range: "bytes=1-2" })
                : verb === "delete"
                  ? new DeleteObjectCommand({ ...bucket, Key: text })
                  : new ListObjectsV2Command({ ...bucket, Prefix: text, StartAfter: "a b" });
          await expect(sdk.send(command as never)).rejects.toThrow("seen");
          const request = seen.pop() as SeenRequest;
          const headers = new Map(
            Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
          );
          const theirs = headers.get("authorization") ?? "";
          const signedNames = /SignedHeaders=([^,]*)/.exec(theirs)?.[1]?.split(";") ?? [];
          const added = ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];
          const date = headers.get("x-amz-date") ?? "";
          const ours = new SigV4Signer().signHeaders(
            {
              method: request.method,
              path: verb === "list" ? request.path : `/my.bucket/${encodeKey(text)}`,
              query: canonicalQuery(Object.entries(request.query)),
              headers: signedNames
                .filter((name) => !added.includes(name))
                .map((name): Header => [name, headers.get(name) ?? ""]),
              payloadHash: headers.get("x-amz-content-sha256") ?? "",
            },
            {
              ...EXAMPLE,
              ...(headers.has("x-amz-security-token")
                ? { sessionToken: headers.get("x-amz-security-token") }
                : {}),
            },
            "eu-central-1",
            Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")),
          );
          expect(authorization(ours)).toBe(theirs);
        },
      ),
      { numRuns: 200 },
    );
  });
});
