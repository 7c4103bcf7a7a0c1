"""Makes hashes.json: frames as Parquet files by pandas' own to_parquet, and their legacy hashes.

Run by pandas 3.0.6 it writes the file; by pandas 2.3.3 with `--add pandas2` it adds what that one hashes otherwise.
"""

import base64
import datetime
import decimal
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

PATH = Path(__file__).parent / "hashes.json"
WORDS = ["x", "", "naïve", "日本語 😀", "a\tb", "x"]


def ints(kind):
    info = np.iinfo(kind)
    return np.array([info.min, info.max, 0, 1, 2, 3], dtype=kind)


def frames():
    for kind in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
        yield kind, pd.DataFrame({"c": ints(kind)})
    yield "float32", pd.DataFrame({"c": np.array([0.0, -0.0, 1.5, -2.25, np.inf, np.nan], dtype="float32")})
    yield "float64", pd.DataFrame({"c": [0.0, -0.0, 1.5, 1e300, -np.inf, np.nan]})
    yield "bool", pd.DataFrame({"c": [True, False, True]})
    yield "text", pd.DataFrame({"c": WORDS})
    yield "text-missing", pd.DataFrame({"c": [*WORDS, None]})
    yield "text-object", pd.DataFrame({"c": pd.Series([*WORDS, None], dtype=object)})
    yield "text-long", pd.DataFrame({"c": ["a" * n for n in range(40)]})
    yield "bytes", pd.DataFrame({"c": [b"", b"\x00\xff", b"hello world, hello"]})
    yield "category-text", pd.DataFrame({"c": pd.Categorical(["b", "a", None, "b"])})
    yield "category-int", pd.DataFrame({"c": pd.Categorical([3, 1, 3])})
    yield "Int64-missing", pd.DataFrame({"c": pd.array([1, None, -3], dtype="Int64")})
    yield "Float64-missing", pd.DataFrame({"c": pd.array([1.5, None, -3], dtype="Float64")})
    yield "boolean-missing", pd.DataFrame({"c": pd.array([True, None, False], dtype="boolean")})
    yield "string-missing", pd.DataFrame({"c": pd.array(["a", None, "é"], dtype="string")})
    yield "object-int", pd.DataFrame({"c": pd.Series([1, 20, None], dtype=object)})
    yield "object-bool", pd.DataFrame({"c": pd.Series([True, None, False], dtype=object)})
    yield "object-date", pd.DataFrame({"c": [datetime.date(2024, 1, 15), datetime.date(1969, 12, 31), None]})
    yield "object-decimal", pd.DataFrame({"c": [decimal.Decimal("1.50"), decimal.Decimal("-20.25")]})
    for unit in ["s", "ms", "us", "ns"]:
        stamps = pd.to_datetime(["2024-01-15 12:34:56", "1950-06-01 00:00:00", None]).as_unit(unit)
        yield f"datetime-{unit}", pd.DataFrame({"c": stamps})
        yield f"datetime-{unit}-zone", pd.DataFrame({"c": stamps.tz_localize("Europe/Berlin")})
        yield f"timedelta-{unit}", pd.DataFrame({"c": pd.to_timedelta([1, -2, None], unit="s").as_unit(unit)})
    yield "many", pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "s": ["x", "yy", ""], "f": [True, False, True]})
    yield "index-text", pd.DataFrame({"a": [1, 2]}, index=["r1", "r2"])
    yield "index-named", pd.DataFrame({"a": [1, 2]}, index=pd.Index([7, 9], name="id"))
    yield "index-range", pd.DataFrame({"a": [1, 2, 3]}, index=pd.RangeIndex(10, 4, -2))
    yield "index-dates", pd.DataFrame({"a": [1, 2]}, index=pd.to_datetime(["2024-01-15", "2024-01-16"]))
    pairs = pd.MultiIndex.from_tuples([("x", 1), ("y", 2), ("x", 2)], names=["k", None])
    yield "index-many", pd.DataFrame({"a": [1, 2, 3]}, index=pairs)
    yield "no-rows", pd.DataFrame({"a": np.array([], dtype="int64")})
    yield "no-columns", pd.DataFrame(index=["r1", "r2"])
    yield "int-names", pd.DataFrame({0: [1, 2], 1: ["a", "b"]})
    yield "rows-1000", pd.DataFrame({"i": np.arange(1000) * 7919, "s": [f"row {i % 13}" for i in range(1000)]})


def digest(frame):
    return hashlib.sha256(pd.util.hash_pandas_object(frame).values).hexdigest()


def vector(frame):
    file = io.BytesIO()
    frame.to_parquet(file)
    dtype = {str(name): str(kind) for name, kind in frame.dtypes.items()}
    return {"hash": digest(frame), "dtype": dtype, "parquet": base64.b64encode(file.getvalue()).decode()}


def main():
    if sys.argv[1:2] == ["--add"]:
        known = json.loads(PATH.read_text())
        suffix = sys.argv[2]
        for name, frame in frames():
            made = vector(frame)
            if name in known and known[name]["hash"] != made["hash"]:
                known[f"{name}-{suffix}"] = made
                print("differs", name)
        frame = pd.DataFrame({"t": pd.to_datetime(["2024-01-15", "2024-01-16"])})
        known[f"dates-{suffix}"] = vector(frame)
    else:
        known = {name: vector(frame) for name, frame in frames()}
        known["dates-pandas3"] = vector(pd.DataFrame({"t": pd.to_datetime(["2024-01-15", "2024-01-16"])}))
    PATH.write_text(json.dumps(known, indent=1) + "\n")


main()
