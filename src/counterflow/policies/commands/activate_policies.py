"""Let approved policies answer from an instant on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.policies import approving
from counterflow.policies.commands.versions import (
    Held,
    lock_versions,
    pick,
    scope_key,
    step,
    write_states,
    write_steps,
)
from counterflow.policies.events import POLICY_PUBLISHED
from counterflow.policies.examples import require_examples
from counterflow.policies.facts import Kind
from counterflow.policies.queries import active, forget
from counterflow.policies.rules import require_fit
from counterflow.policies.states import POLICY, Version


class StartsTooEarly(Refusal):
    """A version of {kind} in the same scope begins at {begins}; this one has to begin later, and not in the past."""


class BeginsInThePast(Refusal):
    """{policy} was to begin at {starts}, which is over; let it begin now, or at an instant that is still to come."""


@dataclass(frozen=True)
class ActivatePolicy:
    """A version that was agreed to. `effective_from` is an aware instant, None for now."""

    version_id: int
    revision: int
    effective_from: datetime | None = None

    @property
    def identity(self) -> str:
        """A version begins once."""
        return str(self.version_id)


@command(needs="policies.activate")
def activate_policies(ctx: Context, *, items: Sequence[ActivatePolicy]) -> Batch:
    """Let each version answer from its instant on; the one before it in its scope ends there.

    Its table and its examples are checked again, since what they may ask about can have changed. Refuses
    `VersionUnknown`, `DraftChanged`, `MoveNotAllowed`, `TableRefused`, `ExamplesFail`, `StartsTooEarly`,
    `BeginsInThePast`, `IdentityReused`, `ApprovalNeeded`. Ten SQL statements at most, whatever the batch.
    """
    # What has to agree is said by the tables in force before this; read while they are known to be those.
    active(Kind.APPROVAL, at=ctx.at, epoch=ctx.config_epoch)
    named = lock_versions(ctx, [item.version_id for item in items])
    db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    held = lock_versions(ctx, _in_force({version.kind for version in named.values()}) + list(named))
    moved: dict[int, Held] = {}
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_activate(ctx, item, held, moved, steps))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    write_states(list(moved.values()))
    write_steps(steps)
    forget()
    begun = [version for version in moved.values() if version.effective_to is None]
    emit(ctx, [Event(POLICY_PUBLISHED, v.id, facts={"kind": v.kind, "version": v.version}) for v in begun])
    return Batch(results)


def _in_force(kinds: set[str]) -> list[int]:
    """Versions that answer now or will, without an end."""
    found = db.rows(
        "SELECT id FROM policies_policyversion WHERE kind = ANY(%s) AND state = 'active' AND effective_to IS NULL"
        " ORDER BY id",
        [sorted(kinds)],
    )
    return [row.id for row in found]


def _activate(
    ctx: Context, item: ActivatePolicy, held: dict[int, Held], moved: dict[int, Held], steps: list[dict[str, Any]]
) -> Done:
    version = pick(held, item.version_id, item.revision)
    starts = item.effective_from or ctx.at
    if version.state == Version.ACTIVE and version.done_by("activate", item.revision):
        if item.effective_from is not None and version.effective_from != item.effective_from:
            raise IdentityReused(what="activation", identity=version.name)
        return Done(item.identity, {"effective_from": version.effective_from.isoformat()}, replayed=True)
    state = POLICY.move("activate", version.state)
    table = version.table()
    require_fit(table)
    require_examples(table, version.read_examples())
    befores = _befores(version, held)
    for before in befores:
        if starts <= before.effective_from:
            raise StartsTooEarly(kind=version.kind, begins=before.effective_from.isoformat())
    if starts < ctx.at:
        raise BeginsInThePast(policy=version.name, starts=starts.isoformat())
    facts = {"value_minor": 0, "policy_kind": str(version.kind)}
    approving.require_approval(ctx, "policy_activation", item.identity, subject_id=version.id, facts=facts)
    for before in befores:
        before.effective_to = starts
        moved[before.id] = before
    version.state, version.effective_from = state, starts
    moved[version.id] = version
    steps.append(step(ctx, version, "activate"))
    return Done(item.identity, {"effective_from": starts.isoformat()})


def _befores(version: Held, held: dict[int, Held]) -> list[Held]:
    """What answers in the same scope so far, and has no end yet."""
    return [
        other
        for other in held.values()
        if other.id != version.id
        and other.kind == version.kind
        and other.state == Version.ACTIVE
        and other.effective_to is None
        and scope_key(other.scope) == scope_key(version.scope)
    ]
