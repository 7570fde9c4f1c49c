"""A synthetic company of any size for `scale.py`, drawn by numpy month by month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MONTHS = np.arange("2023-01", "2025-01", dtype="datetime64[M]")
SHARES = {"website": 0.45, "usage": 0.39, "email": 0.15, "payments": 0.01}
CHUNK = 1_000_000
FEATURES, PAGES, CAMPAIGNS = 60, 400, 200
ACTIVITY = 0.35 * 200_000 / 10_000_000
"""The simulator's liveliness for each event of a customer."""

GENOME_YAML = """\
version: 1
name: Scale
time_zone: Europe/Vienna
currency: EUR
departments: [marketing, sales, product, finance]
engine: {{threads: {threads}, memory: {memory}}}
purposes:
  service: {{basis: contract}}
  analytics: {{basis: legitimate_interest}}
  personalisation: {{basis: legitimate_interest}}
  marketing: {{basis: consent}}
identifiers:
  email: {{direct: true, normalise: email, limit: 20}}
  anonymous: {{direct: false, limit: 5}}
  user: {{direct: false, limit: 50}}
  account: {{direct: false}}
{accounts}verbs:
  view: {{weight: 0.2, half_life: 120}}
  use: {{weight: 1, half_life: 120}}
  receive: {{weight: 0.1, half_life: 120, received: true}}
  open: {{weight: 0.3, half_life: 120}}
  click: {{weight: 0.7, half_life: 120}}
  pay: {{weight: 1, half_life: 365, money: true, returns: true}}
phases:
  - {{name: subscription, when: first_pay_at IS NOT NULL}}
  - {{name: trial, when: first_use_at IS NOT NULL}}
  - {{name: pre-lead, when: true}}
sources:
  website:
    department: marketing
    path: data/website/*.parquet
    interactions:
      key: [event_id]
      identifiers: {{anonymous: cookie, user: user_id}}
      verb: view
      item: "'page:' || page"
      occurred_at: at_time
      time_zone: UTC
      session: session
      properties: [referrer]
  usage:
    department: product
    path: data/usage/*.parquet
    interactions:
      key: [event_id]
      identifiers: {{user: user_id{usage_account}}}
      verb: use
      item: "'feature:' || feature"
      occurred_at: at_time
      time_zone: UTC
      session: session
  email:
    department: marketing
    path: data/email/*.parquet
    interactions:
      key: [event_id]
      identifiers: {{email: recipient}}
      verb_from: "CASE event WHEN 'delivered' THEN 'receive' WHEN 'opened' THEN 'open' ELSE 'click' END"
      item: "'email:' || campaign"
      occurred_at: at_time
      time_zone: UTC
  payments:
    department: finance
    path: data/payments/*.parquet
    interactions:
      key: [event_id]
      identifiers: {{user: user_id}}
      verb: pay
      item: "'plan:' || plan"
      occurred_at: at_time
      time_zone: UTC
      value: amount
  contacts:
    department: sales
    path: data/contacts.parquet
    claims:
      identifiers: {{email: email, anonymous: cookie, user: user_id}}
      observed_at: at_time
      time_zone: UTC
      attributes: {{country: country, role: role}}
"""


def draw(project: Path, *, events: int, customers: int, memory: str, threads: int) -> None:
    """Write the configuration and the files of a company; the same from the same sizes."""
    from customer_genome.core.project import Project

    project.mkdir(parents=True)
    known = "accounts" in Project.model_fields
    phases = "phases: [{name: paying, when: pay_count > 0}, {name: open, when: true}]"
    (project / "genome.yaml").write_text(
        GENOME_YAML.format(
            memory=memory,
            threads=threads,
            accounts=f"accounts: {{identifiers: [account], {phases}}}\n" if known else "",
            usage_account=", account: account_id" if known else "",
        )
    )
    chance = np.random.default_rng(4)
    for name, share in SHARES.items():
        folder = project / "data" / name
        folder.mkdir(parents=True)
        _write_source(folder, name, rows=int(events * share), customers=customers, chance=chance)
    people = np.arange(customers)
    at = pa.array(MONTHS[0].astype("datetime64[us]") + people.astype("timedelta64[s]"))
    contacts = {
        "email": _text("person", people, "@example.com"), "cookie": _text("b", people * 3),
        "user_id": _text("u", people),
        "at_time": at, "country": _one_of(["AT", "DE", "CH"], people), "role": _one_of(["designer", "owner"], people),
    }  # fmt: skip
    pq.write_table(pa.table(contacts), project / "data" / "contacts.parquet", compression="zstd")


def _write_source(folder: Path, name: str, *, rows: int, customers: int, chance: np.random.Generator) -> None:
    ends = np.linspace(0, rows, len(MONTHS) + 1).astype(np.int64)
    for place, month in enumerate(MONTHS):
        span = (MONTHS[0] + place + 1).astype("datetime64[us]") - month.astype("datetime64[us]")
        writer: pq.ParquetWriter | None = None
        for first in range(int(ends[place]), int(ends[place + 1]), CHUNK):
            last = min(first + CHUNK, int(ends[place + 1]))
            at = month.astype("datetime64[us]") + np.sort(
                chance.integers(0, span.astype(np.int64), last - first)
            )
            who = (customers * chance.random(last - first) ** 2).astype(np.int64)
            table = _rows(name, np.arange(first, last), who=who, at=at, chance=chance)
            if writer is None:
                writer = pq.ParquetWriter(folder / f"{month}.parquet", table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _rows(
    name: str, ids: np.ndarray, *, who: np.ndarray, at: np.ndarray, chance: np.random.Generator
) -> pa.Table:
    def draw(most: int) -> np.ndarray:
        return chance.integers(0, most, len(ids))

    session = _text("s", who * 10_000 + (at.astype("datetime64[D]") - MONTHS[0]).astype(np.int64))
    cells: dict[str, Any] = {"event_id": pa.array(ids), "at_time": pa.array(at)}
    if name == "website":
        known = pa.array(chance.random(len(ids)) < 0.2)
        user = pc.if_else(known, _text("u", who), pa.scalar(None, pa.string()))
        cells |= {
            "cookie": _text("b", who * 3 + (who % 5 == 0) * (draw(4) == 0)),
            "user_id": user,
            "session": session,
        }
        cells |= {"page": _text("p", draw(PAGES)), "referrer": _one_of(["search", "mail", "direct"], draw(3))}
    elif name == "usage":
        cells |= {"user_id": _text("u", who), "account_id": _text("a", who // 4), "session": session}
        cells |= {"feature": _text("f", draw(FEATURES))}
    elif name == "email":
        cells |= {"recipient": _text("person", who, "@example.com"), "campaign": _text("m", draw(CAMPAIGNS))}
        cells |= {"event": _one_of(["delivered", "delivered", "opened", "clicked"], draw(4))}
    else:
        cells |= {
            "user_id": _text("u", who),
            "plan": _one_of(["solo", "team"], who),
            "amount": 19.0 + who % 3,
        }
    return pa.table(cells)


def _text(prefix: str, numbers: np.ndarray, suffix: str = "") -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), suffix, "")


def _one_of(values: list[str], places: np.ndarray) -> pa.Array:
    chosen = pa.array((places % len(values)).astype(np.int32))
    return pa.DictionaryArray.from_arrays(chosen, pa.array(values)).cast(pa.string())


def simulate(project: Path, *, events: int, customers: int, memory: str, threads: int) -> None:
    """Let the simulator write a company of about that many events into the shipped template."""
    from customer_genome.core.scaffold import init
    from customer_genome.simulator import Company, simulate

    init(project, template="saas")
    configuration = project / "genome.yaml"
    limits = f"\nengine: {{threads: {threads}, memory: {memory}}}\n"
    configuration.write_text(configuration.read_text() + limits)
    activity = min(ACTIVITY * events / customers, 10.0)
    simulate(
        Company(customers=customers, activity=activity, counterfactuals=0.0), out=project, threads=threads
    )
