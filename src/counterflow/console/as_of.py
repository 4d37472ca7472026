"""The past that a page may be asked for: an instant in the reader's zone, and which of the two pasts is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from counterflow.console.listing import Asked, Filter
from counterflow.inventory.holdings import NOW, Axis, When
from counterflow.inventory.queries import sealed_before

FILTERS = (
    Filter("at", "At", kind="datetime-local"),
    Filter(
        "past",
        "Past",
        [
            (str(Axis.HAPPENED), "As it happened"),
            (str(Axis.KNOWN), "As we knew it"),
            (str(Axis.LATER), "What we learnt later"),
        ],
        every="Now",
    ),
)
MEANINGS = {
    Axis.NOW: ("Now", "What is there now, by all that is recorded."),
    Axis.HAPPENED: (
        "As it happened",
        "What was there at that instant, by all that is known today, also where we were told later.",
    ),
    Axis.KNOWN: ("As we knew it", "What the books said at that instant: only what had been recorded by then."),
    Axis.LATER: (
        "What we learnt later",
        "What had happened by that instant and was recorded after it: as it happened, less as we knew it.",
    ),
}


@dataclass(frozen=True)
class Other:
    """A link to another view of the same instant."""

    label: str
    link: str


@dataclass(frozen=True)
class Shown:
    """What a page says of the time it shows. `sealed` is up to when the journal was sealed of what was known."""

    axis: str
    at: datetime | None
    title: str
    meaning: str
    others: tuple[Other, ...]
    sealed: datetime | None = None


def asked_when(chosen: Mapping[str, str]) -> When:
    """What an address asks for. An instant alone means as it happened; a past without an instant is now."""
    if "at" not in chosen:
        return NOW
    local = timezone.make_aware(datetime.fromisoformat(chosen["at"]), timezone.get_current_timezone())
    return When(Axis(chosen.get("past") or Axis.HAPPENED), local)


def shown(when: When, wanted: Asked) -> Shown:
    """The words above a page. One statement where what was known is shown."""
    title, meaning = MEANINGS[when.axis]
    if when.at is None:
        return Shown(str(when.axis), None, title, meaning, ())
    others = tuple(
        Other(MEANINGS[axis][0], wanted.link(past=str(axis)))
        for axis in (Axis.HAPPENED, Axis.KNOWN, Axis.LATER)
        if axis is not when.axis
    )
    others += (Other(MEANINGS[Axis.NOW][0], wanted.link(past="", at="")),)
    sealed = sealed_before(at=when.at) if when.axis is Axis.KNOWN else None
    return Shown(str(when.axis), when.at, title, meaning, others, sealed)
