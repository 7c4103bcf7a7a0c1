"""Moves objects with s3dlio's Python library. usage: s3dlio_transfer.py download|upload SOURCE TARGET JOBS"""

import sys

import s3dlio

verb, source, target, jobs = sys.argv[1:5]
if verb == "download":
    s3dlio.download(source, target, int(jobs), True)
else:
    s3dlio.upload([source], target, int(jobs), False)
