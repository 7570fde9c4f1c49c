"""dlt without a life of its own: no telemetry, no configuration files, no environment, no log, our state."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from customer_genome.core.errors import SourceError


@contextmanager
def quiet_dlt(state: dict[str, Any]) -> Iterator[None]:
    """Let resources be read in this context; what their cursors learn is written into `state`.

    Raises SourceError where dlt is not installed.
    """
    try:
        from dlt.common.configuration.container import Container
        from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
        from dlt.common.pipeline import StateInjectableContext
    except ImportError as error:
        raise SourceError(
            "connected sources need packages that are not installed",
            found=f"no module {error.name}",
            fix='run: pip install "customer-genome[sources]"',
        ) from None
    container = Container()
    run = PluggableRunContext(_silent())
    log = logging.getLogger("dlt")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with (
            container.injectable_context(run),
            container.injectable_context(StateInjectableContext(state=state)),  # type: ignore[arg-type]
        ):
            yield
    finally:
        log.setLevel(level)


def _silent() -> Any:
    from dlt.common.configuration.specs import RuntimeConfiguration
    from dlt.common.runtime.run_context import RunContext

    class Silent(RunContext):
        """A run that looks nowhere for configuration and tells nobody."""

        def initial_providers(self) -> list[Any]:
            return []

        def initialize_runtime(self, runtime_config: RuntimeConfiguration | None = None) -> None:
            del runtime_config
            self._runtime_config = RuntimeConfiguration(
                dlthub_telemetry=False, dlthub_telemetry_endpoint=None, log_level="CRITICAL"
            )

    return Silent(None)
