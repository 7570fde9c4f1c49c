"""The architecture as one tuple: what a build does, in order."""

from __future__ import annotations

from collections.abc import Callable

from customer_genome.app.publish import publish
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import StepRun
from customer_genome.genome.stages import best, encode, imprint
from customer_genome.identity import resolve
from customer_genome.journey import journey
from customer_genome.precision import check, reconcile
from customer_genome.predictions.stage import predict
from customer_genome.privacy import Workbench
from customer_genome.sources import load

Stage = Callable[[Workbench, BuildSettings], tuple[StepRun, ...]]

STAGES: tuple[Stage, ...] = (
    load,
    check,
    resolve,
    reconcile,
    journey,
    imprint,
    encode,
    predict,
    best,
    publish,
)
