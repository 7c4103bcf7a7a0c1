import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Layer } from "../../../src/storage/backend.js";
import { openS3Backend } from "../../../src/storage/backends/s3/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { openStore } from "../../../src/storage/registry.js";
import { dropTestBucket, S3_SERVERS } from "../s3/s3-servers.js";

/** What a child process needs to open the same store. */
export interface PlaceAddress {
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
}

/** An empty store of a real provider. */
export interface Place extends PlaceAddress {
  readonly store: ObjectStore;
  /** The same store behind further layers. */
  open(...layers: Layer[]): Promise<ObjectStore>;
  drop(): Promise<void>;
}

export function openAt(address: PlaceAddress, ...layers: Layer[]): Promise<ObjectStore> {
  return openStore(address.uri, { env: address.env, layers });
}

async function place(address: PlaceAddress, drop: () => Promise<void>): Promise<Place> {
  return {
    ...address,
    store: await openAt(address),
    open: (...layers) => openAt(address, ...layers),
    drop,
  };
}

export async function filePlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "transfer-place-"));
  return place({ uri: `file://${root}`, env: {} }, () =>
    rm(root, { recursive: true, force: true }),
  );
}

const [RADOSGW] = S3_SERVERS;

/** Undefined where the server does not run: its tests are skipped. */
export const radosgwUrl = RADOSGW?.url;

export async function bucketPlace(): Promise<Place> {
  if (RADOSGW?.url === undefined) throw new Error("radosgw does not run");
  const bucket = `transfer-${randomBytes(6).toString("hex")}`;
  const env = {
    AWS_ENDPOINT_URL: RADOSGW.url,
    AWS_ACCESS_KEY_ID: RADOSGW.accessKeyId,
    AWS_SECRET_ACCESS_KEY: RADOSGW.secretAccessKey,
    AWS_REGION: "us-east-1",
  };
  const made = await place({ uri: `s3://${bucket}`, env }, async () => {
    await dropTestBucket(await openS3Backend({ bucket, env }));
  });
  await made.store.createContainer();
  return made;
}
