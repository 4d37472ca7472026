"""Take policies out of their way: withdraw what never answered, retire what need not answer any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, PermissionDenied, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.policies.approving import require_approval
from counterflow.policies.commands.versions import (
    Held,
    lock_versions,
    pick,
    scope_key,
    step,
    write_states,
    write_steps,
)
from counterflow.policies.events import POLICY_ENDED
from counterflow.policies.queries import forget
from counterflow.policies.states import POLICY, Version

RESOLUTION = timedelta(microseconds=1)
"""The shortest time a version can have answered."""


class SomebodyHasToAnswer(Refusal):
    """{policy} is the only one of its kind that answers for everybody; activate another in its place instead."""


@dataclass(frozen=True)
class EndPolicy:
    """A version that shall go no further, or answer no longer."""

    version_id: int
    revision: int

    @property
    def identity(self) -> str:
        """A version ends once."""
        return str(self.version_id)


@command(needs="policies.edit")
def end_policies(ctx: Context, *, items: Sequence[EndPolicy]) -> Batch:
    """Withdraw each version that has not begun to answer, and retire each that has: it answers no longer from now on.

    Where a withdrawn version was to follow another, that one goes on. To end what is active needs
    `policies.activate` as well, and what answers for everybody stays. The approval table says whether others have to
    agree that what answers answers no longer, since something broader does then. Refuses `VersionUnknown`,
    `DraftChanged`, `MoveNotAllowed`, `SomebodyHasToAnswer`, `PermissionDenied`, `ApprovalNeeded`. Ten SQL statements
    at most, with the decisions.
    """
    named = lock_versions(ctx, [item.version_id for item in items])
    held = lock_versions(ctx, [*named, *_befores(named)])
    moved: list[Held] = []
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_end(ctx, item, held, moved, steps))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    # Also where one was withdrawn that never answered: it may have decided silently.
    if moved:
        db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    write_states(moved)
    write_steps(steps)
    forget()
    emit(ctx, [Event(POLICY_ENDED, v.id, facts={"policy": v.name, "state": v.state}) for v in moved])
    return Batch(results)


def _end(ctx: Context, item: EndPolicy, held: dict[int, Held], moved: list[Held], steps: list[dict[str, Any]]) -> Done:
    version = pick(held, item.version_id, item.revision)
    if version.state in (Version.RETIRED, Version.WITHDRAWN):
        return Done(item.identity, {"state": version.state}, replayed=True)
    action = "withdraw"
    if version.state == Version.ACTIVE:
        if not ctx.may("policies.activate"):
            raise PermissionDenied(permission="policies.activate", actor=ctx.actor)
        action = "retire" if version.effective_from <= ctx.at else "withdraw"
    state = POLICY.move(action, version.state)
    if action == "retire":
        _stop(ctx, item, version)
    elif version.state == Version.ACTIVE:
        for before in _goes_on(version, held):
            before.effective_to = None
            moved.append(before)
    version.state = state
    moved.append(version)
    steps.append(step(ctx, version, action))
    return Done(item.identity, {"state": state})


def _stop(ctx: Context, item: EndPolicy, version: Held) -> None:
    """Let a version answer no longer. Raises `SomebodyHasToAnswer`, `ApprovalNeeded`."""
    if not version.scope and version.effective_to is None:
        raise SomebodyHasToAnswer(policy=version.name)
    if version.effective_to is None or version.effective_to > ctx.at:
        facts = {"value_minor": 0, "policy_kind": str(version.kind)}
        require_approval(ctx, "policy_end", item.identity, subject_id=version.id, facts=facts)
    if version.effective_to is None or version.effective_to > ctx.at:
        version.effective_to = max(ctx.at, version.effective_from + RESOLUTION)


def _befores(named: dict[int, Held]) -> list[int]:
    """Versions that end where one of these begins."""
    found = db.rows(
        "SELECT b.id FROM policies_policyversion v JOIN policies_policyversion b"
        " ON b.kind = v.kind AND b.scope = v.scope AND b.effective_to = v.effective_from AND b.state = 'active'"
        " WHERE v.id = ANY(%s) ORDER BY b.id",
        [sorted(named)],
    )
    return [row.id for row in found]


def _goes_on(version: Held, held: dict[int, Held]) -> list[Held]:
    """What would have ended where a version that is withdrawn was to begin."""
    return [
        other
        for other in held.values()
        if other.kind == version.kind
        and other.effective_to == version.effective_from
        and scope_key(other.scope) == scope_key(version.scope)
    ]
