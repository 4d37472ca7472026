"""Agree to policies that were proposed, or send them back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.rules import ADMINISTRATOR
from counterflow.access.standing import Standing, persons, standing
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.policies.commands.versions import (
    AuthorCannotAgree,
    Held,
    OwnerHasToAgree,
    end_their_shadows,
    lock_versions,
    pick,
    step,
    write_states,
    write_steps,
)
from counterflow.policies.events import POLICY_REVIEWED
from counterflow.policies.facts import WORD
from counterflow.policies.states import POLICY, Version

VERDICTS = ("approve", "send_back")


class VerdictUnknown(Invalid):
    """{verdict} is no verdict; the verdicts are approve and send_back, the latter with a reason in one word."""


@dataclass(frozen=True)
class ReviewPolicy:
    """What a second person says to a proposal. `reason` is a code, needed to send it back."""

    version_id: int
    revision: int
    verdict: str
    reason: str = ""

    @property
    def identity(self) -> str:
        """Each revision gets one verdict."""
        return f"{self.version_id}:{self.revision}"


@command(needs="policies.review")
def review_policies(ctx: Context, *, items: Sequence[ReviewPolicy]) -> Batch:
    """Take each verdict. Only the owner's role may agree, and nobody to what they wrote or proposed, by any token.

    Refuses `VersionUnknown`, `DraftChanged`, `MoveNotAllowed`, `VerdictUnknown`, `AuthorCannotAgree`,
    `OwnerHasToAgree`. What is sent back decides silently no longer. Five SQL statements, one more where tokens are
    among the actors, and two more at most for what is sent back, whatever the batch.
    """
    held = lock_versions(ctx, [item.version_id for item in items])
    me = standing([ctx.actor], at=ctx.at).get(ctx.actor, Standing(ctx.actor, 0, frozenset(), frozenset()))
    behind = persons(author for version in held.values() for author in version.authors)
    moved: list[Held] = []
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_review(ctx, item, held, me, behind, moved, steps))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    write_states(moved)
    write_steps(steps)
    end_their_shadows(ctx, [version for version in moved if version.state == Version.DRAFT])
    emit(ctx, [Event(POLICY_REVIEWED, v.id, facts={"policy": v.name, "state": v.state}) for v in moved])
    return Batch(results)


def _review(
    ctx: Context,
    item: ReviewPolicy,
    held: dict[int, Held],
    me: Standing,
    behind: Mapping[str, str],
    moved: list[Held],
    steps: list[dict[str, Any]],
) -> Done:
    if item.verdict not in VERDICTS or (item.verdict == "send_back" and not re.fullmatch(WORD, item.reason)):
        raise VerdictUnknown(verdict=item.verdict[:40])
    version = pick(held, item.version_id, item.revision)
    if version.done_by(item.verdict, item.revision) == ctx.actor and version.state != "in_review":
        return Done(item.identity, {"state": version.state}, replayed=True)
    state = POLICY.move(item.verdict, version.state)
    if item.verdict == "approve":
        if me.person in {behind[author] for author in version.authors}:
            raise AuthorCannotAgree(policy=version.name)
        if not me.roles & {version.owner_role, ADMINISTRATOR}:
            raise OwnerHasToAgree(policy=version.name, role=version.owner_role)
    version.state = state
    moved.append(version)
    steps.append(step(ctx, version, item.verdict, item.reason))
    return Done(item.identity, {"state": state})
