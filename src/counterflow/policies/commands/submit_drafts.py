"""Propose drafts of policies to a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.policies.commands.versions import Held, lock_versions, pick, step, write_states, write_steps
from counterflow.policies.events import POLICY_SUBMITTED
from counterflow.policies.examples import require_examples
from counterflow.policies.rules import require_fit
from counterflow.policies.states import POLICY


@dataclass(frozen=True)
class SubmitDraft:
    """A draft as it was when somebody found it good."""

    version_id: int
    revision: int

    @property
    def identity(self) -> str:
        """Each revision is proposed once."""
        return f"{self.version_id}:{self.revision}"


@command(needs="policies.edit")
def submit_drafts(ctx: Context, *, items: Sequence[SubmitDraft]) -> Batch:
    """Put each draft before its owner: its table is sound and its examples hold.

    Refuses `VersionUnknown`, `DraftChanged`, `MoveNotAllowed`, `TableRefused`, `ExamplesFail`. Four statements.
    """
    held = lock_versions(ctx, [item.version_id for item in items])
    moved: list[Held] = []
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            version = pick(held, item.version_id, item.revision)
            if version.state != "draft" and version.done_by("submit", item.revision):
                results.append(Done(item.identity, {"state": version.state}, replayed=True))
                continue
            state = POLICY.move("submit", version.state)
            table = version.table()
            require_fit(table)
            require_examples(table, version.read_examples())
            version.state = state
            moved.append(version)
            steps.append(step(ctx, version, "submit"))
            results.append(Done(item.identity, {"state": state}))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    write_states(moved)
    write_steps(steps)
    emit(ctx, [Event(POLICY_SUBMITTED, version.id, facts={"policy": version.name}) for version in moved])
    return Batch(results)
