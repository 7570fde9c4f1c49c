"""Item DNA from words: the rules `how: words` read their texts, each distinct one once."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.step import Sql
from customer_genome.genome.stages.rules import Rule
from customer_genome.genome.words import Reading, words
from customer_genome.privacy import Workbench

TEXTS = Sql(
    "SELECT v.rule, v.item_id, v.value, i.category FROM item_values AS v "
    "JOIN dna_rules AS r ON v.rule = r.rule AND r.how = 'words' JOIN items AS i ON v.item_id = i.item_id "
    "WHERE v.value IS NOT NULL ORDER BY v.rule, v.value, v.item_id",
    reads=("item_values", "items", "dna_rules"),
)
FEWEST = 5
"""A term, or a size of pack, that fewer items carry is chance; `minimum_items` asks for more."""
_SCHEMA = pa.schema([(name, pa.string()) for name in ("item_id", "gene", "rule", "words")])


def word_dna(
    bench: Workbench, known: Sequence[Rule], *, tables: dict[str, pa.Table], purpose: str
) -> pa.Table:
    """Return item_id, gene, rule and the words that made the gene, of every rule that reads words."""
    reading = [rule for rule in known if rule.how == "words"]
    if not reading:
        return _SCHEMA.empty_table()
    found = bench.query(TEXTS, purpose=purpose, tables={"dna_rules": tables["dna_rules"]})
    return pa.concat_tables([_SCHEMA.empty_table(), *(_read(found, rule) for rule in reading)])


def _read(found: pa.Table, rule: Rule) -> pa.Table:
    """Read the texts of one rule: its distinct texts in order, counted and told apart by their items."""
    assert rule.rule is not None
    mine = found.filter(pc.equal(found["rule"], rule.name)).combine_chunks()
    texts = pc.unique(mine["value"])
    text_of = pc.index_in(mine["value"], value_set=texts).combine_chunks()
    how = Reading(
        read=rule.rule.read,
        most=rule.rule.most,
        fewest=max(FEWEST, rule.minimum_items),
        lexicon=rule.rule.lexicon,  # type: ignore[arg-type]
    )
    read = words(texts, how=how, items=text_of, strata=mine["category"].combine_chunks())
    of_items = pa.table({"item_id": mine["item_id"], "text": text_of.cast(pa.int64())})
    rows = of_items.join(read, keys="text", join_type="inner")
    gene = pc.binary_join_element_wise(pa.scalar(rule.family), rows["label"], ":")
    return pa.table(
        [rows["item_id"], gene, pa.array([rule.name] * rows.num_rows, pa.string()), rows["words"]],
        schema=_SCHEMA,
    )
