"""Lists that are searched, filtered, sorted and read page by page, with the key of the last row as the cursor."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.found import literal

LIMIT_MAX = 100_000


def contains(text: str) -> str:
    """A pattern that finds the text anywhere."""
    return f"%{literal(text)}%"


def listed(
    select: str,
    *,
    key: str,
    where: Sequence[tuple[str, Any]] = (),
    sorts: Mapping[str, str] | None = None,
    sort: str = "",
    after: str = "",
    limit: int = 50,
) -> list[db.Row]:
    """Rows of a select without conditions, by `key` or by the column that a word of `sorts` names. One statement.

    `where` holds conditions on the select's columns with their value; a value that is None asks nothing, a list
    gives several. `-` before the word turns the order. A word that is not there sorts by the key.
    """
    used = [(text, value if isinstance(value, list) else [value]) for text, value in where if value is not None]
    conditions, params = [text for text, _ in used], [v for _, values in used for v in values]
    down = sort.startswith("-")
    column = (sorts or {}).get(sort.lstrip("-"), key)
    turned, beyond = (" DESC", "<") if down else ("", ">")
    if after:
        conditions.append(f"({column}, {key}) {beyond} (SELECT {column}, {key} FROM ({select}) u WHERE {key} = %s)")
        params.append(after)
    filtered = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"{column}{turned}, {key}{turned}" if column != key else f"{key}{turned}"
    sql = f"SELECT * FROM ({select}) t{filtered} ORDER BY {order} LIMIT %s"
    return db.rows(sql, [*params, min(limit, LIMIT_MAX)])
