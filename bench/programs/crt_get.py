"""Reads one object into memory with the S3 client of AWS's common runtime (awscrt).

usage: crt_get.py HOST PORT KEY SIZE PART_BYTES ORIGINAL; prints the seconds that the read took.
"""

import mmap
import sys
import time

from awscrt.auth import AwsCredentialsProvider
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import ClientBootstrap, DefaultHostResolver, EventLoopGroup
from awscrt.s3 import S3Client, S3RequestTlsMode, S3RequestType

host, port, key, size, part = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
group = EventLoopGroup()
client = S3Client(
    bootstrap=ClientBootstrap(group, DefaultHostResolver(group)),
    region="us-east-1",
    tls_mode=S3RequestTlsMode.DISABLED,
    credential_provider=AwsCredentialsProvider.new_static("test", "testtest"),
    part_size=part,
    throughput_target_gbps=100,
)
file = open(sys.argv[6], "rb")
original = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
seen = 0


def on_body(chunk, offset, **_):
    global seen
    end = offset + len(chunk)
    assert chunk[:256] == original[offset : offset + 256]
    assert chunk[-256:] == original[end - 256 : end]
    seen += len(chunk)


start = time.perf_counter()
headers = HttpHeaders([("host", f"{host}:{port}")])
request = HttpRequest("GET", f"/bench/{key}", headers)
client.make_request(
    type=S3RequestType.GET_OBJECT, request=request, on_body=on_body
).finished_future.result()
print(time.perf_counter() - start)
assert seen == size, seen
