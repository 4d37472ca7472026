"""Events and milestones in words: one row a kind, so that every timeline tells them alike."""

import re
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


def damage_words(code: str) -> str:
    """A damage code in words; nothing for the code that says there is no damage."""
    return "" if code == "none" else _words(code)


def who_words(actor: str, names: Mapping[str, str]) -> str:
    """Who did something: a person's or token's name, or which part of the house did it by itself."""
    name = names.get(actor, actor)
    kind, colon, what = name.partition(":")
    return f"automatic ({what})" if colon and kind == "flow" else f"{kind} {what}" if colon else name


def _inspected(facts: Facts) -> str:
    verdict = "passed" if facts.get("passed") else "failed"
    damage = damage_words(str(facts.get("damage_code") or ""))
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
    "RmaReopened": Telling("Opened again", "wait", "arrow-back-up"),
    "ParcelAnnounced": Telling("Parcel announced", "plain", "package"),
    "ParcelReported": Telling("Carrier report", "move", "truck-return", _reported),
    "ParcelUnidentified": Telling("A parcel that nobody announced", "hold", "package"),
    "ParcelLost": Telling("Parcel lost", "stop", "alert-triangle"),
    "ParcelFound": Telling("Lost parcel found", "good", "package"),
    "ParcelClosed": Telling("Parcel unpacked", "plain", "package"),
    "ParcelReopened": Telling("Parcel opened again", "hold", "package"),
    "UnitReceived": Telling("Received", "wait", "box", _received),
    "UnitReceiptReversed": Telling("Receipt reversed", "stop", "arrow-back-up", _reason),
    "UnitMatched": Telling("Matched to this return", "move", "link", _pieces),
    "UnitInspected": Telling("Inspected", "move", "clipboard-check", _inspected),
    "UnitDisposed": Telling("Disposed", "good", "switch-horizontal", _disposed),
    "UnitSplit": Telling("Split", "plain", "layers-intersect", _pieces),
    "UnitSentBack": Telling("Sent back to the customer", "plain", "truck"),
    "LabelKept": Telling("Carrier's label kept", "plain", "printer"),
    "CreditReleased": Telling("Credit released", "good", "receipt-refund", _amount),
    "GoodwillGranted": Telling("Goodwill granted", "good", "receipt-refund", _amount),
    "CreditApproved": Telling("Credit approved before its milestone", "hold", "gavel", _reason),
    "PayoutRequested": Telling("Payout requested", "move", "cash", _amount),
    "PayoutPaid": Telling("Payout observed as paid", "good", "cash", _amount),
    "PayoutFailed": Telling("Payout failed", "stop", "cash", _amount),
    "MoneyUnexplained": Telling("Money moved that nothing here explains", "stop", "alert-triangle", _amount),
    "ChargebackObserved": Telling("Chargeback", "stop", "alert-triangle", _amount),
    "ChargebackReversed": Telling("Chargeback taken back", "good", "coin", _amount),
    "ChargeObserved": Telling("Difference paid by the customer", "good", "coin", _amount),
    "CreditOffset": Telling("Credit met goods that went ahead", "good", "receipt-refund", _amount),
    "ReplacementOrdered": Telling("Goods ordered for the customer", "move", "package"),
    "ReplacementCancelled": Telling("Ordered goods cancelled", "plain", "ban", _reason),
    "MessageQueued": Telling("Message written to the customer", "move", "mail"),
    "MessageSent": Telling("Message sent", "good", "mail"),
    "MessageFailed": Telling("Message could not be sent", "stop", "mail"),
    "UnitPutAway": Telling("Put into a tote", "good", "basket"),
    "UnitReleased": Telling("Released from quarantine", "wait", "arrow-right", _reason),
    "UnitDisposalReversed": Telling("Disposal taken back", "stop", "arrow-back-up", _reason),
    "RefurbishmentStarted": Telling("Refurbishment started", "move", "tool"),
    "RefurbishmentFinished": Telling("Refurbishment finished", "good", "tool"),
    "RefurbishmentCancelled": Telling("Refurbishment cancelled", "plain", "tool"),
    "ClocksPaused": Telling("Waits for the customer", "hold", "player-pause", _reason),
    "ClocksResumed": Telling("Goes on", "move", "clock", _reason),
    "StockHeld": Telling("A hold was laid on it", "hold", "lock", _reason),
    "StockFreed": Telling("The hold was lifted", "plain", "lock"),
}


def _spoken(kind: str) -> str:
    """The name of an event without a row here, as words: `StockCounted` reads "Stock counted"."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).capitalize()


TOLD_APART = ("lost", "found")
"""Reports of carriers that have events of their own."""


def tell(fact: Fact, names: Mapping[str, str]) -> Moment | None:
    """A fact as a moment of a timeline; nothing for what an event of its own tells already."""
    who = who_words(fact.actor, names)
    if fact.what == "milestone":
        if (fact.quantity or 0) >= 0:
            return None
        count = -(fact.quantity or 0)
        verb = "counts" if count == 1 else "count"
        words = f"{count} no longer {verb} as {badge('milestone', fact.kind).label.lower()}"
        return Moment(fact.happened_at, fact.recorded_at, "Taken back", words, "stop", "arrow-back-up", who=who)
    if fact.kind == "ParcelReported" and fact.facts.get("kind") in TOLD_APART:
        return None
    told = TELLINGS.get(fact.kind) or Telling(_spoken(fact.kind), "plain", "circle")
    text = told.text(fact.facts)
    return Moment(fact.happened_at, fact.recorded_at, told.title, text, told.tone, told.icon, who=who)
