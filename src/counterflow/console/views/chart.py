"""The chart on a page: what every stock state means, and every path that goods may take."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from counterflow.console.badges import badge
from counterflow.console.page import page, render
from counterflow.ledger.chart import GL_ACCOUNTS, MOVEMENTS, OURS, TRAITS, Movement, State, Trait, stock_account


@dataclass(frozen=True)
class StateRow:
    """A state with its traits and the account that carries its value."""

    state: State
    trait: Trait
    account: str


@dataclass(frozen=True)
class PathRow:
    """Movements of one cause: from each of some states to each of others. Empty means any state in our books."""

    kind: str
    sources: tuple[State, ...]
    targets: tuple[State, ...]
    permission: str
    contra: str


@page("ledger.view")
def chart(request: HttpRequest) -> HttpResponseBase:
    """Both tables, as the code and the database have them."""
    states = [
        StateRow(state, trait, stock_account(state, "cost") if trait.recognised else "")
        for state, trait in TRAITS.items()
    ]
    return render(request, "console/ledger/chart.html", {"states": states, "paths": paths(MOVEMENTS)})


def paths(movements: Sequence[Movement]) -> list[PathRow]:
    """The movement table in fewer rows: what differs only in one end, or runs between all states, is joined."""
    by_target: dict[tuple[str, str, str, State], list[State]] = {}
    for m in movements:
        by_target.setdefault((m.kind, m.permission, m.contra or "", m.target), []).append(m.source)
    ours = frozenset(OURS)
    joined: dict[tuple[str, str, str, frozenset[State]], list[State]] = {}
    for (kind, permission, contra, target), found in by_target.items():
        # "To itself" is no movement, so a state that is left out only because it is the target counts as there.
        sources = ours if ours == {*found, target} else frozenset(found)
        joined.setdefault((kind, permission, contra, sources), []).append(target)
    return [
        PathRow(kind, _shown(sources), _shown(frozenset(targets)), permission, GL_ACCOUNTS.get(contra, ("", ""))[1])
        for (kind, permission, contra, sources), targets in joined.items()
    ]


def _shown(states: frozenset[State]) -> tuple[State, ...]:
    return () if states == frozenset(OURS) else tuple(sorted(states, key=lambda state: badge("stock", state).label))
