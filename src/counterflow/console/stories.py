"""Events and milestones in words: one row a kind, so that every timeline tells them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from counterflow.console.badges import badge
from counterflow.console.cells import money_text
from counterflow.console.moments import Moment
from counterflow.returns.page import Moment as Fact

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Telling:
    """How a kind of event is told: title, tone, icon, and more words out of its facts."""

    title: str
    tone: str
    icon: str
    text: Callable[[Facts], str] = lambda facts: ""


def _words(code: object) -> str:
    return str(code).replace("_", " ")


def _pieces(facts: Facts) -> str:
    count = facts.get("quantity")
    return "" if count is None else f"{count} piece{'s' if count != 1 else ''}"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _received(facts: Facts) -> str:
    found = facts.get("found", "")
    return _joined(_pieces(facts), "" if found in ("", "expected") else badge("found", str(found)).label.lower())


def _inspected(facts: Facts) -> str:
    verdict = "passed" if facts.get("passed") else "failed"
    damage = _words(facts.get("damage_code") or "")
    return _joined(str(facts.get("lpn", "")), verdict, f"grade {facts.get('grade', '')}", damage)


def _disposed(facts: Facts) -> str:
    return _joined(str(facts.get("lpn", "")), _words(facts.get("disposition", "")))


def _amount(facts: Facts) -> str:
    for name in ("total_minor", "amount_minor"):
        if name in facts:
            return money_text(int(facts[name]), str(facts.get("currency", "")))
    return ""


def _reason(facts: Facts) -> str:
    return f"Reason: {_words(facts['reason'])}" if facts.get("reason") else ""


def _reported(facts: Facts) -> str:
    return _words(facts.get("kind", "")).capitalize()


def _opened(facts: Facts) -> str:
    return badge("rma", str(facts.get("state", ""))).label


TELLINGS: dict[str, Telling] = {
    "RmaOpened": Telling("Return asked for", "move", "arrow-back-up", _opened),
    "RmaApproved": Telling("Accepted by a person", "good", "check", _reason),
    "RmaDeclined": Telling("Declined by a person", "stop", "x", _reason),
    "RmaCancelled": Telling("Cancelled", "plain", "ban"),
    "RmaClosed": Telling("Closed", "good", "circle-check"),
    "ParcelAnnounced": Telling("Parcel announced", "plain", "package"),
    "ParcelReported": Telling("Carrier report", "move", "truck-return", _reported),
    "ParcelUnidentified": Telling("A parcel that nobody announced", "hold", "package"),
    "ParcelLost": Telling("Parcel lost", "stop", "alert-triangle"),
    "ParcelFound": Telling("Lost parcel found", "good", "package"),
    "ParcelClosed": Telling("Parcel unpacked", "plain", "package"),
    "UnitReceived": Telling("Received", "wait", "box", _received),
    "UnitReceiptReversed": Telling("Receipt reversed", "stop", "arrow-back-up", _reason),
    "UnitMatched": Telling("Matched to this return", "move", "link", _pieces),
    "UnitInspected": Telling("Inspected", "move", "clipboard-check", _inspected),
    "UnitDisposed": Telling("Disposed", "good", "switch-horizontal", _disposed),
    "UnitSplit": Telling("Split", "plain", "layers-intersect", _pieces),
    "UnitSentBack": Telling("Sent back to the customer", "plain", "truck"),
    "CreditReleased": Telling("Credit released", "good", "receipt-refund", _amount),
    "CreditApproved": Telling("Credit approved before its milestone", "hold", "gavel", _reason),
    "PayoutRequested": Telling("Payout requested", "move", "cash", _amount),
    "PayoutPaid": Telling("Payout observed as paid", "good", "cash", _amount),
    "PayoutFailed": Telling("Payout failed", "stop", "cash", _amount),
    "MoneyUnexplained": Telling("Money moved that nothing here explains", "stop", "alert-triangle", _amount),
    "ChargebackObserved": Telling("Chargeback", "stop", "alert-triangle", _amount),
    "ChargebackReversed": Telling("Chargeback taken back", "good", "coin", _amount),
    "StockHeld": Telling("A hold was laid on it", "hold", "lock", _reason),
    "StockFreed": Telling("The hold was lifted", "plain", "lock"),
}


def tell(fact: Fact, names: Mapping[str, str]) -> Moment | None:
    """A fact as a moment of a timeline; nothing for a milestone that an event tells already."""
    who = names.get(fact.actor, fact.actor)
    if fact.what == "milestone":
        if (fact.quantity or 0) >= 0:
            return None
        words = f"{-(fact.quantity or 0)} no longer count as {badge('milestone', fact.kind).label.lower()}"
        return Moment(fact.happened_at, fact.recorded_at, "Taken back", words, "stop", "arrow-back-up", who=who)
    told = TELLINGS.get(fact.kind) or Telling(fact.kind, "plain", "circle")
    text = told.text(fact.facts)
    return Moment(fact.happened_at, fact.recorded_at, told.title, text, told.tone, told.icon, who=who)
