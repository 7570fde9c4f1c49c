"""The configured verbs as the small tables that SQL steps join."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.core.project import Project


def verb_table(project: Project) -> pa.Table:
    """Return every verb with its weight, half-life in days, and what doing it means."""
    verbs = project.verbs.values()
    flags = ("money", "returns", "received")
    return pa.table(
        {
            "verb": pa.array(list(project.verbs), pa.string()),
            "weight": pa.array([verb.weight for verb in verbs], pa.float64()),
            "half_life": pa.array([float(verb.half_life) for verb in verbs], pa.float64()),
            **{flag: pa.array([getattr(verb, flag) for verb in verbs], pa.bool_()) for flag in flags},
            "answers": pa.array([name in project.behaviour.answers for name in project.verbs], pa.bool_()),
        }
    )


def money_table(project: Project) -> pa.Table:
    """Return the verbs that are purchases."""
    return pa.table({"verb": pa.array(project.money_verbs, pa.string())})
