"""Which calendar counts for whom, and its openings, kept in each process.

What is written out of a version never changes, so openings are kept once they were read; a version whose years do not
reach far enough is written out further by the command that needs it (`commands/writing_years.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from counterflow.clocks.calendars import DEFAULT, Spec, spec_of
from counterflow.clocks.rules import Openings
from counterflow.kernel import db


@dataclass(frozen=True)
class Written:
    """A version of a calendar as far as it is written out, from the first year to the last."""

    version_id: int
    spec: Spec
    first: int
    last: int
    openings: Openings


@dataclass(frozen=True)
class Served:
    """The versions that count now, by node and by legal entity; `rest` is the default's, if there is one."""

    nodes: dict[str, int]
    entities: dict[str, int]
    rest: int | None

    def version_for(self, node: str, entity: str) -> int | None:
        """The calendar of the node, else of the entity, else the default one; none where there is none at all."""
        return self.nodes.get(node) or self.entities.get(entity) or self.rest


_kept: dict[tuple[str, int], Written] = {}
KEPT_MAX: Final = 2_000


def served() -> Served:
    """Which calendar counts for whom now. One statement."""
    found = db.rows("SELECT code, nodes, entities, current_id FROM clocks_calendar ORDER BY id")
    return Served(
        {code: row.current_id for row in found for code in row.nodes.split()},
        {code: row.current_id for row in found for code in row.entities.split()},
        next((row.current_id for row in found if row.code == DEFAULT), None),
    )


def written(version_ids: Sequence[int], *, first: int, last: int) -> dict[int, Written]:
    """Versions as they are written out, read again where what is kept does not reach over the years. One statement."""
    database = str(connection.settings_dict["NAME"])
    wanted = set(version_ids)
    found = {n: _kept[database, n] for n in wanted if (database, n) in _kept}
    short = [n for n in sorted(wanted) if n not in found or found[n].first > first or found[n].last < last]
    if short:
        fresh = read(short)
        if len(_kept) > KEPT_MAX:
            _kept.clear()
        _kept.update({(database, n): row for n, row in fresh.items()})
        found |= fresh
    return found


def read(version_ids: Sequence[int]) -> dict[int, Written]:
    """Versions with their openings. One statement."""
    found = {}
    for row in db.rows(_READ, [list(version_ids)]):
        opens, closes = row.opens or [], row.closes or []
        before = [timedelta(seconds=int(seconds)) for seconds in row.before or []]
        found[row.id] = Written(row.id, spec_of(row.content), row.first, row.last, Openings(opens, closes, before))
    return found


_READ = """
SELECT v.id, v.content, y.first, y.last, o.opens, o.closes, o.before
FROM clocks_calendarversion v
JOIN (SELECT version_id, min(year) AS first, max(year) AS last FROM clocks_calendaryear
      WHERE version_id = ANY(%s::bigint[]) GROUP BY 1) y ON y.version_id = v.id
CROSS JOIN LATERAL (SELECT array_agg(opens_at ORDER BY opens_at) AS opens,
                           array_agg(closes_at ORDER BY opens_at) AS closes,
                           array_agg(before_seconds ORDER BY opens_at) AS before
                    FROM clocks_opening WHERE version_id = v.id) o
"""
