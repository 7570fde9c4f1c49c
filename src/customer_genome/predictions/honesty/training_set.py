"""Training set: features as they were known at past moments beside what happened after, for any other model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

from customer_genome.core.errors import GenomeError
from customer_genome.core.project import Purpose
from customer_genome.predictions.history import F64, History, Strings
from customer_genome.predictions.honesty.manifest import Manifest, manifest
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.truth import Truth, truth
from customer_genome.predictions.panel import Panel

KEY = b"customer_genome"
"""Under this name the schema's metadata hold the lineage and the manifest's digest as JSON."""
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Lineage:
    """Where a feature comes from: its family, and the tables that it is made of."""

    family: str
    tables: tuple[str, ...] = ("interactions",)


@dataclass(frozen=True)
class Feature:
    """One column of features: its name and lineage, and one value a customer of the history (nan: unknown)."""

    name: str
    lineage: Lineage
    values: F64


Features = Callable[[History, float], Sequence[Feature]]
"""Makes the features at a moment from what was known before it."""


@dataclass(frozen=True)
class TrainingSet:
    """Rows in order of moment, customer and target: `customer_id, moment, target, label`, then the features.

    `moment` is local time. `target` is null for questions about the customer as a whole; of `next` there is one row
    a customer, whose label lists what the next session held. Unknown values are null.
    """

    table: pa.Table
    lineage: dict[str, Lineage]
    manifest: Manifest

    def arrays(self) -> tuple[F64, F64, Strings]:
        """Return X (rows × features, nan where unknown), y and groups as scikit-learn takes them.

        Groups are customers: a split must not put one customer on both sides. Raises GenomeError for lists.
        """
        if pa.types.is_list(self.table["label"].type):
            raise GenomeError(
                "a list of targets is no label that scikit-learn can learn from",
                fix="use the table as it is, or a target with `predict: choice`",
            )
        columns = [self.table[name].to_numpy().astype(float) for name in self.lineage]
        x = np.column_stack(columns) if columns else np.zeros((self.table.num_rows, 0))
        return x, self.table["label"].to_numpy().astype(float), self.table["customer_id"].to_numpy()


def training_set(
    panel: Panel, question: Question, /, *, moments: Sequence[float], features: Features, purpose: Purpose
) -> TrainingSet:
    """Return the features at each of `moments` from what was known before it, and the truth of its horizon.

    Raises GenomeError for a moment whose horizon is not over at the panel's end, and without moments.
    """
    horizon = question.target.horizon
    late = [moment for moment in moments if moment + horizon > panel.as_of]
    if late or not moments:
        raise GenomeError(
            "there is no truth yet for these moments" if late else "there are no moments to learn from",
            found=f"moments {', '.join(map(str, late))}" if late else "",
            expected=f"moments up to {panel.as_of - horizon} (the end less the horizon of {horizon} days)",
            fix="give earlier moments, a shorter horizon, or wait",
        )
    parts: list[pa.Table] = []
    lineage: dict[str, Lineage] = {}
    for moment in sorted(moments):
        before = panel.cut(moment)
        found = features(before, moment)
        lineage |= {feature.name: feature.lineage for feature in found}
        happened = truth(panel.history, question, before=before, moment=moment)
        parts.append(_part(panel.history, question, happened, moment=moment, found=found))
    subjects = manifest(panel, question, moments=moments, purpose=purpose)
    about = {
        "target": question.target.model_dump(mode="json"),
        "moments": sorted(moments),
        "lineage": {name: asdict(one) for name, one in lineage.items()},
        "manifest": {**subjects.to_dict(), "customers": len(subjects.customers)},
    }
    whole = pa.concat_tables(parts, promote_options="default")
    return TrainingSet(
        whole.replace_schema_metadata({KEY: json.dumps(about, sort_keys=True)}), lineage, subjects
    )


def write_training_set(made: TrainingSet, path: Path, /) -> tuple[Path, Path]:
    """Write Parquet, or Arrow where the name ends in .arrow or .feather, and `<name>.json` beside it.

    The JSON holds the target, the lineage of each feature and the manifest with every customer. Returns both paths.
    """
    if path.suffix not in {".parquet", ".arrow", ".feather"}:
        raise GenomeError(
            "a training set is not written in this format",
            found=path.name,
            expected="a name that ends in .parquet, .arrow or .feather",
        )
    if path.suffix == ".parquet":
        pq.write_table(made.table, path, compression="zstd")
    else:
        feather.write_feather(made.table, str(path), compression="uncompressed")
    about: dict[str, Any] = json.loads(made.table.schema.metadata[KEY])
    beside = path.with_name(f"{path.name}.json")
    text = json.dumps({**about, "manifest": made.manifest.to_dict()}, indent=1, sort_keys=True)
    beside.write_text(text + "\n", encoding="utf-8")
    return path, beside


def _part(
    history: History, question: Question, happened: Truth, *, moment: float, found: Sequence[Feature]
) -> pa.Table:
    customer, target, label = _labels(history, question, happened)
    when = pa.array(np.full(len(customer), round(moment * _DAY)), pa.int64()).cast(pa.timestamp("us"))
    columns = {
        "customer_id": pa.array(history.customers[customer].tolist(), pa.string()),
        "moment": when,
        "target": target,
        "label": label,
    }
    for feature in found:
        columns[feature.name] = pa.array(feature.values[customer].astype(np.float32), from_pandas=True)
    return pa.table(columns)


def _labels(history: History, question: Question, happened: Truth) -> tuple[Any, pa.Array, pa.Array]:
    """Return the rows' customers, the names of their targets and their labels."""
    kind, customer = question.target.predict, happened.customer
    if kind not in {"next", "choice", "action"}:
        return customer, pa.nulls(len(customer), pa.string()), pa.array(happened.value)
    of_verbs = kind == "action"
    names = np.asarray(history.verbs) if of_verbs else history.catalogue.levels[question.target.level].names
    named = pa.array(names[happened.target].tolist(), pa.string())
    if kind != "next":
        return customer, named, pa.array(happened.value)
    who, start = np.unique(customer, return_index=True)
    lists = pa.ListArray.from_arrays(pa.array(np.append(start, len(customer)), pa.int32()), named)
    return who, pa.nulls(len(who), pa.string()), lists
