"""Typed batches checked before anything relies on them."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.sources.readers.received import Tally


def typed_batch(batch: pa.RecordBatch, tally: Tally, *, first_row: int) -> pa.RecordBatch:
    """The batch without the rows that Arrow calls invalid (a text that is no UTF-8), which are rejected.

    `first_row` is the number of the batch's first row in its table, from 1.
    """
    if _fault(batch) is None:
        tally.accept(batch.num_rows)
        return batch
    good = []
    for index in range(batch.num_rows):
        row = batch.slice(index, 1)
        fault = _fault(row)
        good.append(fault is None)
        if fault is not None:
            tally.reject(fault, f"row {first_row + index}", line=first_row + index)
    kept = batch.filter(pa.array(good, pa.bool_()))
    tally.accept(kept.num_rows)
    return kept


def _fault(batch: pa.RecordBatch) -> str | None:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            utf8 = "utf8" in str(error).lower().replace("-", "")
            return f"not valid utf-8 in column {name}" if utf8 else f"invalid value in column {name}: {error}"
    return None
