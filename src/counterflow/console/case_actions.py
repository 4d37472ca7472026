"""What a person does next about a case: each action of its guide as a page that is open to them.

A row says which page an action opens and where its arguments are found. An action whose object is unknown, or whose
page one may not open, is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from counterflow.workqueue.guides import ACTIONS
from counterflow.workqueue.kinds import KINDS
from counterflow.workqueue.queries import CaseRow


@dataclass(frozen=True)
class About:
    """What is known of the object of a case: numbers as pages take them, empty where unknown."""

    rma: str = ""
    channel: str = ""
    order: str = ""
    lpn: str = ""
    tracking: str = ""
    sku: str = ""
    statement: str = ""
    approval: str = ""
    clock: str = ""


@dataclass(frozen=True)
class Next:
    """A page to go on at: its words and its address."""

    words: str
    href: str


@dataclass(frozen=True)
class _Way:
    """A page by the name of its address: the parts of `About` in it, those asked as a question, and what it needs."""

    url: str
    needs: str
    path: tuple[str, ...] = ()
    asked: Mapping[str, str] | None = None


_WAYS: Mapping[str, tuple[_Way, ...]] = {
    # The first way whose object is known, and whose page one may open, is taken.
    "see_return": (_Way("return", "returns.view", ("rma",)),),
    "decide_return": (_Way("return", "returns.decide", ("rma",)),),
    "map_reason": (_Way("master_mappings", "catalog.edit"),),
    "see_order": (
        _Way("order", "returns.open", ("channel", "order")),
        _Way("find", "orders.view", asked={"q": "order"}),
    ),
    "find_order": (_Way("desk", "returns.open"),),
    "name_goods": (_Way("unidentified_unit", "receiving.view", ("lpn",)), _Way("unidentified", "receiving.view")),
    "find_parcel": (_Way("find", "logistics.view", asked={"q": "tracking"}),),
    "receive_parcel": (_Way("receive", "receiving.receive"),),
    "see_unit": (_Way("unit", "receiving.view", ("lpn",)),),
    "inspect_unit": (_Way("inspect_unit", "receiving.inspect", ("lpn",)),),
    "release_unit": (_Way("quarantine", "receiving.view"),),
    "count_stock": (_Way("count_new", "counts.view"),),
    "see_item": (_Way("stock_item", "ledger.view", ("sku",)),),
    "adjust_stock": (_Way("stock_adjust", "ledger.adjust"),),
    "see_statement": (_Way("statement", "reconciliation.view", ("statement",)),),
    "see_money": (_Way("return", "refunds.view", ("rma",)),),
    "release_credit": (_Way("return", "refunds.release", ("rma",)),),
    "write_customer": (_Way("desk_return", "desk.write", ("rma",)),),
    "ship_pallet": (_Way("pallets", "recovery.view"),),
    "decide_approval": (
        _Way("approval", "approvals.view", ("approval",)),
        _Way("unit", "receiving.approve", ("lpn",)),
        _Way("return", "refunds.approve", ("rma",)),
    ),
    "see_clocks": (_Way("clock", "clocks.view", ("clock",)), _Way("clocks", "clocks.view")),
    "see_signals": (_Way("risk", "risk.view"),),
    "trial_balance": (_Way("trial_balance", "ledger.view"),),
    "see_tokens": (_Way("tokens", "access.issue_tokens"),),
}

if missing := set(ACTIONS) ^ set(_WAYS):
    raise KeyError(f"actions and pages differ: {sorted(missing)}")


def about(case: CaseRow, *, rma: str = "", channel: str = "", order: str = "") -> About:
    """What a case is about, from its facts and from what is known of its money."""

    def fact(name: str) -> str:
        value = case.facts.get(name)
        return value if isinstance(value, str) else ""

    skus = case.facts.get("skus")
    first = str(skus[0]) if isinstance(skus, list) and skus else ""
    return About(
        rma=fact("rma") or rma,
        channel=channel,
        order=fact("order") or order,
        lpn=fact("lpn"),
        tracking=fact("tracking"),
        sku=fact("sku") or first,
        statement=str(case.subject_id) if case.subject_kind == "statement" else "",
        approval=str(case.subject_id) if case.subject_kind == "approval_request" else "",
        clock=str(case.facts["clock"]) if isinstance(case.facts.get("clock"), int) else "",
    )


def next_actions(case: CaseRow, known: About, may: Callable[[str], bool]) -> list[Next]:
    """Where a person may go on, in the order of the kind's guide; each page once."""
    found: dict[str, str] = {}
    for code in KINDS[case.kind].guide.actions if case.kind in KINDS else ():
        href = next((h for way in _WAYS[code] if may(way.needs) and (h := _address(way, known))), "")
        if href:
            found.setdefault(href, ACTIONS[code])
    return [Next(words, href) for href, words in found.items()]


def _address(way: _Way, known: About) -> str:
    """The address of a way; empty where its object is unknown or there is no such page."""
    path: list[Any] = [getattr(known, name) for name in way.path]
    asked = {word: getattr(known, name) for word, name in (way.asked or {}).items()}
    if not all(path) or not all(asked.values()):
        return ""
    try:
        return reverse(way.url, args=path) + (f"?{urlencode(asked)}" if asked else "")
    except NoReverseMatch:
        return ""
