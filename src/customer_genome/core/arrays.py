"""Learned state as rows: named arrays of one estimator, stored in the lake's `reference` table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

META = "meta"
_SCHEMA = pa.schema(
    [("component", pa.string()), ("name", pa.string()), ("dtype", pa.string()), ("shape", pa.string()),
     ("data", pa.binary())]
)  # fmt: skip


def pack(component: str, *, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> pa.Table:
    """Return one row an array, and one for `meta` as JSON."""
    rows = [_row(component, name, array) for name, array in arrays.items()]
    text = json.dumps(meta, sort_keys=True).encode()
    rows.append(_row(component, META, np.frombuffer(text, np.uint8)))
    return pa.Table.from_pylist(rows, _SCHEMA)


def unpack(table: pa.Table, *, component: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the meta data of `component`; both are empty where it was never stored."""
    arrays: dict[str, NDArray[Any]] = {}
    for row in table.filter(pc.equal(table["component"], component)).to_pylist():
        shape = tuple(int(part) for part in row["shape"].split(",") if part)
        arrays[row["name"]] = np.frombuffer(row["data"], np.dtype(row["dtype"])).reshape(shape)
    meta = arrays.pop(META, None)
    return arrays, json.loads(meta.tobytes()) if meta is not None else {}


def _row(component: str, name: str, array: NDArray[Any]) -> dict[str, Any]:
    if array.dtype.hasobject:
        raise TypeError(
            f"array {name} of {component} holds Python objects; only plain numbers and text are stored"
        )
    shape = ",".join(str(size) for size in array.shape) + ("," if array.ndim == 1 else "")
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    return {
        "component": component, "name": name, "dtype": little.dtype.str, "shape": shape, "data": little.tobytes(),
    }  # fmt: skip
