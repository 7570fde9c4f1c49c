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
    dropped = ", ".join(quoted(f"id_{kind}") for kind in kinds)
    unusable = "CASE WHEN reason IS NULL AND token IS NULL THEN 'no usable identifier' ELSE reason END"
    named = f"SELECT s.* EXCLUDE ({dropped}), {token_columns} FROM _staged AS s {joins}"
    erased = " OR ".join(f"COALESCE({token} IN (SELECT token FROM _suppressed), FALSE)" for token in tokens)
    return f"""
    SELECT * EXCLUDE (reason), {unusable} AS reason, token IS NOT NULL AND ({erased}) AS suppressed
    FROM (SELECT *, COALESCE({", ".join(tokens)}) AS token FROM ({named}))
    """


_FRESH = "reason IS NULL AND NOT suppressed"


def repeated_rows() -> str:
    """Return the SELECT of the rows of `_judged` whose key came before in the same delivery: `file`, `line`, `outcome`.

    The first row of a key counts, in the order of files and lines; a later one is a duplicate if it says the same
    and a conflict if not.
    """
    differ = " OR ".join(f"j.{name} IS DISTINCT FROM FIRST_VALUE(j.{name}) OVER w" for name in SAME)
    return f"""
    WITH repeated AS (
        SELECT HASH(interaction_id) AS mark FROM _judged WHERE {_FRESH} GROUP BY mark HAVING COUNT(*) > 1
    ), ranked AS (
        SELECT j.file, j.line, ROW_NUMBER() OVER w AS place, {differ} AS conflict
        FROM _judged AS j SEMI JOIN repeated AS r ON HASH(j.interaction_id) = r.mark
        WHERE {_FRESH}
        WINDOW w AS (PARTITION BY j.interaction_id ORDER BY j.file, j.line)
    )
    SELECT file, line, CASE WHEN conflict THEN 'conflict' ELSE 'duplicate' END AS outcome FROM ranked
    WHERE conflict OR place > 1
    """


def met_rows() -> str:
    """Return the SELECT of the rows of `_judged` whose key is stored already: `file`, `line`, `outcome`.

    A row that the same file brought before still counts as stored by it; what the file (or the mapping that reads it)
    now says otherwise replaces it. Another file's word against it is a conflict, unless the source merges (`$merges`):
    then it is the newer word. Needs `_stored_interactions`, and `_own_loads` of the same source (`$source`).
    """
    differ = " OR ".join(f"j.{name} IS DISTINCT FROM s.{name}" for name in SAME)
    return f"""
    SELECT file, line, CASE
            WHEN conflict AND (own OR $merges) THEN 'replaced'
            WHEN conflict THEN 'conflict'
            WHEN own THEN 'held'
            ELSE 'duplicate' END AS outcome
    FROM (
        SELECT j.file, j.line, {differ} AS conflict, f.file IS NOT NULL AS own
        FROM _judged AS j JOIN _stored_interactions AS s ON j.interaction_id = s.interaction_id
        LEFT JOIN _own_loads AS f ON f.load_id = s.load_id AND f.file = j.file
        WHERE {_FRESH} AND s.source = $source
    )
    """


def interaction_outcomes() -> str:
    """Return the SELECT over `_judged` that adds `outcome`, from the rows of `_repeated` and `_met`."""
    return """
    SELECT j.*, CASE
            WHEN j.reason IS NOT NULL THEN 'quarantined'
            WHEN j.suppressed THEN 'suppressed'
            ELSE COALESCE(r.outcome, m.outcome, 'stored') END AS outcome
    FROM _judged AS j
    LEFT JOIN _repeated AS r ON j.file = r.file AND j.line = r.line
    LEFT JOIN _met AS m ON j.file = m.file AND j.line = m.line
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
