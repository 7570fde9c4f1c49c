"""Parquet as a stream of batches with its own types."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile, cannot_open
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.received import Received, Tally, check_columns
from customer_genome.sources.readers.typed_batch import typed_batch

_ROWS = 1 << 16


def read_parquet(file: SourceFile, *, options: ReadOptions) -> Received:
    """Read a Parquet file; nested types are kept, a text that is no UTF-8 rejects its row.

    Raises SourceError if the file is not whole: at once where its end is missing, in mid-stream where a page
    is broken (checksums are verified where the file has them) or rows are fewer than it promises.
    """
    tally = Tally(file.name)
    try:
        table = pq.ParquetFile(file.path, page_checksum_verification=True, memory_map=False)
        schema = table.schema_arrow.remove_metadata()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise cannot_open(file.name, error) from error
        raise _broken(file, error) from error
    check_columns(schema.names, file=file.name, limit=options.column_limit)
    return Received(schema, _batches(file, table, schema, tally=tally), tally, finish=file.check_unchanged)


def _batches(
    file: SourceFile, table: pq.ParquetFile, schema: pa.Schema, *, tally: Tally
) -> Iterator[pa.RecordBatch]:
    rows = 0
    with table:
        try:
            for batch in table.iter_batches(batch_size=_ROWS):
                checked = typed_batch(batch.cast(schema), tally, first_row=rows + 1)
                rows += batch.num_rows
                yield checked
        except (pa.ArrowException, OSError) as error:
            raise _broken(file, error) from error
        promised = table.metadata.num_rows
    if rows != promised:
        raise _broken(file, f"{rows:,} rows where its footer promises {promised:,}")


def _broken(file: SourceFile, error: object) -> SourceError:
    return SourceError(
        f"{file.name} is no whole Parquet file",
        found=f"{file.size:,} bytes; {str(error).splitlines()[0][:300] if str(error) else 'unreadable'}",
        expected="a complete Parquet file, its footer at the end",
        fix="copy or export the file again; nothing of it was kept",
    )
