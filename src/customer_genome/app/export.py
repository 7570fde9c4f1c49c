"""Tables as files for others: the format is the file's ending, and no cell can act as a formula."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from customer_genome.core.errors import GenomeError

FORMULA = r"^[=+\-@\t\r]"


def write_table(rows: pa.Table, out: Path) -> int:
    """Write `rows` to `out` (.parquet, .csv or .jsonl), whole or not at all; returns the number of rows."""
    writers = {".parquet": pq.write_table, ".csv": _csv, ".jsonl": _json_lines}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise GenomeError(f"cannot write {out.name}", expected=f"a file ending in {', '.join(writers)}")
    if not out.parent.is_dir():
        raise GenomeError(f"cannot write {out}", found="no such folder", fix=f"make {out.parent} first")
    unfinished = out.with_name(out.name + ".part")
    try:
        writer(rows, unfinished)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return int(rows.num_rows)


def _csv(rows: pa.Table, out: Path) -> None:
    pa_csv.write_csv(_neutral(_flat(rows)), out)


def _json_lines(rows: pa.Table, out: Path) -> None:
    import json

    with out.open("w", encoding="utf-8") as file:
        for batch in rows.to_batches():
            file.writelines(
                json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in batch.to_pylist()
            )


def _flat(rows: pa.Table) -> pa.Table:
    for place, field in enumerate(rows.schema):
        if pa.types.is_nested(field.type):
            text = pa.array([None if value is None else str(value) for value in rows[field.name].to_pylist()])
            rows = rows.set_column(place, field.name, text)
    return rows


def _neutral(rows: pa.Table) -> pa.Table:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            column = rows[field.name]
            risky = pc.match_substring_regex(column, FORMULA)
            safe = pc.binary_join_element_wise(pa.scalar("'"), column, "")
            rows = rows.set_column(place, field.name, pc.if_else(risky, safe, column))
    return rows
