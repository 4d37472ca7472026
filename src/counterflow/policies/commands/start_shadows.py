"""Let versions decide silently beside those in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.policies.commands.versions import Held, lock_versions, pick
from counterflow.policies.facts import ADDED_UP
from counterflow.policies.models import Shadow
from counterflow.policies.queries import forget
from counterflow.policies.rules import require_fit

SHADOWED = ("in_review", "approved")


class NotShadowed(Refusal):
    """{policy} is {state}; a version decides silently while it is in review or agreed to, so propose it first."""


class AddsUp(Refusal):
    """{policy} adds up points and decides nothing by itself; it cannot decide silently."""


@dataclass(frozen=True)
class StartShadow:
    """A version that is in review or agreed to, as it was when it was looked at."""

    version_id: int
    revision: int


@command(needs="policies.test")
def start_shadows(ctx: Context, *, items: Sequence[StartShadow]) -> Batch:
    """Ask each version from now on whenever one of its kind decides, and keep what differs. It never decides.

    One that does so already is a replay. It ends by `end_shadows`, and where the version leaves review or agreement.
    Refuses `VersionUnknown`, `DraftChanged`, `NotShadowed`, `AddsUp`, `TableRefused`. Five SQL statements at most.
    """
    held = lock_versions(ctx, [item.version_id for item in items])
    running = {row.version_id: row for row in db.rows(_RUNNING, [sorted(held)])}
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_start(ctx, item, held, running, fresh))
        except DomainError as error:
            results.append(Refused.of(str(item.version_id), error))
    if fresh:
        db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
        db.insert(Shadow, fresh)
        forget()
    return Batch(results)


_RUNNING = "SELECT id, version_id FROM policies_shadow WHERE ended_at IS NULL AND version_id = ANY(%s::bigint[])"


@dataclass(frozen=True)
class _Running:
    id: int
    version_id: int


def _start(
    ctx: Context, item: StartShadow, held: dict[int, Held], running: dict[int, Any], fresh: list[dict[str, Any]]
) -> Done:
    version = pick(held, item.version_id, item.revision)
    if found := running.get(version.id):
        return Done(str(version.id), {"shadow_id": found.id}, replayed=True)
    if version.state not in SHADOWED:
        raise NotShadowed(policy=version.name, state=version.state.replace("_", " "))
    if version.kind in ADDED_UP:
        raise AddsUp(policy=version.name)
    require_fit(version.table())
    shadow_id = ctx.new_id()
    row = {
        "id": shadow_id,
        "version_id": version.id,
        "digest": version.digest,
        "started_at": ctx.at,
        "started_by": ctx.actor,
        "command_id": ctx.command_id,
    }
    fresh.append(row)
    running[version.id] = _Running(shadow_id, version.id)
    return Done(str(version.id), {"shadow_id": shadow_id})
