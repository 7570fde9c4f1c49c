"""What becomes of each received row: stored, duplicate, quarantined or suppressed; the four always add up."""

from __future__ import annotations

from customer_genome.sources.columns import quoted

SAME = ("token", "verb", "item_id", "occurred_at", "quantity", "value")
"""Columns in which two interactions of one key must agree to count as the same."""


def judged(kinds: tuple[str, ...], *, token_columns: str, joins: str) -> str:
    """Return the SELECT that turns `_staged` rows into rows with `token`, `suppressed` and a final `reason`.

    The row's token is that of the first configured identifier that it has.
    """
    tokens = [quoted(f"token_{kind}") for kind in kinds]
    listed = ", ".join(tokens)
    dropped = ", ".join(quoted(f"id_{kind}") for kind in kinds)
    unusable = "CASE WHEN reason IS NULL AND token IS NULL THEN 'no usable identifier' ELSE reason END"
    named = f"SELECT s.* EXCLUDE ({dropped}), {token_columns} FROM _staged AS s {joins}"
    return f"""
    SELECT * EXCLUDE (reason), {unusable} AS reason,
        token IS NOT NULL AND EXISTS (SELECT 1 FROM _suppressed AS x WHERE x.token IN ({listed})) AS suppressed
    FROM (SELECT *, COALESCE({listed}) AS token FROM ({named}))
    """


def interaction_outcomes() -> str:
    """Return the SELECT over `_judged` that adds `outcome`; needs `_stored_interactions` of the same source.

    The first row of a key counts, in the order of files and lines; a later one is a duplicate if it says the same
    and a conflict if not. A row that the same file brought before still counts as stored by it; what the file (or the
    mapping that reads it) now says otherwise replaces it. Another file's word against it is a conflict.
    """
    differ = " OR ".join(f"{{left}}.{name} IS DISTINCT FROM {{right}}.{name}" for name in SAME)
    fresh = "reason IS NULL AND NOT suppressed"
    return f"""
    WITH repeated AS (
        SELECT interaction_id FROM _judged WHERE {fresh} GROUP BY interaction_id HAVING COUNT(*) > 1
    ), ranked AS (
        SELECT j.file, j.line, ROW_NUMBER() OVER w AS place,
            {" OR ".join(f"j.{n} IS DISTINCT FROM FIRST_VALUE(j.{n}) OVER w" for n in SAME)} AS conflict
        FROM _judged AS j SEMI JOIN repeated AS r ON j.interaction_id = r.interaction_id
        WHERE {fresh}
        WINDOW w AS (PARTITION BY j.interaction_id ORDER BY j.file, j.line)
    ), met AS (
        SELECT j.file, j.line, {differ.format(left="j", right="s")} AS conflict, f.file IS NOT NULL AS own
        FROM _judged AS j JOIN _stored_interactions AS s ON j.interaction_id = s.interaction_id
        LEFT JOIN _own_loads AS f ON f.load_id = s.load_id AND f.file = j.file
        WHERE {fresh} AND s.source = $source
    )
    SELECT j.*, CASE
            WHEN j.reason IS NOT NULL THEN 'quarantined'
            WHEN j.suppressed THEN 'suppressed'
            WHEN r.conflict THEN 'conflict'
            WHEN r.place > 1 THEN 'duplicate'
            WHEN m.own AND m.conflict THEN 'replaced'
            WHEN m.conflict THEN 'conflict'
            WHEN m.own THEN 'held'
            WHEN m.file IS NOT NULL THEN 'duplicate'
            ELSE 'stored' END AS outcome
    FROM _judged AS j
    LEFT JOIN ranked AS r ON j.file = r.file AND j.line = r.line
    LEFT JOIN met AS m ON j.file = m.file AND j.line = m.line
    """


def item_outcomes(key: tuple[str, ...], *, compared: tuple[str, ...]) -> str:
    """Return the SELECT over `_staged` that adds `outcome` for rows whose newest delivery replaces the older.

    Within one delivery the first row of a key counts; a later one is a duplicate if `compared` agree, else a conflict.
    """
    keys = ", ".join(quoted(name) for name in key)
    differ = " OR ".join(f"{quoted(n)} IS DISTINCT FROM FIRST_VALUE({quoted(n)}) OVER w" for n in compared)
    return f"""
    SELECT *, CASE
            WHEN reason IS NOT NULL THEN 'quarantined'
            WHEN ROW_NUMBER() OVER w = 1 THEN 'stored'
            WHEN {differ or "FALSE"} THEN 'conflict'
            ELSE 'duplicate' END AS outcome
    FROM _staged
    WINDOW w AS (PARTITION BY reason IS NULL, {keys} ORDER BY file, line)
    """
