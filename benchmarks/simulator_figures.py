"""The simulated company's marginals: printed as a table, and drawn as the small pictures of its page.

Run: python benchmarks/simulator_figures.py [--customers 6000] [--write docs/explanation/figures]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from customer_genome.simulator import Company, Simulated, simulate

WIDTH, HEIGHT, LEFT, FLOOR = 420, 150, 46, 120
MONTH = 30.4


def table(done: Simulated, place: str) -> pd.DataFrame:
    """Return a source or a table of the truth."""
    return ds.dataset(done.out / place, format="parquet").to_table().to_pandas()


def rates(done: Simulated) -> list[tuple[str, float]]:
    """Return the marginals that the page compares with published figures."""
    spells, base = table(done, "truth/spells.parquet"), table(done, "truth/outcomes.parquet")
    base, owners = base[base["world"] == "as it was"], spells[spells["owner"]]
    counts = owners["phase"].value_counts()
    sessions = table(done, "truth/sessions.parquet")["session_id"].nunique()
    opens, mails = table(done, "truth/mail_opens.parquet"), table(done, "data/email/events")
    word = mails["event"].replace({"delivery": "delivered", "open": "opened", "click": "clicked"})
    unique = (
        mails.assign(word=word).drop_duplicates(["recipient", "campaign_id", "word"])["word"].value_counts()
    )
    months = base["paid_days"].sum() / MONTH
    causes = table(done, "truth/churn_causes.parquet")["cause"]
    first = base[base["owner"]].notna().sum()
    signed = (base["lead_day"].notna()).sum()
    trials = owners[owners["phase"] == "trial"].assign(after=owners.groupby("person")["phase"].shift(-1))
    ended = trials["after"].dropna()
    return [
        ("sign-ups per visit", signed / sessions),
        ("owners who signed up and started a trial", first["trial_day"] / first["lead_day"]),
        ("ended trials that were paid for", (ended == "subscription").mean()),
        ("subscriptions canceled a month", counts.get("churned", 0) / months),
        ("... because payment failed for good", (causes == "payment never collected").sum() / months),
        ("mails opened by a person", opens["opened"].mean()),
        ("mails opened by anybody, machines included", unique["opened"] / unique["delivered"]),
        ("mails clicked", opens["clicked"].mean()),
        *billing(done), *clicks(done), *usage(done, months),
    ]  # fmt: skip


def billing(done: Simulated) -> list[tuple[str, float]]:
    """Return rates of payments."""
    connection = sqlite3.connect(done.out / "data/billing.sqlite")
    status = pd.read_sql("SELECT status FROM invoices", connection)["status"].value_counts()
    connection.close()
    return [("payments that fail at first", status["failed"] / (status["failed"] + status["paid"]))]


def clicks(done: Simulated) -> list[tuple[str, float]]:
    """Return the click rates of channels."""
    counts = table(done, "data/ads/events").groupby(["channel", "event"]).size().unstack(fill_value=0)
    return [
        (f"clicks per impression, {name}", row["click"] / row["impression"])
        for name, row in counts.iterrows()
    ]


def usage(done: Simulated, months: float) -> list[tuple[str, float]]:
    """Return rates of crawlers, tickets and use."""
    website = table(done, "data/website/events")
    connection = sqlite3.connect(done.out / "data/support.sqlite")
    tickets = connection.execute("SELECT count(*) FROM tickets").fetchone()[0]
    connection.close()
    uses = pd.concat([table(done, f"data/product/{name}") for name in ("usage", "usage-v2")])
    top = np.sort(uses["user_id"].value_counts().to_numpy())[::-1]
    return [
        ("page views by crawlers", website["user_agent"].str.contains("Bot").mean()),
        ("tickets per paid account and month", tickets / months),
        ("uses by the busiest fifth of users", top[: len(top) // 5].sum() / top.sum()),
        ("uses per user and active day", len(uses) / uses["session_id"].nunique()),
    ]


def bars(values: Sequence[float], *, title: str, first: str, last: str) -> str:
    """Return a picture of bars, the largest as high as the frame, with words below the first and the last."""
    top, step = max(values), (WIDTH - LEFT - 6) / len(values)
    drawn = "".join(
        f'<rect x="{LEFT + k * step:.1f}" y="{FLOOR - 90 * v / top:.1f}" width="{step * 0.85:.1f}" '
        f'height="{90 * v / top:.1f}"/>'
        for k, v in enumerate(values)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="11" role="img"><title>{title}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="16" font-size="12">{title}</text><g fill="#3b6ea5">{drawn}</g>'
        f'<text x="{LEFT - 4}" y="38" text-anchor="end">{top:.3g}</text><text x="{LEFT - 4}" y="{FLOOR}" '
        f'text-anchor="end">0</text><text x="{LEFT}" y="{FLOOR + 16}">{first}</text>'
        f'<text x="{WIDTH - 6}" y="{FLOOR + 16}" text-anchor="end">{last}</text></svg>\n'
    )


def pictures(done: Simulated) -> dict[str, str]:
    """Return the pictures by name."""
    website, designs = table(done, "data/website/events"), table(done, "data/product/designs")
    uses = pd.concat([table(done, f"data/product/{name}") for name in ("usage", "usage-v2")])
    hours = [
        website["received_at"].dt.tz_convert("Europe/Vienna").dt.hour.value_counts(normalize=True).get(h, 0)
        for h in range(24)
    ]
    ranked = uses["user_id"].value_counts().to_numpy()
    places = np.unique(np.round(np.geomspace(1, len(ranked), 40)).astype(int)) - 1
    items = designs["template_id"].value_counts(normalize=True).to_numpy()[:60]
    spells = table(done, "truth/spells.parquet")
    months = spells[spells["phase"] == "lead"]["entered_on"].dt.strftime("%Y-%m").value_counts().sort_index()
    uses_title = "Uses of users by rank, ranks growing by ratios (synthetic)"
    return {
        "hours": bars(
            hours, title="Website events by hour, share (synthetic)", first="midnight", last="23 h"
        ),
        "uses": bars(ranked[places].tolist(), title=uses_title, first="busiest user", last="least busy"),
        "templates": bars(
            items.tolist(),
            title="Shares of the 60 most used templates (synthetic)",
            first="most used",
            last="60th",
        ),
        "leads": bars(
            months.tolist(),
            title="New leads by month (synthetic)",
            first=months.index[0],
            last=months.index[-1],
        ),
    }


def main() -> None:
    """Simulate, print the marginals, and draw if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=6000)
    parser.add_argument("--write", type=Path, help="the folder that the pictures go to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = simulate(Company(customers=options.customers, counterfactuals=0.0), out=Path(folder))
        for name, value in rates(done):
            print(f"| {name} | {value:.3f} |")
        people = pq.read_table(done.truth / "people.parquet", columns=["account"]).to_pandas()["account"]
        print(f"| accounts of one person | {(people.value_counts() == 1).mean():.3f} |")
        print(f"| events per customer | {done.events / options.customers:.0f} |")
        if options.write:
            options.write.mkdir(parents=True, exist_ok=True)
            for name, text in pictures(done).items():
                (options.write / f"simulator-{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
