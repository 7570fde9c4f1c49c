"""What went wrong with a database, service or store, said without a secret and without a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from customer_genome.core.connect import Connect
from customer_genome.core.errors import GenomeError, SourceError
from customer_genome.sources.connect.secrets import hide

_CHECK = "check that it can be reached from here; readers keep the last snapshot, and nothing of this pull was kept"


@contextmanager
def told(name: str, connect: Connect, *, place: str, secrets: list[str]) -> Iterator[None]:
    """Turn whatever other libraries raise into one SourceError that names the source, what was tried and the fix."""
    try:
        yield
    except GenomeError:
        raise
    except Exception as error:  # noqa: BLE001 - three libraries and their drivers raise whatever they like
        found, fix = _explained(error)
        raise SourceError(
            f"source {name}: {connect.label} could not be pulled",
            found=hide(found, *secrets)[:500],
            expected=f"an answer from {hide(place, *secrets)}",
            fix=fix,
        ) from None


def _explained(error: BaseException) -> tuple[str, str]:
    chain = list(_chain(error))
    for one in chain:
        response = getattr(one, "response", None)
        if response is not None and hasattr(response, "status_code"):
            return _answered(response.status_code, str(response.reason or ""))
    for one in chain:
        column = getattr(one, "field_name", None)
        if column is not None:  # what else it says may hold a value
            return (
                f"column {column} holds values that are not of its type",
                f"name it in `columns` as text: `columns: {{{column}: text, ...}}`",
            )
    for one in chain:
        if isinstance(one, ImportError):
            return (
                f"no module {one.name}",
                'run: pip install "customer-genome[sources]", or install the driver it names',
            )
    deepest = chain[-1]
    original = getattr(deepest, "orig", None) or deepest
    text = " ".join(str(original).split()) or "no reason given"
    return f"{type(original).__name__}: {text}", _CHECK


def _answered(status: int, reason: str) -> tuple[str, str]:
    fixes = {
        401: "check the secret that the connection names: it is not accepted",
        403: "check what the secret of the connection allows: it may not read this",
        404: "check the connection's base_url and the source's path",
        429: "it is asked too often: build again later",
    }
    later = (
        "the service has a fault of its own: build again later"
        if status >= 500
        else "check the source's params"
    )
    return f"HTTP {status} {reason}".strip(), fixes.get(status, later)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
