"""Makes v1.json and v2.json: what mltrack's classes write into a simulated S3.

Needs mltrack.data_store and mltrack.data_store_v2 (github.com/EconoBen/mltrack) with an empty __init__.py on
PYTHONPATH, and pandas 3.0.6, numpy, pyarrow, boto3, moto. README.md tells what code made the files that are here.
Each file is {"buckets": {bucket: {key: base64}}}.
"""

import base64
import json
import os
import sys
from pathlib import Path

import boto3
import numpy as np
import pandas as pd
from moto import mock_aws

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
HERE = Path(__file__).parent


def dump(name, buckets):
    s3 = boto3.client("s3")
    tree = {}
    for bucket in buckets:
        tree[bucket] = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                tree[bucket][item["Key"]] = base64.b64encode(body).decode()
    (HERE / name).write_text(json.dumps({"buckets": tree}, indent=1) + "\n")


def buckets(*names):
    s3 = boto3.client("s3")
    for name in names:
        s3.create_bucket(Bucket=name)
    return s3


def make_v2():
    from mltrack.data_store_v2 import FlexibleDataStore, RunType, StorageMode

    def fresh(bucket="ml-store"):
        return FlexibleDataStore(s3_bucket=bucket)

    s3 = buckets("ml-store", "shared")
    frame = pd.DataFrame(
        {
            "a": np.array([1, 2, 3], dtype="int64"),
            "b": [0.5, 1.5, float("nan")],
            "s": ["x", "naïve 😀", None],
            "f": [True, False, True],
            "t": pd.to_datetime(["2024-01-15", "2024-01-16", "2024-01-17"]),
        },
        index=["r1", "r2", "r3"],
    )
    store = fresh()
    run = store.create_run(
        "run_abc123",
        RunType.PRODUCTION,
        project="customer_churn",
        storage_modes=[StorageMode.BY_PROJECT, StorageMode.BY_DATE, StorageMode.BY_TYPE, StorageMode.FLAT],
        tags={"region": "eu", "owner": "Ünal"},
    )
    store.add_run_input(run, "training_data", frame)
    store.add_run_input(run, "weights", np.arange(6, dtype="int64"))
    store.add_run_input(run, "config", {"b": [1, 2.5, True, None], "a": "é€😀", "n": float("nan"), "s": 1e-7})
    store.add_run_output(run, "note", "hello")
    store.add_run_output(run, "scores", [1, 2, 3])
    store.add_run_output(run, "raw", b"hello")
    run.metrics["auc"] = float("nan")
    run.metrics["loss"] = 0.25
    store.save_manifest(run)

    # Other data of the same hash, from other processes: they are given what was stored first.
    other = fresh()
    run = other.create_run("renamed", project="customer_churn")
    other.add_run_input(run, "training_data", frame.rename(columns={"a": "z"}))
    other.add_run_input(run, "config", {"b": [1, 2.5, True, None], "a": "é€😀", "n": float("nan"), "s": 1e-7})
    other.save_manifest(run)
    other = fresh()
    run = other.create_run("reshaped")
    other.add_run_input(run, "weights", np.arange(6, dtype="int64").reshape(2, 3))
    other.save_manifest(run)
    other = fresh()
    run = other.create_run("narrowed")
    other.store_data(pd.DataFrame({"n": np.array([1, 2], dtype="int64")}), "wide")
    other = fresh()
    other.add_run_input(run, "narrow", pd.DataFrame({"n": np.array([1, 2], dtype="int32")}))
    other.save_manifest(run)
    other = fresh()
    run = other.create_run("five", RunType.DEVELOPMENT)
    other.store_data(5, "five")
    other = fresh()
    other.add_run_input(run, "five", "5")
    other.save_manifest(run)

    # An object that is gone, a file that never left a machine, a reference into another bucket.
    other = fresh()
    run = other.create_run("incomplete", RunType.ANALYSIS, project="../../x")
    gone = other.add_run_input(run, "gone", {"gone": True})
    upload = other.s3_client.upload_file

    def refuse(*_):
        raise RuntimeError("no network")

    other.s3_client.upload_file = refuse
    other.add_run_input(run, "local", {"never": "uploaded"})
    other.s3_client.upload_file = upload
    elsewhere = fresh("shared")
    run.inputs["elsewhere"] = elsewhere.store_data({"other": "bucket"}, "elsewhere")
    other.save_manifest(run)
    prefix = gone.storage_path.removeprefix("s3://ml-store/").removesuffix("data.json")
    s3.delete_object(Bucket="ml-store", Key=prefix + "data.json")

    # An object whose bytes were exchanged after it was stored, and a manifest of a later version.
    other = fresh()
    run = other.create_run("tampered", RunType.EVALUATION)
    ref = other.add_run_input(run, "limits", {"limit": 10})
    other.save_manifest(run)
    body = b'{\n  "limit": 99\n}'
    s3.put_object(Bucket="ml-store", Key=ref.storage_path.removeprefix("s3://ml-store/"), Body=body)
    later = run.to_dict() | {"run_id": "later", "schema_version": 3, "inputs": {}}
    s3.put_object(Bucket="ml-store", Key="mltrack/manifests/later.json", Body=json.dumps(later, indent=2).encode())
    s3.put_object(Bucket="ml-store", Key="mltrack/manifests/broken.json", Body=b'{"run_id": "broken", ')
    dump("v2.json", ["ml-store", "shared"])


def make_v1():
    from mltrack.data_store import DataStore

    buckets("ml-store")
    store = DataStore("ml-store")
    frame = pd.DataFrame({"a": [1, 2, 3], "s": ["x", "yy", ""]})
    inputs = {
        "training_data": store.store_inputs(frame, "7", "run1", metadata={"source": "crm"}),
        "grid": store.store_inputs(np.ones((2, 3), dtype="float32"), "7", "run1", "grid"),
    }
    outputs = {"predictions": store.store_outputs({"p": [0.5, 1.0]}, "7", "run1")}
    model = store.store_model_artifacts({"coef": [1, 2]}, "7", "run1", "import pickle\n", ["numpy"], {"kind": "dict"})
    store.create_manifest("7", "run1", inputs, outputs, model)
    # A run of which no manifest was written.
    store.store_inputs({"lr": 0.1}, "8", "run2", "params")
    dump("v1.json", ["ml-store"])


for make in (make_v2, make_v1):
    with mock_aws():
        make()
