import type { LegacyReference } from "./legacy-run.js";

/** Where the data of a reference is, seen from a store of mltrack. */
export type LegacyPlace =
  | { readonly kind: "here"; readonly key: string }
  /** In another bucket, or under another prefix. */
  | { readonly kind: "elsewhere"; readonly uri: string }
  /** A file on the machine that ran, which never reached a store. */
  | { readonly kind: "temp-path"; readonly path: string }
  | { readonly kind: "nowhere" };

/** The end of a key that mltrack makes, without its prefix. */
const KEY = /\/(data\/[0-9a-f]{2}\/[0-9a-f]{64}\/[^/]+|experiments\/[^/]+\/runs\/.+)$/;

/**
 * Where a reference points to. `home` is the place by which manifests call the store, `s3://bucket/prefix`; undefined if
 * it is not known, as of a copy: then all of S3 is taken for it.
 */
export function legacyPlace(
  { storagePath, key: listed }: LegacyReference,
  home: string | undefined,
): LegacyPlace {
  if (listed !== undefined) return { kind: "here", key: listed };
  if (storagePath === "") return { kind: "nowhere" };
  if (!storagePath.startsWith("s3://")) return { kind: "temp-path", path: storagePath };
  if (home === undefined) {
    const key = KEY.exec(storagePath)?.[1];
    return key === undefined ? { kind: "elsewhere", uri: storagePath } : { kind: "here", key };
  }
  const root = `${home.replace(/\/+$/, "")}/`;
  return storagePath.startsWith(root)
    ? { kind: "here", key: storagePath.slice(root.length) }
    : { kind: "elsewhere", uri: storagePath };
}
