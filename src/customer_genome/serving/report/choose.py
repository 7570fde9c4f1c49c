"""Which three customers a report shows: chosen by a rule, the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass

from customer_genome.genome.compare import compare
from customer_genome.serving.report.likeness import known_genes
from customer_genome.serving.report.reading import PURPOSE, Reading

CANDIDATES = 60
"""Nearest by vector that are compared gene by gene."""


@dataclass(frozen=True)
class Chosen:
    """One customer and why the report shows them."""

    customer_id: str
    why: str


def choose(reading: Reading) -> tuple[Chosen, ...]:
    """Return a best customer, the one most like them who is not among the best, and a typical one.

    The first is the most valuable of the best whose genome is known at least as well as the median one's (in genes
    that surely differ from the expected, at least one) and of whom a source states a fact, if there are such. The
    second is most like them, gene by gene, of the 60 nearest by vector who are not among the best, of whom such a gene
    and as many sessions are known as of the median customer. The third spent closest to the median of all, with a
    genome as well known as the first's must be. Ties go to the smaller customer_id.
    """
    people = reading.rows(_PEOPLE, "customers", "best", "expressions", "facts")
    well_known = [one for one in people if one["surely"] >= one["middle_surely"]]
    known = [one for one in well_known if one["facts"]] or well_known
    if not known:
        return ()
    best = next((one["customer_id"] for one in known if one["is_best"]), known[0]["customer_id"])
    chosen = [Chosen(best, "the most valuable customer with a well-known genome")]
    eligible = {
        one["customer_id"]
        for one in people
        if not one["is_best"] and one["surely"] and one["sessions"] >= one["middle_sessions"]
    }
    near = reading.workspace.similar(best, k=len(people), purpose=PURPOSE)["customer_id"].to_pylist()
    second = _likest(reading, best, [one for one in near if one in eligible][:CANDIDATES])
    if second is not None:
        chosen.append(Chosen(second, "the most similar customer who is not among the best"))
    taken = {best, second}
    typical = [one for one in known if one["customer_id"] not in taken]
    if typical:
        third = min(typical, key=lambda one: (one["from_median"], one["customer_id"]))
        chosen.append(
            Chosen(third["customer_id"], "the one whose spend is nearest to the middle of all customers")
        )
    return tuple(chosen)


def _likest(reading: Reading, best: str, candidates: list[str]) -> str | None:
    known = known_genes(reading, [best, *candidates])
    if best not in known:
        return candidates[0] if candidates else None
    alike = {one: compare(known[best], right=known[one]).similarity for one in candidates if one in known}
    said = {one: similarity for one, similarity in alike.items() if similarity is not None}
    return min(said, key=lambda one: (-said[one], one)) if said else None


_PEOPLE = """
WITH surely AS (
    SELECT customer_id, COUNT(*) AS surely FROM expressions WHERE low > 1 OR high < 1 GROUP BY customer_id
)
SELECT c.customer_id, c.sessions, COALESCE(b.is_best, FALSE) AS is_best, COALESCE(s.surely, 0) AS surely,
    COALESCE(f.facts, 0) AS facts,
    GREATEST(MEDIAN(COALESCE(s.surely, 0)) OVER (), 1) AS middle_surely, MEDIAN(c.sessions) OVER () AS middle_sessions,
    ABS(c.revenue - MEDIAN(c.revenue) OVER ()) AS from_median
FROM customers AS c LEFT JOIN best AS b ON c.customer_id = b.customer_id
LEFT JOIN surely AS s ON c.customer_id = s.customer_id
LEFT JOIN (SELECT customer_id, COUNT(*) AS facts FROM facts GROUP BY customer_id) AS f ON c.customer_id = f.customer_id
ORDER BY b.value DESC NULLS LAST, c.customer_id"""
