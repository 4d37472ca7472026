"""The chart on a page: what every stock state means, and every path that goods may take."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from counterflow.console.badges import badge
from counterflow.console.page import page, render
from counterflow.ledger.chart import GL_ACCOUNTS, MOVEMENTS, TRAITS, Movement, State, Trait, stock_account


@dataclass(frozen=True)
class StateRow:
    """A state with its traits and the account that carries its value."""

    state: State
    trait: Trait
    account: str


@dataclass(frozen=True)
class PathRow:
    """Movements of one kind into one state, from one or several others."""

    kind: str
    sources: tuple[State, ...]
    target: State
    permission: str
    contra: str


@page("ledger.view")
def chart(request: HttpRequest) -> HttpResponseBase:
    """Both tables, as the code and the database have them."""
    states = [
        StateRow(state, trait, stock_account(state, "cost") if trait.recognised else "")
        for state, trait in TRAITS.items()
    ]
    return render(request, "console/ledger/chart.html", {"states": states, "paths": _paths(MOVEMENTS)})


def _paths(movements: list[Movement]) -> list[PathRow]:
    """Movements that differ only in where they start, joined to one row."""
    joined: dict[tuple[str, State, str, str], list[State]] = {}
    for m in movements:
        joined.setdefault((m.kind, m.target, m.permission, m.contra or ""), []).append(m.source)
    return [
        PathRow(kind, tuple(sorted(sources, key=_label)), target, permission, GL_ACCOUNTS.get(contra, ("", ""))[1])
        for (kind, target, permission, contra), sources in joined.items()
    ]


def _label(state: State) -> str:
    return badge("stock", state).label
