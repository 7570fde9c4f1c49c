"""The bytes of a text file as UTF-8, block by block."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile, cannot_open

_MARKS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
)


@dataclass(frozen=True)
class Text:
    """A text file ready to stream: the name of its encoding and its blocks in UTF-8.

    Bytes that the encoding does not know come out as bytes that UTF-8 does not know either, so that
    whoever decodes a row finds out about that row alone.
    """

    encoding: str
    blocks: Iterator[bytes]


def blocks(file: SourceFile, *, encoding: str | None, size: int) -> Text:
    """Open a plain or gzip-compressed text file.

    The encoding is that of the byte order mark, else the given one, else UTF-8. Raises SourceError if the
    file cannot be opened, is plainly of another format or the encoding is unknown; a broken archive raises
    it in mid-stream.
    """
    raw = _raw(file, size)
    first = next(raw, b"")
    for mark, kind in _FOREIGN:
        if first.startswith(mark):
            raise SourceError(
                f"{file.name} is not a text file",
                found=kind,
                expected=f"a file of format {file.format}",
                fix="give it the ending of its true format, or set the source's format",
            )
    mark, name = next(((m, n) for m, n in _MARKS if first.startswith(m)), (b"", _codec(file, encoding)))
    stream = _chain(first[len(mark) :], raw)
    return Text(name, stream if name == "utf-8" else _transcode(stream, name, file))


def _codec(file: SourceFile, encoding: str | None) -> str:
    try:
        b"x".decode(encoding or "utf-8", "ignore")
        name = codecs.lookup(encoding or "utf-8").name
    except (LookupError, UnicodeError, ValueError) as error:
        raise SourceError(
            f"the encoding given for {file.name} is unknown",
            found=repr(encoding),
            expected="a name such as utf-8, utf-16, cp1252 or latin-1",
        ) from error
    return "utf-8" if name in ("ascii", "utf-8-sig") else name


def _raw(file: SourceFile, size: int) -> Iterator[bytes]:
    try:
        with file.path.open("rb") as handle:
            stream: io.BufferedReader | gzip.GzipFile
            stream = gzip.GzipFile(fileobj=handle) if file.gzipped else handle
            while block := stream.read(size):
                yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"{file.name} is a broken gzip archive",
            found=str(error),
            fix="copy or export the file again; nothing of it was kept",
        ) from error
    except OSError as error:
        raise cannot_open(file.name, error) from error


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _transcode(stream: Iterator[bytes], name: str, file: SourceFile) -> Iterator[bytes]:
    wide = name.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(name)("surrogatepass" if wide else "surrogateescape")
    try:
        for block in stream:
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
        yield _ending(decoder)
    except UnicodeError as error:
        raise SourceError(
            f"{file.name} cannot be read as {name}",
            found=str(error),
            fix="set the encoding that the file was written with",
        ) from error


def _ending(decoder: codecs.IncrementalDecoder) -> bytes:
    """What the decoder still holds: half a character at the end spoils the last row, not the file."""
    try:
        return decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return b"\xff"
