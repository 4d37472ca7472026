"""Which node and which legal entity a calendar serves: each at most one calendar, told under one lock."""

from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, NotFound

# Calendars are told one batch after the other, so that no two of them come to serve the same place.
_LOCK = "SELECT pg_advisory_xact_lock(7031, 0)"


class ServedUnknown(NotFound):
    """There is no {what} {code}."""


class ServedTwice(Conflict):
    """The {what} {code} goes by the calendar {calendar} already; take it out there first."""


@dataclass
class Served:
    """What there is to be served, and by which calendar it is; codes by kind."""

    nodes: set[str]
    entities: set[str]
    by: dict[tuple[str, str], str]

    def take(self, calendar: str, row: dict[str, Any]) -> None:
        """Let a calendar serve what its row names, and nothing else. Raises `ServedUnknown`, `ServedTwice`."""
        wanted = {("node", code) for code in row["nodes"].split()} | {("entity", c) for c in row["entities"].split()}
        for what, code in sorted(wanted):
            if code not in (self.nodes if what == "node" else self.entities):
                raise ServedUnknown(what=_WORDS[what], code=code[:80])
            other = self.by.get((what, code), calendar)
            if other != calendar:
                raise ServedTwice(what=_WORDS[what], code=code, calendar=other)
        self.by = {key: by for key, by in self.by.items() if by != calendar} | dict.fromkeys(wanted, calendar)


_WORDS = {"node": "node", "entity": "legal entity"}


def lock_served(ctx: Context) -> Served:
    """What calendars serve, until the end of the transaction. Two statements."""
    db.rows(_LOCK)
    found = db.rows(
        "SELECT 'node' AS what, code, '' AS serves, '' AS entities FROM facilities_node"
        " UNION ALL SELECT 'entity', code, '', '' FROM ledger_entity"
        " UNION ALL SELECT 'calendar', code, nodes, entities FROM clocks_calendar"
    )
    by: dict[tuple[str, str], str] = {}
    for row in found:
        by |= {("node", code): row.code for code in row.serves.split()}
        by |= {("entity", code): row.code for code in row.entities.split()}
    nodes = {row.code for row in found if row.what == "node"}
    return Served(nodes, {row.code for row in found if row.what == "entity"}, by)
