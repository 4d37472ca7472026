"""Overrides: who decided otherwise than which rule says, why, and for how much money; summed, listed, as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.console import cells
from counterflow.console.cells import Cell, money_text
from counterflow.console.listing import (
    CSV_ROWS_MAX,
    PAGE_SIZE,
    Asked,
    Column,
    Filter,
    asked,
    csv_answer,
    listing,
    pages,
)
from counterflow.console.page import page, render
from counterflow.console.stories import who_words
from counterflow.kernel import clock
from counterflow.policies.overrides import GROUPS, OverrideRow, OverrideSum, groups_of, override_sums, overrides

DAYS = 30
SHOWN = 8
ACTS = {
    "return": "Return",
    "disposal": "Disposal",
    "early_refund": "Early refund",
    "goods_ahead": "Goods ahead",
}
SUMMED = ((("rule", "By rule"),), (("person", "By person"), ("reason", "By reason")))
"""The sums of the page, column by column."""
LABELS = {"person": "Person", "rule": "Rule", "reason": "Reason", "act": "Act", "brand": "Brand", "channel": "Channel"}


@dataclass(frozen=True)
class Sum:
    """A sum as the page draws it: words, how many, how often the rule answered, money, and the list it leads to."""

    words: str
    note: str
    count: int
    rate: str
    money: str
    href: str
    chosen: bool


def days_of(wanted: Asked, today: date) -> tuple[date, date]:
    """The days that the address asks for, the last one included; the latest thirty where it says nothing."""
    last = date.fromisoformat(wanted.chosen["until"]) if "until" in wanted.chosen else today
    first = date.fromisoformat(wanted.chosen["since"]) if "since" in wanted.chosen else last - timedelta(days=DAYS - 1)
    return min(first, last), last


def money_words(money: Mapping[str, int]) -> str:
    """Sums of money, one currency after the other."""
    return ", ".join(money_text(minor, currency) for currency, minor in sorted(money.items()) if currency)


def rate_words(rate_bp: int | None) -> str:
    """A rate in per cent with one decimal; nothing where there is none."""
    return "" if rate_bp is None else f"{rate_bp / 100:.1f} %"


def _place(row: OverrideRow) -> Cell:
    if row.subject_kind == "unit" and row.document:
        return cells.code(row.document, href=reverse("unit", args=[row.document]), note=row.rma)
    return cells.code(row.rma, href=reverse("return", args=[row.rma]) if row.rma else "")


def _rule(row: OverrideRow) -> Cell:
    """What the row says, on the page without its sources."""
    short = cells.text(_short(row.text), note=f"{row.kind.replace('_', ' ')} {row.version}, row {row.row_id}")
    return replace(short, plain=row.text)


def _short(text: str) -> str:
    return text.split(" (")[0].rstrip(".")


COLUMNS: tuple[Column[OverrideRow], ...] = (
    Column("When", lambda r: cells.instant(r.at)),
    Column("What", lambda r: cells.text(ACTS.get(r.act, r.act))),
    Column("About", _place),
    Column("The rule says", _rule),
    Column("Instead", lambda r: cells.text(", ".join(f"{k} {v}".replace("_", " ") for k, v in r.instead.items()))),
    Column("Reason", lambda r: cells.words(r.reason)),
    Column("By", lambda r: cells.text(r.by)),
    Column("At stake", lambda r: cells.money(r.money_minor if r.currency else None, r.currency or ""), end=True),
    Column("Currency", lambda r: cells.text(r.currency or ""), file_only=True),
    Column("Channel", lambda r: cells.code(r.channel)),
    Column("Brand", lambda r: cells.code(r.brand), file_only=True),
    Column("Policy", lambda r: cells.text(r.kind), file_only=True),
    Column("Version", lambda r: cells.number(r.version), file_only=True),
    Column("Row", lambda r: cells.text(r.row_id), file_only=True),
)


@page("policies.view")
def report(request: HttpRequest) -> HttpResponseBase:
    """The overrides of a period: sums that lead into the list, the list, and the file."""
    dates = (Filter("since", "From", kind="date"), Filter("until", "To", kind="date"))
    first, last = days_of(asked(request, dates), clock.now().date())
    sums = override_sums(since=first, until=last + timedelta(days=1))
    groups = groups_of(sums)
    users = access.names_of({each.key for each in groups["person"]})
    filters = (*dates, *(_filter(name, groups[name], users) for name in GROUPS if groups[name]), _rows(groups["rule"]))
    wanted = asked(request, filters)
    chosen = _conditions(wanted)

    def found(after: str | None, limit: int) -> list[OverrideRow]:
        rows = overrides(
            since=first,
            until=last + timedelta(days=1),
            before_id=int(after) if after else None,
            limit=limit,
            **chosen,
        )
        return [replace(row, by=who_words(row.by, users)) for row in rows]

    if wanted.csv:
        return csv_answer("overrides", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    values = {
        "list": listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more),
        "sums": [
            [(title, [_sum(each, wanted, users) for each in groups[name][:SHOWN]]) for name, title in column]
            for column in SUMMED
        ],
        "count": sum(each.count for each in groups["act"]),
        "money": money_words(_together(groups["act"])),
        "first": first,
        "last": last,
    }
    return render(request, "console/governance/overrides.html", values)


def _together(sums: Sequence[OverrideSum]) -> dict[str, int]:
    money: dict[str, int] = {}
    for each in sums:
        for currency, minor in each.money.items():
            money[currency] = money.get(currency, 0) + minor
    return money


def _words(group: str, key: str, users: Mapping[str, str]) -> str:
    if group == "person":
        return who_words(key, users)
    if group == "act":
        return ACTS.get(key, key)
    return key.replace("_", " ") if group in ("reason", "rule") else key or "None"


def _filter(group: str, sums: Sequence[OverrideSum], users: Mapping[str, str]) -> Filter:
    return Filter(group, LABELS[group], [(each.key, _words(group, each.key, users)) for each in sums if each.key])


def _rows(sums: Sequence[OverrideSum]) -> Filter:
    """The rows that were set aside, each in whatever version."""
    keys = sorted({f"{kind}/{row}" for kind, _, row in (each.key.split("/", 2) for each in sums)})
    return Filter("row", "Row of any version", [(key, key.replace("_", " ")) for key in keys])


def _conditions(wanted: Asked) -> dict[str, Any]:
    """What the address asks for, as the query takes it."""
    names = ("reason", "act", "brand", "channel")
    given: dict[str, Any] = {name: wanted.chosen[name] for name in names if name in wanted.chosen}
    if "person" in wanted.chosen:
        given["by"] = wanted.chosen["person"]
    if "rule" in wanted.chosen:
        kind, version, row = wanted.chosen["rule"].split("/", 2)
        given |= {"kind": kind, "version": int(version), "row": row}
    elif "row" in wanted.chosen:
        kind, row = wanted.chosen["row"].split("/", 1)
        given |= {"kind": kind, "row": row}
    return given


def _sum(each: OverrideSum, wanted: Asked, users: Mapping[str, str]) -> Sum:
    chosen = wanted.chosen.get(each.group) == each.key
    return Sum(
        words=_short(each.text) or _words(each.group, each.key, users),
        note=each.key.replace("_", " ") if each.text else "",
        count=each.count,
        rate=rate_words(each.rate_bp),
        money=money_words(each.money),
        href=wanted.link(**{each.group: "" if chosen else each.key}),
        chosen=chosen,
    )
