"""What a back-test came to, as a reader sees it: pairs of numbers with bars, weeks, rows, segments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from counterflow.backtests.queries import CHANGES, Result, SegmentRow, SideTotals
from counterflow.console.cells import money_text

WEEKS_MAX = 26
ROWS_MAX = 60
MINUS = "\u2212"


@dataclass(frozen=True)
class Pair:
    """One measure on both sides in words, what differs, and how long its two bars are, of 100.

    `good` and `bad` say nothing: whether more is better is for the reader to judge.
    """

    name: str
    before: str
    after: str
    delta: str
    bar_before: int
    bar_after: int
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether both sides are apart."""
        return self.before != self.after


@dataclass(frozen=True)
class Change:
    """A way in which returns end otherwise, and for how many lines or units."""

    code: str
    words: str
    count: int
    bar: int


@dataclass(frozen=True)
class RowPair:
    """From which row to which, and for how many; an empty `after` is one that the version did not answer."""

    before: str
    after: str
    count: int


def numbers(name: str, before: int, after: int, *, most: int = 0, note: str = "") -> Pair:
    """Counts on both sides; bars are shares of `most`, or of the larger."""
    return Pair(name, f"{before:,}", f"{after:,}", _signed(after - before), *_bars(before, after, most), note)


def amounts(name: str, before: int, after: int, currency: str, *, most: int = 0, note: str = "") -> Pair:
    """Money on both sides."""
    delta = money_text(after - before, currency)
    said = "" if after == before else delta if after < before else f"+{delta}"
    return Pair(
        name, money_text(before, currency), money_text(after, currency), said, *_bars(before, after, most), note
    )


def fates(found: Result) -> list[Pair]:
    """Returns let through, refused, waiting; and what policy said."""
    before, after = found.before, found.after
    pairs = [
        numbers(name, before.returns.get(code, 0), after.returns.get(code, 0), most=found.returns, note=note)
        for code, name, note in (
            ("accepted", "Let through", ""),
            ("refused", "Refused", ""),
            ("waiting", "Waiting for a person", "asked anew, or never answered"),
        )
    ]
    for code, name in (("yes", "Policy said yes"), ("no", "Policy said no"), ("ask", "Policy asked a person")):
        pairs.append(numbers(name, before.answers.get(code, 0), after.answers.get(code, 0), most=found.returns))
    short = after.answers.get("nothing_left", 0)
    if short:
        pairs.append(numbers("Too few pieces left", 0, short, most=found.returns, note="earlier requests took them"))
    return pairs


def money(found: Result) -> list[tuple[str, list[Pair]]]:
    """By currency: refunded, at most, shipping, fees, and what was never reached."""
    before, after = found.before, found.after
    currencies = sorted({*before.refunded, *after.refunded, *after.possible, *_minor(before), *_minor(after)})
    found_by = []
    for currency in currencies:
        most = max(before.refunded.get(currency, 0), after.refunded.get(currency, 0), 1)
        pairs = [amounts("Refunded", before.refunded.get(currency, 0), after.refunded.get(currency, 0), currency)]
        possible = after.possible.get(currency, 0)
        if possible:
            upper = after.refunded.get(currency, 0) + possible
            note = "all who wait let through, and everything back"
            pairs.append(amounts("Refunded, at most", before.refunded.get(currency, 0), upper, currency, note=note))
        for name, one, other in (
            ("of it shipping", before.shipping, after.shipping),
            ("Restocking fees kept", before.fees, after.fees),
            ("Let through, milestone never reached", _minor(before), _minor(after)),
        ):
            if one.get(currency, 0) or other.get(currency, 0):
                pairs.append(amounts(name, one.get(currency, 0), other.get(currency, 0), currency, most=most))
        found_by.append((currency, pairs))
    return found_by


def times(found: Result) -> list[Pair]:
    """Days from asking to when the credit falls due."""
    before, after = found.before, found.after
    pairs = []
    for name, one, other in (
        ("Half of all credits", before.days_median, after.days_median),
        ("Nine of ten", before.days_p90, after.days_p90),
    ):
        if one is not None or other is not None:
            pairs.append(
                Pair(
                    name, _days(one), _days(other), _signed((other or 0) - (one or 0)), *_bars(one or 0, other or 0, 0)
                )
            )
    return pairs


def places(found: Result) -> list[Pair]:
    """Pieces by where they went, and what nothing is on record of."""
    before, after = found.before.disposed, found.after.disposed
    pieces = {
        code: (before.get(code, {}).get("pieces", 0), after.get(code, {}).get("pieces", 0))
        for code in sorted({*before, *after})
    }
    most = max((max(pair) for pair in pieces.values()), default=0)
    pairs = [
        numbers(code.replace("_", " ").capitalize(), *pair, most=most, note=_worth(before, after, code))
        for code, pair in pieces.items()
    ]
    for name, one, other in (
        ("Kept by the customer", found.before.returnless, found.after.returnless),
        ("Would have come back, quality not known", 0, found.after.unknown.get("pieces", 0)),
        ("Second person needed", found.before.approvals, found.after.approvals),
    ):
        if one or other:
            pairs.append(numbers(name, one, other, most=most))
    return pairs


def weeks(found: Result) -> list[tuple[date, list[Pair]]]:
    """Refunded money by the week in which it falls due, the latest ones."""
    before, after = found.before.weeks, found.after.weeks
    days = sorted({*before, *after})[-WEEKS_MAX:]
    most: dict[str, int] = {}
    for day in days:
        for side in (before, after):
            for currency, minor in side.get(day, {}).items():
                most[currency] = max(most.get(currency, 1), minor)
    return [
        (
            date.fromisoformat(day),
            [
                amounts(currency, before.get(day, {}).get(currency, 0), after.get(day, {}).get(currency, 0), currency,
                        most=most[currency])
                for currency in sorted({*before.get(day, {}), *after.get(day, {})})
            ],
        )
        for day in days
    ]  # fmt: skip


def changes(found: Result) -> list[Change]:
    """What changes for whom, the most frequent first."""
    most = max(found.changes.values(), default=1)
    return [
        Change(code, CHANGES[code], count, 100 * count // most)
        for code, count in sorted(found.changes.items(), key=lambda one: (-one[1], one[0]))
    ]


def stakes(found: Result) -> list[tuple[str, str]]:
    """Value of the goods whose fate is another, by the new fate."""
    names = {"refused": "refused anew", "accepted": "let through anew", "waiting": "put to a person anew"}
    return [
        (names[fate], money_text(minor, currency))
        for fate, by_currency in sorted(found.stake.items())
        for currency, minor in sorted(by_currency.items())
    ]


def row_pairs(found: Result) -> list[RowPair]:
    """From which row to which, those that differ first, then the most frequent."""
    pairs = [RowPair(before, after, n) for before, to in found.rows.items() for after, n in to.items()]
    return sorted(pairs, key=lambda p: (p.before == p.after or not p.after, -p.count, p.before, p.after))[:ROWS_MAX]


def segment_rows(rows: Iterable[SegmentRow], currencies: Sequence[str]) -> list[dict[str, Any]]:
    """Segments with the share that ends otherwise, and refunded money on both sides."""
    return [
        {
            "value": row.value,
            "lines": row.lines,
            "differ": row.differ,
            "percent": 100 * row.differ // row.lines if row.lines else 0,
            "accepted": numbers("", row.fates_before.get("accepted", 0), row.fates_after.get("accepted", 0)),
            "money": [
                amounts("", row.refunded_before.get(currency, 0), row.refunded_after.get(currency, 0), currency)
                for currency in currencies
                if row.refunded_before.get(currency, 0) or row.refunded_after.get(currency, 0)
            ],
        }
        for row in rows
    ]


def _minor(side: SideTotals) -> Mapping[str, int]:
    found: Mapping[str, int] = side.waiting.get("minor", {})
    return found


def _worth(before: Mapping[str, Any], after: Mapping[str, Any], code: str) -> str:
    """What the pieces stand in the books for on both sides."""
    worth = [side.get(code, {}).get("value", {}) for side in (before, after)]
    return ", ".join(
        f"{money_text(worth[0].get(currency, 0), currency)} → {money_text(worth[1].get(currency, 0), currency)}"
        for currency in sorted({*worth[0], *worth[1]})
    )


def _days(days: int | None) -> str:
    if days is None:
        return "–"
    return f"{days:,} day{'' if days == 1 else 's'}".replace("-", MINUS)


def _signed(delta: int) -> str:
    return "" if delta == 0 else f"{delta:+,}".replace("-", MINUS)


def _bars(before: int, after: int, most: int) -> tuple[int, int]:
    whole = max(before, after, most, 1)
    return max(0, 100 * before // whole), max(0, 100 * after // whole)
