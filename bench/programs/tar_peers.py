"""Reads samples of `.bin` and `.id` from tar shards with another library, in one process.

usage: tar_peers.py CLIENT FOLDER SAMPLES BYTES [SHA256]

Prints what `span` tells of reading, without opening, and fails unless it saw so many samples with so many bytes in `.bin`, and with SHA256 unless
all that they hold has this hash.
"""

import glob
import hashlib
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

from span import span

client, folder, samples, expected = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
sha256 = sys.argv[5] if len(sys.argv) > 5 else None
shards = sorted(glob.glob(f"{folder}/*.tar"))


def webdataset():
    import webdataset

    dataset = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False)
    return ((s["__key__"], s["bin"], s["id"]) for s in dataset)


def datasets():
    import datasets as library

    dataset = library.load_dataset("webdataset", data_files=shards, split="train", streaming=True)
    return ((s["__key__"], s["bin"], s["id"]) for s in dataset)


def tarfile():
    import tarfile as library

    for shard in shards:
        with library.open(shard, "r|") as archive:
            sample = {}
            for member in archive:
                key, _, extension = member.name.partition(".")
                if sample.get("key", key) != key:
                    yield sample["key"], sample["bin"], sample["id"]
                    sample = {}
                sample["key"] = key
                sample[extension] = archive.extractfile(member).read()
            yield sample["key"], sample["bin"], sample["id"]


CLIENTS = {"webdataset": webdataset, "datasets": datasets, "tarfile": tarfile}
samples_of = CLIENTS[client]()
digest = hashlib.sha256()
count = size = 0
with span():
    for key, data, label in samples_of:
        if sha256:
            digest.update(os.path.basename(key).encode())
            digest.update(data)
            digest.update(label if isinstance(label, bytes) else str(label).encode())
        count += 1
        size += len(data)
assert (count, size) == (samples, expected), (count, size)
assert not sha256 or digest.hexdigest() == sha256, digest.hexdigest()
