"""The configured verbs as the small tables that SQL steps join."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from customer_genome.core.project import Project, Verb

USUAL_HALF_LIFE = 120.0
"""Days, where a half-life is neither stated nor could be learned: shorter ones forget those who come seldom."""
BOUGHT, DONE, RECEIVED = 1.0, 0.3, 0.1
"""Weights where one is neither stated nor could be learned: a purchase, what customers do, what is done to them."""


def verb_table(project: Project, *, used: Mapping[str, tuple[float, float]] | None = None) -> pa.Table:
    """Return every verb with its weight, half-life in days, and what doing it means.

    `used` holds the weight and half-life that a build used, stated or learned; a verb that is not in it has what is
    stated, or the usual.
    """
    verbs = project.verbs.values()
    flags = ("money", "returns", "received")
    known = {
        name: (usual_weight(verb), usual_half_life(verb)) for name, verb in project.verbs.items()
    } | dict(used or {})
    return pa.table(
        {
            "verb": pa.array(list(project.verbs), pa.string()),
            "weight": pa.array([known[name][0] for name in project.verbs], pa.float64()),
            "half_life": pa.array([known[name][1] for name in project.verbs], pa.float64()),
            **{flag: pa.array([getattr(verb, flag) for verb in verbs], pa.bool_()) for flag in flags},
            "answers": pa.array([name in project.behaviour.answers for name in project.verbs], pa.bool_()),
        }
    )


def usual_weight(verb: Verb) -> float:
    """Return the stated weight, or what is used until one can be learned."""
    if verb.weight is not None:
        return verb.weight
    return BOUGHT if verb.money else RECEIVED if verb.received else DONE


def usual_half_life(verb: Verb) -> float:
    """Return the stated half-life in days, or what is used until one can be learned."""
    return float(verb.half_life) if verb.half_life is not None else USUAL_HALF_LIFE


def money_table(project: Project) -> pa.Table:
    """Return the verbs that are purchases."""
    return pa.table({"verb": pa.array(project.money_verbs, pa.string())})
