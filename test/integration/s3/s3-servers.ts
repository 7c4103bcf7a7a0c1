import { randomBytes } from "node:crypto";
import {
  openS3Backend,
  type S3Backend,
  type S3Config,
} from "../../../src/storage/backends/s3/index.js";

/** A real server of the tests; `url` is undefined where it was not started. */
export interface S3TestServer {
  readonly name: string;
  readonly url: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Servers of two vendors, so that no quirk of one is taken for the protocol. */
export const S3_SERVERS: readonly S3TestServer[] = [
  {
    name: "radosgw",
    url: process.env.LODE_TEST_RADOSGW_URL,
    accessKeyId: "test",
    secretAccessKey: "testtest",
  },
  {
    name: "minio",
    url: process.env.LODE_TEST_MINIO_URL,
    accessKeyId: "test-minio",
    secretAccessKey: "testtest-minio",
  },
];

/** The configuration of a bucket that no other test uses. */
export function testConfig(server: S3TestServer, more: Partial<S3Config> = {}): S3Config {
  const { accessKeyId, secretAccessKey } = server;
  return {
    bucket: `lode-test-${randomBytes(6).toString("hex")}`,
    endpoint: server.url,
    credentials: { accessKeyId, secretAccessKey },
    env: {},
    ...more,
  };
}

/** A backend over a new, empty bucket. */
export async function openTestBucket(
  server: S3TestServer,
  more: Partial<S3Config> = {},
): Promise<S3Backend> {
  const backend = await openS3Backend(testConfig(server, more));
  await backend.createContainer();
  return backend;
}

/** Deletes the bucket with all objects and uploads, and closes the backend. */
export async function dropTestBucket(backend: S3Backend): Promise<void> {
  for await (const { key, id } of backend.listMultiparts()) {
    await (await backend.resumeMultipart(key, id)).abort();
  }
  for await (const page of backend.list()) {
    await backend.deleteMany(page.objects.map(({ key }) => key));
  }
  await backend.deleteContainer();
  await backend.close();
}

/** All bytes of a body. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
