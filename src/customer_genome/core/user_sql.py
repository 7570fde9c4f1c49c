"""SQL that users write: parsed, held against what is allowed, and written anew in canonical spelling.

What runs is the text that sqlglot writes from the tree that was checked, so that no other parser can read
anything else in it. Allowed is what is listed here and nothing more: functions that give the same result
each time and that sqlglot can write for both engines; no subquery in an expression, no table function, no
file, no setting.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.optimizer.scope import traverse_scope

_NAMES = """
    abs acos array_contains ascii asin atan atan2 cbrt ceil chr coalesce concat concat_ws contains
    cos date_add date_diff date_trunc day dayofmonth dayofweek dayofyear degrees
    ends_with epoch_ms exp extract floor greatest hour if ifnull instr isinf isnan isodow
    json_extract json_extract_string last_day least left len length levenshtein list_contains ln log
    lower lpad ltrim make_date make_timestamp md5 minute month nullif pi pow power quarter radians
    regexp_extract regexp_matches regexp_replace replace reverse right round rpad rtrim second
    sha256 sign sin split_part sqrt starts_with strftime string_split strpos strptime substr
    substring tan to_timestamp translate trim upper week weekofyear year
"""
SCALAR_FUNCTIONS = tuple(_NAMES.split())
"""The functions that an expression may call (beside CASE, CAST and TRY_CAST), as DuckDB spells them."""


class UserSqlError(ValueError):
    """A text that may not be used, in the words of an error message."""

    def __init__(self, found: str, expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"found {found}; expected {expected}")


def _nodes(names: str) -> frozenset[type[exp.Expr]]:
    return frozenset(getattr(exp, name) for name in names.split())


_SYNTAX = _nodes(
    "Column Identifier Literal Boolean Null Paren Tuple Neg Not And Or Add Sub Mul Div IntDiv Mod"
    " EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ Is Like ILike Escape Between In Interval Var"
    " DPipe Bracket Dot DataType DataTypeParam JSONPath JSONPathRoot JSONPathKey JSONPathSubscript"
)
_FUNCTIONS = _nodes(
    "Case If Coalesce Nullif Greatest Least Cast TryCast IsNan IsInf Abs Acos Asin Atan Atan2 Cbrt"
    " Ceil Cos Degrees Exp Floor Ln Log Pi Pow Radians Round Sign Sin Sqrt Tan Ascii Chr Concat"
    " ConcatWs Contains EndsWith Left Length Levenshtein Lower MD5 SHA2 Pad RegexpExtract"
    " RegexpLike RegexpReplace Replace Reverse Right Split SplitPart StartsWith StrPosition"
    " Substring Translate Trim Upper DateAdd DateDiff DateFromParts DateSub DateTrunc Day"
    " DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Extract Hour LastDay Minute Month Quarter Second"
    " StrToDate StrToTime TimestampFromParts TimestampTrunc TimeToStr UnixToTime Week WeekOfYear"
    " Year JSONExtract JSONExtractScalar ArrayContains ArraySize StructExtract"
)
_AGGREGATES = _nodes(
    "Count CountIf Sum Avg Min Max Median Quantile PercentileCont Stddev StddevPop StddevSamp"
    " Variance ArgMax ArgMin LogicalAnd LogicalOr RowNumber Rank DenseRank Lag Lead FirstValue"
    " LastValue"
)
_CLAUSES = _nodes(
    "Select From Join Where Group Having Order Ordered Limit Offset With CTE TableAlias Table"
    " Alias Subquery Star Distinct Union Intersect Except Exists Window WindowSpec Filter Qualify"
    " Values WithinGroup"
)
_SCALAR = _SYNTAX | _FUNCTIONS
_QUERY = _SCALAR | _AGGREGATES | _CLAUSES
_DEPTH = 64


def check_expression(text: str, /) -> str:
    """Return `text`, a scalar expression over columns, in canonical spelling; raises `UserSqlError`."""
    expected = "one scalar SQL expression over columns"
    try:
        tree = _parse(f"SELECT (\n{text}\n) AS x", expected=expected)
    except UserSqlError:
        raise UserSqlError(shown(text), expected) from None
    only = tree.expressions[0] if isinstance(tree, exp.Select) and len(tree.expressions) == 1 else None
    inner = only.this.this if isinstance(only, exp.Alias) and isinstance(only.this, exp.Paren) else None
    used = {key for key, value in tree.args.items() if value and key != "expressions"}
    if not isinstance(inner, exp.Expr) or used:
        raise UserSqlError(shown(text), expected)
    _allow(inner, allowed=_SCALAR, expected=expected)
    return _written(inner)


def check_select(text: str, /) -> str:
    """Return `text`, one SELECT, in canonical spelling; raises `UserSqlError` (see also `tables_of`)."""
    expected = "one SELECT over the declared inputs"
    tree = _parse(text, expected=expected)
    if not isinstance(tree, exp.Query):
        raise UserSqlError(shown(text), expected)
    _allow(tree, allowed=_QUERY, expected=expected)
    tables_of(text)
    return _written(tree, pretty=True)


@lru_cache(maxsize=4096)
def columns_of(expression: str, /) -> frozenset[str]:
    """Return the columns that a checked expression looks at, spelt as in it."""
    tree = sqlglot.parse_one(f"SELECT ({expression})", dialect="duckdb")
    return frozenset(column.parts[0].name for column in tree.find_all(exp.Column))


def tables_of(select: str, /) -> frozenset[str]:
    """Return the tables that a SELECT reads from outside itself, in lower case; raises `UserSqlError`."""
    expected = "tables named plainly, each in a FROM or JOIN"
    tree = _parse(select, expected=expected)
    try:
        scopes = traverse_scope(tree)
    except (SqlglotError, RecursionError) as error:
        raise UserSqlError(_reason(error), expected) from None
    seen: dict[int, str] = {}
    read: set[str] = set()
    for scope in scopes:
        seen.update({id(table): table.name for table in scope.tables})
        read.update(source.name.lower() for source in scope.sources.values() if isinstance(source, exp.Table))
    for table in tree.find_all(exp.Table):
        plainly = {key for key, value in table.args.items() if value} <= {"this", "alias", "joins"}
        if id(table) not in seen or not plainly or not isinstance(table.this, exp.Identifier):
            raise UserSqlError(f"`{table.sql('duckdb')}`", expected)
    return frozenset(read)


def _parse(text: str, *, expected: str) -> exp.Expr:
    """Return the tree of the one SELECT that `text` is."""
    if "\x00" in text or max(_depths(text), default=0) > _DEPTH:
        raise UserSqlError("a zero byte" if "\x00" in text else f"brackets more than {_DEPTH} deep", expected)
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
        if not tokens or tokens[0].token_type not in _OPENINGS:
            raise UserSqlError(shown(text), expected)
        trees = sqlglot.parse(text, dialect="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise UserSqlError(f"{shown(text)} ({_reason(error)})", expected) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Expr):
        raise UserSqlError(f"{len(trees)} statements", expected)
    return trees[0]


_OPENINGS = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN}


def _allow(tree: exp.Expr, *, allowed: frozenset[type[exp.Expr]], expected: str) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Func) and type(node) not in allowed:
            name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
            raise UserSqlError(f"function `{name}`", _hint(node, name))
        if type(node) not in allowed:
            text = node.sql("duckdb", unsupported_level=ErrorLevel.IGNORE) or type(node).__name__
            raise UserSqlError(shown(text), f"{expected}, without {_spaced(node)}")
        if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.USERDEFINED:
            raise UserSqlError(
                f"type {shown(node.sql('duckdb'))}", "a type such as DOUBLE, TEXT, DATE or TIMESTAMP"
            )
        if isinstance(node, exp.With) and node.recursive:
            raise UserSqlError("WITH RECURSIVE", expected)
        if isinstance(node, exp.Join) and node.method:
            raise UserSqlError(f"{node.method} JOIN", "a join that both engines know")


def _hint(node: exp.Expr, name: str) -> str:
    if isinstance(node, exp.AggFunc):
        return "an expression that looks at one row only (an aggregate belongs into a `query`)"
    near = difflib.get_close_matches(name, SCALAR_FUNCTIONS, n=1, cutoff=0.8)
    return f"`{near[0]}`?" if near else "a function that the configuration reference lists"


def _spaced(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()


def _written(tree: exp.Expr, *, pretty: bool = False) -> str:
    try:
        tree.sql("spark", unsupported_level=ErrorLevel.RAISE)
        return tree.sql("duckdb", comments=False, pretty=pretty)
    except (SqlglotError, RecursionError) as error:
        raise UserSqlError(_reason(error), "SQL that can be written for both engines") from None


def _depths(text: str) -> Iterator[int]:
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        yield depth


def shown(text: str) -> str:
    """Return `text` on one line, between backticks, at most 80 characters."""
    flat = re.sub(r"\s+", " ", text).strip()
    return f"`{flat[:77]}...`" if len(flat) > 80 else f"`{flat}`"


def _reason(error: Exception) -> str:
    if isinstance(error, ParseError) and error.errors:
        return str(error.errors[0].get("description") or "cannot be parsed").rstrip(".")
    return "nested too deeply" if isinstance(error, RecursionError) else re.sub(r"\s+", " ", str(error))[:120]
