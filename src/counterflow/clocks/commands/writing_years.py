"""Writing out the openings of calendars, so that every process and every law counts by the same ones.

A year is written once for each version of a calendar and stays, whatever a later edition of the library says about
its holidays. Years are contiguous: working time between any two instants in them is a difference.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from counterflow.clocks.calendars import Spec, holidays_of, hours_in, openings
from counterflow.clocks.models import CalendarYear, Opening
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid

BACK: Final = 1
AHEAD: Final = 2
FIRST, LAST = 1900, 2400


class YearOutOfReach(Invalid):
    """Working hours are counted from {first} to {last}, not in {year}; say when it really happened."""


def first_years(at: datetime) -> range:
    """The years that a new version is written out for."""
    return range(at.year - BACK, at.year + AHEAD + 1)


def write_years(ctx: Context, wanted: Mapping[int, tuple[Spec, range]], *, fresh: bool = False) -> None:
    """Write out the years that are missing between those asked and those that are there; by version.

    `fresh` versions have none yet. One look-up where they may have some, one write a table. Raises `YearOutOfReach`.
    """
    edges = {} if fresh else {row.version_id: row for row in db.rows(_EDGES, [sorted(wanted)])}
    years: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for version_id, (spec, asked) in sorted(wanted.items()):
        if not (asked.start >= FIRST and asked.stop <= LAST + 1):
            raise YearOutOfReach(first=FIRST, last=LAST, year=asked.start if asked.start < FIRST else asked.stop - 1)
        edge = edges.get(version_id)
        if edge is None:
            _forward(ctx, version_id, spec, asked, 0, years, rows)
            continue
        _forward(ctx, version_id, spec, range(edge.last + 1, asked.stop), edge.worked, years, rows)
        _backward(ctx, version_id, spec, range(asked.start, edge.first), edge.before, years, rows)
    db.insert(CalendarYear, years)
    db.insert(Opening, rows)


_EDGES = """
SELECT y.version_id, y.first, y.last,
       (SELECT o.before_seconds FROM clocks_opening o WHERE o.version_id = y.version_id ORDER BY o.opens_at LIMIT 1)
           AS before,
       (SELECT o.before_seconds + extract(epoch FROM o.closes_at - o.opens_at)::bigint FROM clocks_opening o
        WHERE o.version_id = y.version_id ORDER BY o.opens_at DESC LIMIT 1) AS worked
FROM (SELECT version_id, min(year) AS first, max(year) AS last FROM clocks_calendaryear
      WHERE version_id = ANY(%s::bigint[]) GROUP BY 1) y
"""


def _forward(
    ctx: Context,
    version_id: int,
    spec: Spec,
    asked: range,
    before: int,
    years: list[dict[str, Any]],
    rows: list[dict[str, Any]],
) -> None:
    for year in asked:
        spans = openings(spec, year)
        years.append(_year(ctx, version_id, spec, year, int(hours_in(spans).total_seconds())))
        for opens, closes in spans:
            rows.append(
                {
                    "version_id": version_id,
                    "year": year,
                    "opens_at": opens,
                    "closes_at": closes,
                    "before_seconds": before,
                }
            )
            before += int((closes - opens).total_seconds())


def _backward(
    ctx: Context,
    version_id: int,
    spec: Spec,
    asked: range,
    before: int,
    years: list[dict[str, Any]],
    rows: list[dict[str, Any]],
) -> None:
    seconds = sum(hours_in(openings(spec, year)).total_seconds() for year in asked)
    _forward(ctx, version_id, spec, asked, before - int(seconds), years, rows)


def _year(ctx: Context, version_id: int, spec: Spec, year: int, seconds: int) -> dict[str, Any]:
    feasts = {day.isoformat(): name for day, name in holidays_of(spec.country, spec.subdivision, year).items()}
    # Openings and years are named by nothing, so the database numbers them.
    return {
        "version_id": version_id,
        "year": year,
        "seconds": seconds,
        "holidays": feasts,
        "command_id": ctx.command_id,
    }
