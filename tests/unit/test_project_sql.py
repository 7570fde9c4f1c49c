"""Only SQL that looks at one row, is the same on both engines and touches nothing else gets through."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.project import Project
from customer_genome.core.user_sql import (
    SCALAR_FUNCTIONS,
    UserSqlError,
    check_expression,
    check_select,
    columns_of,
    tables_of,
)

# One call of every function that may be used, over the columns of ROW.
CALLS = {
    "abs": "abs(n)",
    "acos": "acos(x)",
    "array_contains": "array_contains(l, 'a')",
    "ascii": "ascii(t)",
    "asin": "asin(x)",
    "atan": "atan(x)",
    "atan2": "atan2(x, 1)",
    "cbrt": "cbrt(x)",
    "ceil": "ceil(x)",
    "chr": "chr(65)",
    "coalesce": "coalesce(z, t)",
    "concat": "concat(t, z, t)",
    "concat_ws": "concat_ws('-', t, z, t)",
    "contains": "contains(t, 'rg')",
    "cos": "cos(x)",
    "date_add": "date_add(d, INTERVAL 1 DAY)",
    "date_diff": "date_diff('day', d, m)",
    "date_trunc": "date_trunc('month', m)",
    "day": "day(d)",
    "dayofmonth": "dayofmonth(d)",
    "dayofweek": "dayofweek(d)",
    "dayofyear": "dayofyear(d)",
    "degrees": "degrees(x)",
    "ends_with": "ends_with(t, 'c')",
    "epoch_ms": "epoch_ms(1500000000000)",
    "exp": "exp(x)",
    "extract": "extract(month FROM d)",
    "floor": "floor(x)",
    "greatest": "greatest(n, 3)",
    "hour": "hour(m)",
    "if": "if(n > 1, 'a', 'b')",
    "ifnull": "ifnull(z, t)",
    "instr": "instr(t, 'rg')",
    "isinf": "isinf(x)",
    "isnan": "isnan(x)",
    "isodow": "isodow(d)",
    "json_extract": "json_extract(j, '$.a')",
    "json_extract_string": "json_extract_string(j, '$.a')",
    "last_day": "last_day(d)",
    "least": "least(n, 3)",
    "left": "left(t, 2)",
    "len": "len(t)",
    "length": "length(t)",
    "levenshtein": "levenshtein(t, 'organ')",
    "list_contains": "list_contains(l, 'a')",
    "ln": "ln(x)",
    "log": "log(x)",
    "lower": "lower(t)",
    "lpad": "lpad(t, 12, '0')",
    "ltrim": "ltrim(t, 'O')",
    "make_date": "make_date(2017, 1, 31)",
    "make_timestamp": "make_timestamp(2017, 1, 31, 1, 2, 3.5)",
    "md5": "md5(t)",
    "minute": "minute(m)",
    "month": "month(d)",
    "nullif": "nullif(t, '')",
    "pi": "pi()",
    "pow": "pow(x, 2)",
    "power": "power(x, 2)",
    "quarter": "quarter(d)",
    "radians": "radians(x)",
    "regexp_extract": r"regexp_extract(t, '([A-Z])(\w+)', 2)",
    "regexp_matches": r"regexp_matches(t, '\bORG')",
    "regexp_replace": "regexp_replace(t, '[A-Z]', '-', 'g')",
    "replace": "replace(t, 'O', 'o')",
    "reverse": "reverse(t)",
    "right": "right(t, 2)",
    "round": "round(x, 1)",
    "rpad": "rpad(t, 12, '0')",
    "rtrim": "rtrim(t, 'c')",
    "second": "second(m)",
    "sha256": "sha256(t)",
    "sign": "sign(n)",
    "sin": "sin(x)",
    "split_part": "split_part(t, 'g', 1)",
    "sqrt": "sqrt(x)",
    "starts_with": "starts_with(t, 'O')",
    "strftime": "strftime(m, '%d %b %Y')",
    "string_split": "string_split(t, 'g')",
    "strpos": "strpos(t, 'rg')",
    "strptime": "strptime('2017-01-31', '%Y-%m-%d')",
    "substr": "substr(t, 2, 3)",
    "substring": "substring(t, 2, 3)",
    "tan": "tan(x)",
    "to_timestamp": "to_timestamp(1500000000)",
    "translate": "translate(t, 'O', '0')",
    "trim": "trim('  ' || t)",
    "upper": "upper(t)",
    "week": "week(d)",
    "weekofyear": "weekofyear(d)",
    "year": "year(d)",
}
ROW = """(SELECT 'Organic' AS t, CAST(NULL AS TEXT) AS z, 2 AS n, 0.5 AS x, ['a', 'b'] AS l, '{"a": "it''s"}' AS j,
    DATE '2017-03-05' AS d, TIMESTAMP '2017-03-07 08:09:10' AS m)"""
SYNTAX = [
    "CASE WHEN n > 1 THEN t ELSE z END",
    "CASE n WHEN 2 THEN 'two' END",
    "CAST(n AS DECIMAL(10, 2)) / 3",
    "n::TEXT || '-' || t",
    "TRY_CAST(t AS DOUBLE)",
    "NOT (z IS NULL) OR n IN (1, 2) AND x BETWEEN 0 AND 1",
    "z IS DISTINCT FROM t",
    "t LIKE 'O%' AND t ILIKE 'o%'",
    "n // 2 + n % 2 - -n",
    "d + 7 * n",
    "m + INTERVAL '86399' SECOND",
    "l[1]",
    "j ->> '$.a'",
    "t -- what it is called",
    "'it''s; -- no comment'",
    r"t ~ '\d+'",
]


def value(expression: str) -> object:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT CAST(({expression}\n) AS TEXT) FROM {ROW}").fetchone()
    assert found is not None
    return found[0]


def test_every_function_on_the_list_has_a_call_here_and_a_word_in_the_reference() -> None:
    assert set(CALLS) == set(SCALAR_FUNCTIONS)
    listed = (Project.__doc__ or "").replace("\n", " ")
    assert [
        name for name in SCALAR_FUNCTIONS if f" {name}," not in listed and f" {name}." not in listed
    ] == []


@pytest.mark.parametrize("expression", [*CALLS.values(), *SYNTAX])
def test_what_runs_gives_what_was_written(expression: str) -> None:
    assert value(check_expression(expression)) == value(expression)
    assert check_expression(check_expression(expression)) == check_expression(expression)
    assert sqlglot.transpile(check_expression(expression), read="duckdb", write="spark")[0]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("", "``"),
        ("-- nothing", "`-- nothing`"),
        ("a, b", "`a, b`"),
        ("a b", "`a AS b`"),
        ("a; DROP TABLE b", "`a; DROP TABLE b`"),
        ("a) AS x, (b", "`a) AS x, (b`"),
        ("a FROM t", "`a FROM t`"),
        ("(SELECT 1)", "`(SELECT 1)`"),
        ("a IN (SELECT b FROM t)", "`(SELECT b FROM t)`"),
        ("a IN (FROM t)", "`(SELECT * FROM t)`"),
        ("EXISTS (SELECT 1)", "function `exists`"),
        ("read_csv('/etc/passwd')", "function `read_csv`"),
        ("read_text('/etc/passwd')", "function `read_text`"),
        ("getenv('HOME')", "function `getenv`"),
        ("current_setting('threads')", "function `current_setting`"),
        ("now()", "function `now`"),
        ("current_date", "function `current_date`"),
        ("random()", "function `rand`"),
        ("uuid()", "function `uuid`"),
        ("count(*)", "function `count`"),
        ("sum(a) OVER ()", "`SUM(a) OVER ()`"),
        ("COLUMNS('.*')", "function `columns`"),
        ("*", "`*`"),
        ("$secret", "`$secret`"),
        ("?", "`?`"),
        ("list_transform(l, x -> x)", "function `transform`"),
        ("CAST(a AS something)", "type `something`"),
        ("'a\x00b'", "`'a\x00b'`"),
    ],
)
def test_what_an_expression_may_not_hold(expression: str, found: str) -> None:
    with pytest.raises(UserSqlError) as error:
        check_expression(expression)
    assert error.value.found == found


def test_a_misspelt_function_is_named_with_its_neighbour() -> None:
    with pytest.raises(UserSqlError, match=r"found function `regexp_match`; expected `regexp_matches`\?"):
        check_expression("regexp_match(a, 'b')")


@pytest.mark.parametrize(
    "expression", ["(" * 70 + "a" + ")" * 70, "NOT " * 3000 + "a", "- " * 4000 + "a", "[" * 5000]
)
def test_nesting_without_end_is_refused(expression: str) -> None:
    with pytest.raises(UserSqlError):
        check_expression(expression)


@given(st.text(max_size=60) | st.text("ab()'\"-;,*/ SELECTFROM$\\", max_size=40))
def test_any_text_is_checked_or_refused(text: str) -> None:
    for check in (check_expression, check_select):
        try:
            checked = check(text)
        except UserSqlError:
            continue
        assert check(checked) == checked


def test_columns_are_found_without_the_fields_of_structs() -> None:
    assert columns_of(check_expression("address.city || upper(name) || 'x'")) == {"address", "name"}


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT * FROM a", {"a"}),
        ("FROM a", {"a"}),
        ("SELECT * FROM A JOIN b USING (x)", {"a", "b"}),
        ("WITH c AS (SELECT * FROM a) SELECT * FROM c JOIN b USING (x)", {"a", "b"}),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a", {"b"}),
        # the first CTE reads the table, since the CTE of that name comes later
        ("WITH c AS (SELECT * FROM d), d AS (SELECT 1) SELECT * FROM c", {"d"}),
        (
            "SELECT (SELECT max(x) FROM c) FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.i = a.i)",
            {"a", "b", "c"},
        ),
        ("SELECT x IN (FROM b) FROM a", {"a", "b"}),
        ("SELECT x FROM a UNION ALL SELECT y FROM b", {"a", "b"}),
        ("SELECT * FROM (VALUES (1, 'a')) AS t(x, y)", set()),
        ("SELECT * FROM 'other.csv'", {"other.csv"}),
    ],
)
def test_the_tables_of_a_query(query: str, tables: set[str]) -> None:
    assert tables_of(check_select(query)) == tables


@pytest.mark.parametrize(
    "query",
    [
        "",
        "a + b",
        "SELECT 1; SELECT 2",
        "DELETE FROM a",
        "INSERT INTO a SELECT 1",
        "COPY a TO 'x.csv'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET threads = 1",
        "EXPLAIN SELECT 1",
        "SELECT * FROM read_csv('x.csv')",
        "SELECT * FROM range(10)",
        "SELECT * FROM other.a",
        "SELECT * FROM a, unnest([1, 2])",
        "SELECT * FROM a, LATERAL (SELECT 1)",
        "SELECT * FROM a TABLESAMPLE 10%",
        "SELECT * FROM a FOR UPDATE",
        "SELECT * INTO b FROM a",
        "SELECT getenv('HOME') FROM a",
        "SELECT * FROM a WHERE t < now()",
        "SELECT * FROM a ASOF JOIN b ON a.t >= b.t",
        "WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT * FROM c) SELECT * FROM c",
        "SELECT * FROM a AT (VERSION => 1)",
    ],
)
def test_what_a_query_may_not_be(query: str) -> None:
    with pytest.raises(UserSqlError):
        check_select(query)


def test_a_query_gives_what_was_written() -> None:
    query = """WITH c AS (SELECT 'a' AS k, 1 AS v UNION ALL SELECT 'b', 2 UNION ALL SELECT 'a', 3)
        SELECT k, sum(v) AS s, count(*) AS n, arg_max(v, v) AS m FROM c GROUP BY k
        QUALIFY row_number() OVER (ORDER BY k) <= 2 ORDER BY k -- the end"""
    with duckdb.connect() as connection:
        assert connection.sql(check_select(query)).fetchall() == connection.sql(query).fetchall()
