"""Saves or loads a checkpoint of float32 tensors with another library.

usage: checkpoint_peers.py CLIENT save|load|save-async TARGET ORIGINAL TENSORS

The tensors are ORIGINAL's bytes, cut in TENSORS equal pieces; what is loaded is compared with them. Prints what `span`
tells: of the save until it is on disk, of the load until all bytes are in memory of their own, or of the time that
save-async holds its caller up. A small checkpoint goes first, so that what is loaded only once does not count.
"""

import io
import mmap
import os
import sys

from span import span

client, verb, target, original, count = *sys.argv[1:5], int(sys.argv[5])
COLUMNS = 1024
file = open(original, "rb")
source = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
names = [f"layer{i}.weight" for i in range(count)]


def piece(i, size):
    return source[i * size : (i + 1) * size]


def tensors(size):
    import torch

    pieces = (torch.frombuffer(bytearray(piece(i, size)), dtype=torch.float32) for i in range(count))
    return {name: tensor.view(-1, COLUMNS) for name, tensor in zip(names, pieces)}


def compare(found, size):
    """Throws unless the tensors are those that were saved."""
    for i, name in enumerate(names):
        assert tuple(found[name].shape) == (size // 4 // COLUMNS, COLUMNS), found[name].shape
        assert memoryview(found[name].numpy()).cast("B") == piece(i, size), f"{name} is not what was saved"


def sync(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


class Dcp:
    """PyTorch's distributed checkpoints; its writer syncs its files by default."""

    threads = 1

    def writer(self, target):
        from torch.distributed.checkpoint import FileSystemWriter

        return FileSystemWriter(target, thread_count=self.threads)

    def save(self, state, target):
        from torch.distributed.checkpoint import save

        save(state, storage_writer=self.writer(target))

    def save_async(self, state, target):
        from torch.distributed.checkpoint import async_save

        return async_save(state, storage_writer=self.writer(target))

    def load(self, target, size):
        import torch
        from torch.distributed.checkpoint import FileSystemReader, load

        state = {name: torch.empty(size // 4 // COLUMNS, COLUMNS) for name in names}
        load(state, storage_reader=FileSystemReader(target))
        return state


class Dcp8(Dcp):
    threads = 8


class Safetensors:
    def save(self, state, target):
        from safetensors.torch import save_file

        save_file(state, target)
        sync(target)
        sync(os.path.dirname(target))

    def load(self, target, size):
        from safetensors.torch import load_file

        # A mapping of the file until then.
        return {name: tensor.clone() for name, tensor in load_file(target).items()}


class TorchSave:
    def save(self, state, target):
        import torch

        with open(target, "wb") as out:
            torch.save(state, out)
            out.flush()
            os.fsync(out.fileno())
        sync(os.path.dirname(target))

    def load(self, target, size):
        import torch

        return torch.load(target, weights_only=True)


class Boto3:
    """Bytes of safetensors through boto3's transfers."""

    def __init__(self):
        import boto3
        from boto3.s3.transfer import TransferConfig

        self.s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        self.config = TransferConfig(multipart_chunksize=8 << 20, multipart_threshold=8 << 20, max_concurrency=8)

    def save(self, state, target):
        from safetensors.torch import save

        bucket, key = target.removeprefix("s3://").split("/", 1)
        self.s3.upload_fileobj(io.BytesIO(save(state)), bucket, key, Config=self.config)

    def load(self, target, size):
        from safetensors.torch import load

        bucket, key = target.removeprefix("s3://").split("/", 1)
        body = io.BytesIO()
        self.s3.download_fileobj(bucket, key, body, Config=self.config)
        return load(body.getvalue())


class S3dlio:
    """Bytes of safetensors in its checkpoint store."""

    def save(self, state, target):
        import s3dlio
        from safetensors.torch import save

        s3dlio.PyCheckpointStore(target).save(1, 0, "torch", save(state))

    def load(self, target, size):
        import s3dlio
        from safetensors.torch import load

        return load(bytes(s3dlio.PyCheckpointStore(target).load_latest()))


CLIENTS = {
    "dcp": Dcp,
    "dcp-8-threads": Dcp8,
    "safetensors": Safetensors,
    "torch.save": TorchSave,
    "boto3": Boto3,
    "s3dlio": S3dlio,
}
SMALL = 4 * COLUMNS
size = len(source) // count
assert size % SMALL == 0, "the pieces must be whole rows"
library = CLIENTS[client]()
small = target + "-small"
if verb == "save":
    library.save(tensors(SMALL), small)
    state = tensors(size)
    with span():
        library.save(state, target)
elif verb == "load":
    library.save(tensors(SMALL), small)
    compare(library.load(small, SMALL), SMALL)
    with span():
        found = library.load(target, size)
    compare(found, size)
else:
    # The first one of a job, which may take memory for the next, is no measure.
    library.save_async(tensors(size), small).result()
    state = tensors(size)
    with span():
        future = library.save_async(state, target)
    future.result()
