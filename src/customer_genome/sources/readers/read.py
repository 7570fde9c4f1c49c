"""Any file of a source as batches: picks the reader of its format."""

from __future__ import annotations

from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.read_csv import read_csv
from customer_genome.sources.readers.read_excel import read_excel
from customer_genome.sources.readers.read_jsonl import read_jsonl
from customer_genome.sources.readers.read_parquet import read_parquet
from customer_genome.sources.readers.received import Received

_READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet, "excel": read_excel}


def read(file: SourceFile, *, options: ReadOptions | None = None) -> Received:
    """Open a file of any format; the rows come when `Received.batches` is consumed.

    Text formats give text columns, Parquet its own types. Raises SourceError, at once or in mid-stream, if
    the file as a whole cannot be read; a single bad row goes to `Received.malformed`.
    """
    return _READERS[file.format](file, options=options or ReadOptions())
