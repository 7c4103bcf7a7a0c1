"""Writes the checkpoints of this folder with s3dlio. usage: make-s3dlio.py VERSION FOLDER [S3_PREFIX]

Each case is a store of its own. With S3_PREFIX (and the settings of a server in AWS_*) only the cases
named s3-* are made: saved there and copied down.
"""
import os, sys, time
import s3dlio

version, folder, prefix = sys.argv[1], sys.argv[2], (sys.argv[3:] or [None])[0]
assert s3dlio.__version__ == version, s3dlio.__version__


def content(rank):
    return bytes((7 * i + 31 * rank) & 255 for i in range(1000 + rank))


def large():
    """More than one block of zstd, before and after compression."""
    return b"".join(b"%d," % (i * 7919 % 100003) for i in range(50_000))


def ranks(uri, world, step, **options):
    """Even ranks in one call, odd ranks in pieces; the manifest a second later, so with another time."""
    metas = []
    for rank in range(world):
        writer = s3dlio.PyCheckpointStore(uri, **options).writer(world, rank)
        if rank % 2 == 0:
            metas.append(writer.save_distributed_shard(step, 2, "jax", content(rank)))
        else:
            stream = writer.get_distributed_shard_stream(step, 2, "jax")
            for begin in range(0, 1000 + rank, 300):
                stream.write_chunk(content(rank)[begin : begin + 300])
            metas.append(stream.finalize())
    time.sleep(1.1)
    writer = s3dlio.PyCheckpointStore(uri, **options).writer(world, 0)
    writer.finalize_distributed_checkpoint(step, 2, "jax", metas, None)


def one(uri, steps=(100,), data=content(0), **options):
    for step in steps:
        s3dlio.PyCheckpointStore(uri, **options).save(step, 5, "torch", data, None)
        time.sleep(1.1)


def file(name):
    os.makedirs(f"{folder}/{name}")
    return f"file://{os.path.abspath(folder)}/{name}"


def on_s3(name, write):
    uri = f"{prefix}/{name}"
    write(uri)
    for found in s3dlio.list(uri + "/", True):
        target = f"{folder}/{name}/{found[len(uri) + 1:]}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as out:
            out.write(bytes(s3dlio.get(found)))


if prefix is None:
    one(file("flat"), steps=(100, 200))
    one(file("flat-zstd"), compression_level=3)
    if version == "0.10.0":
        ranks(file("flat-ranks"), 3, 7)
        ranks(file("round-robin-ranks"), 18, 7, strategy="round_robin")
        ranks(file("binary-zstd-ranks"), 18, 7, strategy="binary", compression_level=3)
else:
    on_s3("s3-zstd", lambda uri: one(uri, compression_level=3))
    on_s3("s3-zstd-large", lambda uri: one(uri, data=large(), compression_level=3))
    if version == "0.10.0":
        on_s3("s3-flat", lambda uri: one(uri))
        on_s3("s3-multipart", lambda uri: ranks(uri, 2, 7))
