"""Every kind of case, a row each: what it means, which queue it joins, who owns it, how urgent it is.

A new kind is a row here and one in `guides.py`, which says how it is worked and how it may end. A kind that names a
role nobody has, or an action without words, does not start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from counterflow.access.roles import ROLES
from counterflow.kernel.errors import InvariantBroken
from counterflow.workqueue.guides import ACTIONS, COMMON, GUIDES, NOBODY_YET, OPENED_BY, SETTLED, Guide, Outcome


class Severity(IntEnum):
    """How urgent; the smaller the number, the sooner."""

    CRITICAL = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4


@dataclass(frozen=True)
class CaseKind:
    """A kind of case. `queue` is the list it is worked from, `owner_role` answers for it.

    `needs` is the permission without which nobody sees or works such a case; empty where cases as such suffice.
    """

    code: str
    queue: str
    owner_role: str
    severity: Severity
    meaning: str
    needs: str = ""

    @property
    def guide(self) -> Guide:
        """How it is worked."""
        return GUIDES.get(self.code, NO_GUIDE)

    @property
    def opened(self) -> str:
        """What opens such a case, in words."""
        if self.code in OPENED_BY:
            return f"Opened by {OPENED_BY[self.code]}."
        if self.code in NOBODY_YET:
            return f"Opened by nothing yet; meant for {NOBODY_YET[self.code]}."
        return "Opened by hand, about a return, unit or parcel."

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How a person may close it: its own outcomes first, then those of every kind."""
        own = self.guide.outcomes
        return (*own, *(outcome for outcome in COMMON if outcome.code not in {o.code for o in own}))


NO_GUIDE = Guide((), (), ())
_CRITICAL, _HIGH, _NORMAL, _LOW = Severity.CRITICAL, Severity.HIGH, Severity.NORMAL, Severity.LOW
_ROWS: tuple[tuple[str, str, str, Severity, str], ...] = (
    # kind                    queue             owner role              severity   meaning
    ("unmapped_code", "mapping", "agent", _NORMAL, "A partner used a word that nobody has mapped yet"),
    ("order_unmatched", "mapping", "agent", _NORMAL, "A shipment or return names an order we do not know"),
    ("approval_needed", "approvals", "finance", _HIGH, "A policy wants a second person before the act"),
    ("return_review", "approvals", "agent", _NORMAL, "A policy asks a person whether a return is accepted"),
    ("unidentified_parcel", "dock", "clerk", _NORMAL, "A parcel or unit arrived and nobody knows what it is"),
    ("blind_return", "dock", "agent", _NORMAL, "Goods arrived that no return announced"),
    ("short", "dock", "agent", _NORMAL, "Fewer pieces arrived than were authorised"),
    ("over", "dock", "inventory_controller", _NORMAL, "More pieces arrived than were authorised"),
    ("wrong_item", "dock", "agent", _NORMAL, "Another item arrived than was authorised"),
    ("wrong_serial", "dock", "agent", _HIGH, "Another serial number arrived than was sold"),
    ("not_ours", "dock", "supplier_manager", _NORMAL, "A unit that arrived belongs to somebody else"),
    ("on_hold", "quality", "inventory_controller", _HIGH, "A returned unit falls under a recall or a hold"),
    ("dispute", "quality", "agent", _HIGH, "The customer and we do not agree about a unit or a sum"),
    ("rejected", "quality", "agent", _NORMAL, "A unit was rejected at inspection and the customer has to be told"),
    ("not_graded", "quality", "inspector", _NORMAL, "A unit was received and is not inspected in time"),
    ("negative_fact", "stock", "inventory_controller", _CRITICAL, "A fact says that more left than was there"),
    ("unexplained", "stock", "inventory_controller", _HIGH, "Stock was posted against unexplained"),
    ("break", "stock", "inventory_controller", _HIGH, "A partner's statement and the ledger differ"),
    ("closed_period_fact", "stock", "finance", _LOW, "A fact of a closed period was booked to the open one"),
    ("value_unknown", "stock", "finance", _NORMAL, "A unit is in the books at an estimated cost, or at none"),
    ("lost_parcel", "carriage", "agent", _HIGH, "The carrier lost a parcel"),
    ("lost_then_found", "carriage", "finance", _HIGH, "A parcel arrived after it was lost and refunded"),
    ("late_shipment", "carriage", "inventory_controller", _NORMAL, "A shipment was reported after its return"),
    ("carrier_claim", "carriage", "supplier_manager", _NORMAL, "A carrier owes us for damage or loss"),
    ("refund_in_doubt", "money", "finance", _CRITICAL, "Nobody knows whether a payout has happened"),
    ("refund_failed", "money", "finance", _HIGH, "The payment provider refused a payout"),
    ("exposure", "money", "finance", _CRITICAL, "Money left for goods that turn out not to be here"),
    ("chargeback", "money", "finance", _CRITICAL, "A bank took money back that may have been refunded already"),
    ("difference_owed", "money", "agent", _NORMAL, "The customer owes the difference for goods that cost more"),
    ("overpaid", "money", "finance", _CRITICAL, "A partner paid out more than was owed"),
    ("supplier_claim", "recovery", "supplier_manager", _NORMAL, "A supplier owes us for defective goods"),
    (
        "fraud_review",
        "fraud",
        "finance",
        _HIGH,
        "Signals about a return add up, and a person looks before money leaves",
    ),
    (
        "stuck_return",
        "service",
        "agent",
        _HIGH,
        "A return stands still: its label, receipt, inspection or refund is late",
    ),
    ("sla_breach", "service", "agent", _HIGH, "Something took longer than the SLA table allows"),
    ("webhook_failed", "system", "administrator", _HIGH, "A partner's endpoint does not take our messages"),
    ("delivery_failed", "system", "administrator", _HIGH, "A task or message gave up after its retries"),
)

# Who may not see the score of a return is not told by its case, and does not let its money go.
_NEEDS: dict[str, str] = {"fraud_review": "risk.view"}
KINDS: dict[str, CaseKind] = {row[0]: CaseKind(*row, needs=_NEEDS.get(row[0], "")) for row in _ROWS}
QUEUES: tuple[str, ...] = tuple(dict.fromkeys(kind.queue for kind in KINDS.values()))

if len(KINDS) != len(_ROWS):
    raise InvariantBroken("a kind of case stands there twice")
if unknown := {kind.owner_role for kind in KINDS.values()} - set(ROLES):
    raise InvariantBroken(f"kinds of cases name roles without a row: {sorted(unknown)}")
if blind := [k.code for k in KINDS.values() if k.needs and k.needs not in ROLES[k.owner_role].permissions]:
    raise InvariantBroken(f"kinds of cases belong to roles that may not see them: {blind}")
if stray := (set(OPENED_BY) | set(NOBODY_YET)) - set(KINDS):
    raise InvariantBroken(f"what opens cases names kinds without a row: {sorted(stray)}")
if unworded := {action for guide in GUIDES.values() for action in guide.actions} - set(ACTIONS):
    raise InvariantBroken(f"kinds of cases name actions without words: {sorted(unworded)}")


def by_hand() -> tuple[CaseKind, ...]:
    """The kinds that people open, because no fact that we hear of tells them."""
    return tuple(kind for kind in KINDS.values() if kind.code not in OPENED_BY and kind.code not in NOBODY_YET)


def needs_of(kind: str) -> str:
    """The permission without which a case of a kind is not seen; empty for most."""
    return KINDS[kind].needs if kind in KINDS else ""


def hidden_from(may: Callable[[str], bool]) -> tuple[str, ...]:
    """The kinds of cases that are kept from whoever may no more than this."""
    return tuple(kind.code for kind in KINDS.values() if kind.needs and not may(kind.needs))


def outcomes_of(kind: str) -> tuple[Outcome, ...]:
    """How a case of a kind may be closed; one of a kind that is gone, as every case may."""
    return KINDS[kind].outcomes if kind in KINDS else COMMON


def outcome_meaning(kind: str, code: str) -> str:
    """What an outcome means, in words; an outcome without a row is its own word."""
    for outcome in (*outcomes_of(kind), *SETTLED):
        if outcome.code == code:
            return outcome.meaning
    return code.replace("_", " ").capitalize()
