"""The figure of what is late, on the home of every role that something can be late for."""

from dataclasses import replace
from typing import Final

from counterflow.clocks.stages import STAGES
from counterflow.clocks.work import COUNTED_MAX, waiting
from counterflow.console.homes.parts import Home, Tile, address, bounded, waits
from counterflow.console.page import Staff
from counterflow.kernel import clock

EVERYBODYS: Final = frozenset({"executive", "administrator"})
ACTING: Final = frozenset({row.owner_role for row in STAGES.values()}) | EVERYBODYS


def with_clocks(home: Home, who: Staff, role: str) -> Home:
    """A home with what of its role is late, or of all where the role looks after all. One statement."""
    if role not in ACTING or not who.may("clocks.view"):
        return home
    whose = "" if role in EVERYBODYS else role
    found = waiting(at=clock.now(), role=whose)
    note = f"{bounded(found.warned, COUNTED_MAX)} more are due soon"
    link = address("clocks", state="late", role=whose)
    return replace(
        home, tiles=[*home.tiles, Tile("Late", bounded(found.late, COUNTED_MAX), note, link, waits(found.late, "stop"))]
    )
