"""Long rows as matrices: customers down, named columns across."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse


def dense(
    rows: pa.Table, *, customers: pa.Array, columns: pa.Array, key: str, value: str
) -> NDArray[np.float64]:
    """Return customers × columns of `value`, NaN where there is no row; `rows` has customer_id and `key`."""
    made = np.full((len(customers), len(columns)), np.nan)
    row, column = codes(rows["customer_id"], customers), codes(rows[key], columns)
    known = (row >= 0) & (column >= 0)
    made[row[known], column[known]] = rows[value].cast(pa.float64()).to_numpy()[known]
    return made


def counts(
    rows: pa.Table, *, customers: pa.Array, key: str, value: str
) -> tuple[sparse.csr_matrix, list[str]]:
    """Return customers × distinct `key` (sorted) with the sums of `value`, and the keys."""
    known = rows.filter(pc.is_valid(rows[key]))
    columns = pc.unique(known[key]).sort()
    row, column = codes(known["customer_id"], customers), codes(known[key], columns)
    values = known[value].cast(pa.float64()).to_numpy()
    inside = row >= 0
    shape = (len(customers), len(columns))
    made = sparse.coo_matrix((values[inside], (row[inside], column[inside])), shape=shape)
    return sparse.csr_matrix(made), columns.to_pylist()


def codes(values: pa.ChunkedArray | pa.Array, known: pa.Array) -> NDArray[np.int64]:
    """Return each value's position in `known`, -1 where it is not there."""
    return np.asarray(
        pc.fill_null(pc.index_in(values, value_set=known), -1).to_numpy(zero_copy_only=False), np.int64
    )


def matrix(rows: pa.Table) -> NDArray[np.float32]:
    """Return the `vector` column as customers × dimensions."""
    flat = rows["vector"].combine_chunks().flatten().to_numpy()
    return flat.reshape(rows.num_rows, -1) if rows.num_rows else np.zeros((0, 0), np.float32)
