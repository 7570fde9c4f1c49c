"""The simulator's truth, against its own data: planted causes are found again where they should be, and as strong.

One company with a row of the panel for every person and day, and all counterfactual outcomes.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from customer_genome.simulator import Company, simulate
from customer_genome.simulator.effects import BASE, COEFFICIENTS, TRIAL_DAYS

COMPANY = Company(customers=2_000, days=365, seed=11, panel_days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return simulate(COMPANY, out=tmp_path_factory.mktemp("truth"))


def told(made, name):
    return pq.read_table(made.truth / f"{name}.parquet")


def fitted(x, moved):
    """Return the coefficients of `p = 1 - exp(-exp(x b))` and their standard errors, by Fisher scoring.

    Score and information of the complementary log-log model (McCullagh and Nelder 1989, 4.3).
    """
    b = np.zeros(x.shape[1])
    b[0] = np.log(moved.mean())
    for _ in range(30):
        h = np.exp(x @ b)
        score = x.T @ (h * (moved / -np.expm1(-h) - 1))
        information = (x * (h**2 / np.expm1(h))[:, None]).T @ x
        b += np.linalg.solve(information, score)
    return b, np.sqrt(np.diag(np.linalg.inv(information)))


@pytest.mark.parametrize("transition", ["sign_up", "start_trial", "subscribe", "try_again", "churn"])
def test_planted_hazards_are_recovered_from_true_covariates(made, transition):
    panel = told(made, "panel")
    rows = panel.filter(pc.equal(panel["transition"], transition))
    names = list(COEFFICIENTS[transition])
    x = np.stack([np.ones(rows.num_rows), *(rows[name].to_numpy() for name in names)], axis=1)
    there = x.std(axis=0) > 0
    there[0] = True
    true = np.array([BASE[transition], *COEFFICIENTS[transition].values()])
    moved = rows["moved"].to_numpy(zero_copy_only=False).astype(float)
    found, error = fitted(x[:, there], moved)
    z = (found - true[there]) / error
    assert np.abs(z).max() < 4
    assert np.mean(z**2) < 2.5


def test_hazards_say_how_many_move(made):
    panel = told(made, "panel")
    chance = -np.expm1(-panel["hazard"].to_numpy())
    moved = panel["moved"].to_numpy(zero_copy_only=False).astype(float)
    for phase in ("pre-lead", "lead", "trial", "subscription"):
        of = pc.equal(panel["phase"], phase).to_numpy(zero_copy_only=False)
        spread = np.sqrt((chance[of] * (1 - chance[of])).sum())
        assert abs(moved[of].sum() - chance[of].sum()) < 4 * spread


def test_who_is_more_likely_to_sign_up_does(made):
    panel = told(made, "panel").to_pandas()
    first = (
        panel[(panel["phase"] == "pre-lead")]
        .groupby("person")
        .agg(hazard=("hazard", "mean"), moved=("moved", "max"))
    )
    order = first["hazard"].rank().to_numpy()
    yes = first["moved"].to_numpy()
    auroc = (order[yes].sum() - yes.sum() * (yes.sum() + 1) / 2) / (yes.sum() * (~yes).sum())
    assert auroc > 0.65


def test_trials_run_out_after_a_fortnight(made):
    spells = told(made, "spells").to_pandas()
    trials = spells[(spells["phase"] == "trial") & spells["owner"] & spells["left_on"].notna()]
    length = (trials["left_on"] - trials["entered_on"]).dt.days
    assert length.max() == TRIAL_DAYS
    assert (length < TRIAL_DAYS).any()


def designs_by(made):
    """Return counts (person, format, theme) of the templates that users picked."""
    picked = ds.dataset(made.out / "data/product/designs", format="parquet").to_table()
    items = csv.read_csv(made.out / "data/product/templates.csv")
    joined = picked.join(items, keys="template_id").to_pandas()
    joined["person"] = joined["user_id"].str[1:].astype(int)
    return joined.groupby(["person", "format", "theme"]).size().rename("n").reset_index()


def test_choices_follow_the_planted_shares(made):
    counts = designs_by(made)
    shares = told(made, "choices").to_pandas()
    shares = shares[shares["gene"].str.startswith("theme:")].assign(theme=lambda t: t["gene"].str[6:])
    met = shares.merge(
        counts, left_on=["person", "category", "theme"], right_on=["person", "format", "theme"], how="left"
    )
    met["n"] = met["n"].fillna(0)
    total = met.groupby(["person", "category"])["n"].transform("sum")
    expected = total * met["share"]
    usable = expected > 1
    z = (met["n"] - expected)[usable] / np.sqrt(expected * (1 - met["share"]))[usable]
    assert usable.sum() > 1_000
    assert abs(z.mean()) < 0.1
    assert 0.9 < z.std() < 1.1


def test_ratios_are_shares_against_the_population(made):
    ratios = told(made, "ratios").to_pandas()
    for family in ("theme", "area", "tone", "palette", "topic", "level"):
        mine = ratios[ratios["gene"].str.startswith(family + ":")]
        for _, of_gene in mine.groupby("gene"):
            assert (of_gene["ratio"] * of_gene["volume"]).sum() / of_gene["volume"].sum() == pytest.approx(
                1, abs=0.15
            )
    liked = told(made, "tastes").to_pandas().assign(gene=lambda t: t["family"] + ":" + t["label"])
    both = ratios.merge(liked, on=["person", "gene"])
    for family in ("theme", "area", "tone"):
        some = both[both["family"] == family]
        assert np.corrcoef(np.log(some["ratio"]), some["log_multiplier"])[0, 1] > 0.6


def outcomes(made):
    table = told(made, "outcomes").to_pandas()
    days = ["lead_day", "trial_day", "subscribed_day", "churn_day"]
    table[days] = table[days].fillna(10_000)
    return {world: rows.set_index("person").sort_index() for world, rows in table.groupby("world")}


def test_worlds_differ_by_their_cause_alone(made):
    worlds = outcomes(made)
    base = worlds["as it was"]
    assert len(worlds) == 14
    for name, world in worlds.items():
        assert (world.index == base.index).all()
        if name.startswith("without ads"):  # nothing hinders a sign-up, so removing a push only delays it
            assert (world["lead_day"] >= base["lead_day"])[base["owner"]].all()
        if name.startswith(("without e-mail", "other arm")):
            assert (world["lead_day"] == base["lead_day"])[base["owner"]].all()
        if name.startswith("other arm"):
            never = base["owner"] & (base["trial_day"] == 10_000) & (base["subscribed_day"] == 10_000)
            assert world[never].drop(columns="world").equals(base[never].drop(columns="world"))
            assert (world["subscribed_day"] != base["subscribed_day"]).any()


def test_outcomes_as_they_were_are_those_of_the_spells(made):
    base = outcomes(made)["as it was"]
    spells = told(made, "spells").to_pandas()
    for phase, column in (("lead", "lead_day"), ("subscription", "subscribed_day"), ("churned", "churn_day")):
        entered = set(spells[(spells["phase"] == phase) & spells["owner"]]["person"])
        assert entered == set(base[(base[column] < 10_000) & base["owner"]].index)


def test_experiments_of_two_departments_oppose_each_other_and_channels_differ(made):
    effects = told(made, "effects").to_pandas().set_index(["cause", "measure"])["effect"]
    assert effects["trial-discount", "subscription"] > 0 > effects["trial-discount", "price"]
    assert effects["price-rise", "subscription"] < 0 < effects["price-rise", "price"]
    assert effects["onboarding-tour", "subscription"] > 0
    signed = {name: effects[f"ads: {name}", "sign-up"] for name in ("search", "social", "video", "display")}
    assert min(signed["search"], signed["social"]) > signed["video"] > signed["display"] >= 0
    assert effects["e-mail: offer", "subscription"] > effects["e-mail: newsletter", "subscription"]


def test_tastes_give_away_what_is_sensitive(made):
    people = told(made, "people").to_pandas().set_index("person")
    tastes = told(made, "tastes").to_pandas()
    wide = tastes[tastes["family"].isin(["theme", "area"])].pivot_table(
        index="person", columns="label", values="log_multiplier"
    )
    women = people["gender"] == "female"
    assert wide["pastel"][women].mean() > wide["pastel"][~women].mean() + 0.5
    assert (
        wide["accessibility"][people["disability"]].mean()
        > wide["accessibility"][~people["disability"]].mean() + 0.8
    )
