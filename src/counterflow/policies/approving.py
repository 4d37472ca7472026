"""Whether an act needs the agreement of other people: asked by the command in which it happens, for each item.

The `approval` table says how many, in which roles and for how long. A command calls `require_approval` as the last
thing that can refuse an item, with what the item will post. Nobody has to agree, or people have (the context carries
a leave that the room approvals gave): the decision is recorded and the act goes on. Else it is refused, and can be
asked for.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.roles import ROLES
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Refusal
from counterflow.ledger.foreseen import Foreseen, foreseen
from counterflow.ledger.posting import Entry
from counterflow.policies.commands.record_decisions import decision_rows, record_decisions
from counterflow.policies.facts import Kind
from counterflow.policies.queries import decide


class ApprovalNeeded(Refusal):
    """{who} first: {text}"""


class NoLongerNeeded(Refusal):
    """This was asked for when it needed somebody's agreement, and now it needs nobody's; just do it."""


@dataclass(frozen=True)
class Demand:
    """Who has to agree: how many, the role of the first and of the second (empty: whoever may agree), how soon."""

    approvers: int
    role: str
    second_role: str
    expires_hours: int
    code: str

    @property
    def roles(self) -> list[str]:
        """The role of each who has to agree."""
        return [self.role, self.second_role][: self.approvers]


@dataclass(frozen=True)
class Sight:
    """An act as it is just before it takes effect: what it is about, what is at stake, what it will post.

    `facts` are those the table saw, with `value_minor` in minor units of `currency`. `subject_id` is what it is about
    and was there before it: an order, an RMA, a unit, a break, an item, a version of a policy.
    """

    act: str
    identity: str
    subject_id: int
    facts: Mapping[str, Any]
    lines: Sequence[Foreseen]
    demand: Demand
    version_id: int
    row_id: str
    text: str


class Leave(ABC):
    """What lets acts through that need agreement. The room approvals has the two there are."""

    @abstractmethod
    def grants(self, sight: Sight) -> bool:
        """Whether this act, as it is now, may take effect; raises what stands against it."""

    @abstractmethod
    def covers(self, identity: str) -> bool:
        """Whether people agreed to this act."""


def require_approval(
    ctx: Context,
    act: str,
    identity: str,
    *,
    subject_id: int,
    facts: Mapping[str, Any],
    entries: Sequence[Entry] = (),
    least: int = 0,
    why: str = "",
) -> None:
    """Record that an act may take effect, or refuse it.

    `identity` is the business identity of the item. `least` people have to agree whatever the table says, for the
    reason `why`. No SQL of its own. Raises `ApprovalNeeded`, `PolicyMissing`, `FactsRefused`.
    """
    answer = decide(Kind.APPROVAL, [{"act": act, **facts}], at=ctx.at, epoch=ctx.config_epoch)[0]
    said = answer.outcome
    demand = Demand(
        max(said["approvers"], least),
        said["role"] or "",
        said["second_role"] or "",
        said["expires_hours"],
        said["code"],
    )
    text = why if least > said["approvers"] and why else answer.text
    known = {name: value for name, value in answer.facts.items() if value is not None}
    sight = Sight(act, identity, subject_id, known, foreseen(entries), demand, answer.version_id, answer.row_id, text)
    granted = isinstance(ctx.leave, Leave) and ctx.leave.grants(sight)
    if demand.approvers and not granted:
        raise _needed(sight)
    record_decisions(ctx, decision_rows(ctx, [(subject_id, answer)]))


def unneeded(ctx: Context, identity: str) -> None:
    """Say that an act needs nobody: people who agreed to it agreed to something else. Raises `NoLongerNeeded`."""
    if isinstance(ctx.leave, Leave) and ctx.leave.covers(identity):
        raise NoLongerNeeded()


def who_agrees(roles: Sequence[str]) -> str:
    """Who has to agree, as the start of a sentence; an empty role means whoever may agree."""
    names = [ROLES[role].name if role in ROLES else role.replace("_", " ") for role in roles]
    if not any(names):
        return "Another person has to agree" if len(names) == 1 else "Two other people have to agree"
    if len(names) == 1:
        return f"Another person ({names[0].lower()}) has to agree"
    told = " and ".join(name.lower() if name else "anybody who may agree" for name in names)
    return f"Two other people ({told}) have to agree"


def _needed(sight: Sight) -> ApprovalNeeded:
    demand = sight.demand
    return ApprovalNeeded(
        who=who_agrees(demand.roles),
        text=sight.text,
        act=sight.act,
        identity=sight.identity,
        approvers=demand.approvers,
        role=demand.role,
        second_role=demand.second_role,
        expires_hours=demand.expires_hours,
        code=demand.code,
        value_minor=sight.facts.get("value_minor", 0),
        currency=sight.facts.get("currency", ""),
        policy_version_id=sight.version_id,
        row=sight.row_id,
    )
