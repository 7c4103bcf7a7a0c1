/** Written by s3dlio 0.10.0 through its Python wheel: one rank, and two ranks whose shards lie elsewhere. */
export const S3DLIO_MANIFEST = `{
  "format_version": 1,
  "framework": "tórch",
  "global_step": 101,
  "epoch": 5,
  "wall_time": "2026-11-27T17:29:46.433252530+00:00",
  "world_size": 1,
  "shards": [
    {
      "rank": 0,
      "key": "shards/rr/00/ckpt-101-20261127-172946/rank-0.bin.zst",
      "size": 22,
      "etag": "file-22-1795800586",
      "checksum": "crc32c:6c891635"
    }
  ],
  "status": "complete",
  "user_meta": null
}`;

export const S3DLIO_TWO_RANKS = `{
  "format_version": 1,
  "framework": "jax",
  "global_step": 7,
  "epoch": 1,
  "wall_time": "2026-11-27T17:33:42.001771152+00:00",
  "world_size": 2,
  "shards": [
    {
      "rank": 0,
      "key": "shards/rr/00/ckpt-7-20261127-173341/rank-0.bin",
      "size": 3,
      "etag": "\\"d41d8cd9\\"",
      "checksum": "crc32c:364b3fb7"
    },
    {
      "rank": 1,
      "key": "shards/rr/01/ckpt-7-20261127-173341/rank-1.bin.zst",
      "size": 19,
      "etag": null,
      "checksum": null
    }
  ],
  "status": "complete",
  "user_meta": {
    "lr": 0.001,
    "tags": [],
    "note": {}
  }
}`;

export const S3DLIO_LATEST = `{
  "manifest_key": "manifests/ckpt-101-20261127-172946.json",
  "global_step": 101,
  "ts": "20261127-172946"
}`;
