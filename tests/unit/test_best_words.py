"""What is said of what genes add, from the checks of a build."""

from customer_genome.app.best import what_genes_add


def _row(population: str, method: str, auroc: float, *gain: float) -> dict[str, object]:
    low, high = (gain[1], gain[2]) if gain else (None, None)
    return {
        "population": population, "method": method, "auroc": auroc, "customers": 1000, "became_best": 80,
        "against": "behaviour" if gain else None, "gain": gain[0] if gain else None, "gain_low": low, "gain_high": high,
    }  # fmt: skip


def test_each_population_is_said_with_its_interval() -> None:
    rows = [
        _row("spend is known", "value so far", 0.88),
        _row("spend is known", "behaviour and genes", 0.881, 0.001, -0.004, 0.005),
        _row("newcomers", "behaviour and genes", 0.86, 0.006, 0.002, 0.01),
    ]
    known, new = what_genes_add(rows)
    assert known.startswith("Where spend is known (1,000 customers, 80 became best), genes add +0.001")
    assert "nothing surely" in known
    assert "value so far 0.880" in known
    assert new.startswith("Among newcomers")
    assert "surely something" in new


def test_nothing_is_said_of_nothing() -> None:
    assert what_genes_add([]) == ()
    assert what_genes_add([_row("newcomers", "value so far", 0.7)]) == ()
