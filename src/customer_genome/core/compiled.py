"""How this package compiles its loops: one place, so that importing a module compiles nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile a function on its first call, cached on disk, releasing Python's lock; its type stays as written."""
    return cast("_F", numba.njit(nogil=True, cache=True, error_model="numpy")(function))
