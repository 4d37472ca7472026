"""What is waited for: one row a stage, with whose business it is, and what is opened when it takes too long."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from counterflow.access.roles import ROLES
from counterflow.kernel.errors import InvariantBroken
from counterflow.policies.facts import STAGES as ASKED_OF_POLICY


class Stage(StrEnum):
    """Stages that clocks run for, as the SLA table calls them."""

    ASKED = "asked"
    LABEL = "label"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SET_APART = "set_apart"
    CREDIT_DUE = "credit_due"
    PAYOUT = "payout"
    CASE = "case"


class Subject(StrEnum):
    """What a clock is about."""

    RMA = "rma"
    PARCEL = "parcel"
    UNIT = "unit"
    PAYOUT = "payout"
    CASE = "case"


@dataclass(frozen=True)
class Row:
    """A stage.

    `meaning` says what is waited for, `verb` what has to be done by when it is due. `owner_role` answers for it.
    `pausable` says that it stands still while we wait for the customer; where the customer or a carrier has to act it
    never does. `case_kind` is the kind of case that is opened when it is late.
    """

    stage: Stage
    subject: Subject
    meaning: str
    verb: str
    owner_role: str
    pausable: bool
    case_kind: str


_ROWS: Final = (
    Row(Stage.ASKED, Subject.RMA, "Waits for a decision", "decide", "agent", True, "sla_breach"),
    Row(Stage.LABEL, Subject.RMA, "Not handed in yet", "see it handed in", "agent", False, "stuck_return"),
    Row(Stage.IN_TRANSIT, Subject.PARCEL, "On its way", "receive", "agent", False, "stuck_return"),
    Row(Stage.RECEIVED, Subject.UNIT, "Waits to be inspected", "inspect", "inspector", True, "stuck_return"),
    Row(Stage.INSPECTED, Subject.UNIT, "Waits to be put away", "put away", "clerk", True, "stuck_return"),
    Row(Stage.SET_APART, Subject.UNIT, "Set apart", "decide", "inventory_controller", True, "sla_breach"),
    Row(Stage.CREDIT_DUE, Subject.RMA, "Credit is due", "release the credit", "finance", True, "stuck_return"),
    Row(Stage.PAYOUT, Subject.PAYOUT, "Payout not seen yet", "see it paid", "finance", False, "sla_breach"),
    Row(Stage.CASE, Subject.CASE, "Open case", "close", "agent", True, ""),
)
STAGES: Final = {row.stage: row for row in _ROWS}
PAUSABLE: Final = tuple(str(row.stage) for row in _ROWS if row.pausable)

if set(map(str, STAGES)) != set(ASKED_OF_POLICY) or {row.owner_role for row in _ROWS} - set(ROLES):
    raise InvariantBroken("stages of clocks, of the SLA table and roles do not fit")
