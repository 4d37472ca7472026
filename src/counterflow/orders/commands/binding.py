"""Named parameters for statements that use the same value in several places."""

import re
from collections.abc import Mapping
from typing import Any

from counterflow.kernel import db

_NAMED = re.compile(r"%\((\w+)\)s")


def rows(sql: str, terms: Mapping[str, Any]) -> list[db.Row]:
    """Run one statement whose parameters are named; its rows."""
    return db.rows(*_bound(sql, terms))


def run(sql: str, terms: Mapping[str, Any]) -> int:
    """Run one statement whose parameters are named; the number of rows it touched."""
    return db.execute(*_bound(sql, terms))


def _bound(sql: str, terms: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return _NAMED.sub("%s", sql), [terms[name] for name in _NAMED.findall(sql)]
