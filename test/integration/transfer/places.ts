import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Layer } from "../../../src/storage/backend.js";
import { openS3Backend } from "../../../src/storage/backends/s3/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { openStore } from "../../../src/storage/registry.js";
import { deleteTree, finishTransfer } from "../../../src/storage/transfer/index.js";
import { AZURITE } from "../azure/azurite.js";
import { dropTestBucket, S3_SERVERS, type S3TestServer } from "../s3/s3-servers.js";

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

export function openAt({ uri, env }: PlaceAddress, ...layers: Layer[]): Promise<ObjectStore> {
  return openStore(uri, { env, layers });
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

/** A new bucket of a server that speaks S3. */
async function bucketPlace(server: S3TestServer): Promise<Place> {
  const bucket = `transfer-${randomBytes(6).toString("hex")}`;
  const env = {
    AWS_ENDPOINT_URL: server.url as string,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: "us-east-1",
  };
  const made = await place({ uri: `s3://${bucket}`, env }, async () => {
    await dropTestBucket(await openS3Backend({ bucket, env }));
  });
  await made.store.createContainer();
  return made;
}

/** A new container of Azurite. */
async function containerPlace(connectionString: string): Promise<Place> {
  const account = /AccountName=([^;]+)/.exec(connectionString)?.[1];
  const uri = `az://${account}/transfer-${randomBytes(6).toString("hex")}`;
  const env = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
  const made = await place({ uri, env }, async () => {
    await finishTransfer(deleteTree({ target: { store: made.store } }));
    await made.store.deleteContainer();
  });
  await made.store.createContainer();
  return made;
}

export type MakePlace = () => Promise<Place>;

/** Servers that run, by name; the tests of the others are skipped. */
export const SERVERS: Readonly<Record<string, MakePlace>> = {
  ...Object.fromEntries(
    S3_SERVERS.filter(({ url }) => url !== undefined).map((server) => [
      server.name,
      () => bucketPlace(server),
    ]),
  ),
  ...(AZURITE === undefined ? {} : { azurite: () => containerPlace(AZURITE as string) }),
};

export interface Route {
  readonly name: string;
  readonly from: MakePlace;
  readonly to: MakePlace;
  /** Objects of a large tree: fewer where the server is slow. */
  readonly treeSize: number;
  /** Objects of hundreds of MiB too: test servers keep all in memory, and deleted ones for a while. */
  readonly isLarge: boolean;
}

/** Up to and down from every server, and across. */
export const ROUTES: readonly Route[] = [
  { name: "file to file", from: filePlace, to: filePlace, treeSize: 2000, isLarge: true },
  ...Object.entries(SERVERS).flatMap(([name, make]) => {
    const treeSize = name === "azurite" ? 200 : 2000;
    return [
      { name: `file to ${name}`, from: filePlace, to: make, treeSize, isLarge: name !== "azurite" },
      { name: `${name} to file`, from: make, to: filePlace, treeSize, isLarge: name !== "azurite" },
    ];
  }),
  ...across("radosgw", "radosgw"),
  ...across("minio", "azurite"),
];

function across(source: string, target: string): Route[] {
  const from = SERVERS[source];
  const to = SERVERS[target];
  if (from === undefined || to === undefined) return [];
  return [{ name: `${source} to ${target}`, from, to, treeSize: 200, isLarge: false }];
}
