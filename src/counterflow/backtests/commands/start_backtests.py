"""Start back-tests: what a version of a policy would have done to the returns of a period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from counterflow.backtests.models import Backtest
from counterflow.backtests.states import KINDS, OPEN, TESTED, Overrides
from counterflow.backtests.states import Backtest as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, NotFound, Refusal
from counterflow.policies.rules import require_fit
from counterflow.policies.tables import read_table

REFERENCE_MAX = 200


class PeriodEmpty(Invalid):
    """The period from {since} to {until} holds no time; it ends after it begins."""


class KindNotReplayed(Refusal):
    """A policy of the kind {kind} cannot be replayed over past returns; {kinds} can."""


class VersionNotTested(Refusal):
    """The version {version_id} is {state}; drafts, proposed, approved and active versions can be tested."""


class VersionUnknown(NotFound):
    """There is no version of a policy with the id {version_id}."""


class OverridesUnknown(Invalid):
    """{overrides} is no way to treat overrides; known are {known}."""


class ReferenceMissing(Invalid):
    """A back-test needs a reference of the asker's own, 1 to {most} characters long."""


@dataclass(frozen=True)
class StartBacktest:
    """A version, and the returns it is replayed over: those asked for from `since` until before `until`.

    `channel`, `brand` and `family` narrow them where they are given. `overrides`: decisions that staff took against
    policy are `kept` where the version would have refused as well, taken back (`none`), or taken for every request
    (`all`). `request_ref` is the asker's own, and unique for ever.
    """

    request_ref: str
    version_id: int
    since: datetime
    until: datetime
    channel: str = ""
    brand: str = ""
    family: str = ""
    overrides: str = "kept"


@command(needs="policies.test")
def start_backtests(ctx: Context, *, items: Sequence[StartBacktest]) -> Batch:
    """Let each wait for the worker. The same wish as one that is not ended answers with that one.

    Refuses `ReferenceMissing`, `VersionUnknown`, `VersionNotTested`, `KindNotReplayed`, `TableRefused`,
    `PeriodEmpty`, `OverridesUnknown`, `IdentityReused`. Three SQL statements, whatever the batch.
    """
    versions = {row.id: row for row in db.rows(_VERSIONS, [[item.version_id for item in items]])}
    wishes = [_wish(item, versions) for item in items]
    refs = [item.request_ref for item in items]
    known: dict[str, Any] = {}
    running: dict[bytes, Any] = {}
    for row in db.rows(_KNOWN, [refs, sorted(OPEN), wishes]):
        known[row.request_ref] = row
        if row.state in OPEN:
            running[bytes(row.wish)] = row
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item, wish in zip(items, wishes, strict=True):
        try:
            results.append(_start(ctx, item, wish, versions, known, running, fresh))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Backtest, fresh)
    return Batch(results)


_VERSIONS = """
SELECT id, kind, content, scope, digest, state FROM policies_policyversion WHERE id = ANY(%s::bigint[])
"""
_KNOWN = """
SELECT id, request_ref, wish, state FROM backtests_backtest
WHERE request_ref = ANY(%s::text[]) OR (state = ANY(%s::text[]) AND wish = ANY(%s::bytea[])) ORDER BY id
"""


@dataclass(frozen=True)
class _Known:
    """A run of this batch, as one of the database is read."""

    id: int
    request_ref: str
    wish: bytes
    state: str


def _wish(item: StartBacktest, versions: dict[int, Any]) -> bytes:
    """What tells one wish from another, whoever asks: the version as it stands, and the returns."""
    found = versions.get(item.version_id)
    return content_hash([replace(item, request_ref=""), found and [found.digest, found.scope]])


def _start(
    ctx: Context,
    item: StartBacktest,
    wish: bytes,
    versions: dict[int, Any],
    known: dict[str, Any],
    running: dict[bytes, Any],
    fresh: list[dict[str, Any]],
) -> Done:
    if not isinstance(item.request_ref, str) or not 0 < len(item.request_ref.strip()) <= REFERENCE_MAX:
        raise ReferenceMissing(most=REFERENCE_MAX)
    if earlier := known.get(item.request_ref):
        if bytes(earlier.wish) != wish:
            raise IdentityReused(what="back-test", identity=item.request_ref)
        return Done(item.request_ref, {"backtest_id": earlier.id, "state": earlier.state}, replayed=True)
    version = _require(item, versions)
    if same := running.get(wish):
        return Done(item.request_ref, {"backtest_id": same.id, "state": same.state}, replayed=True)
    row = {
        "id": ctx.new_id(),
        "request_ref": item.request_ref,
        "wish": wish,
        "version_id": version.id,
        "kind": version.kind,
        "content": version.content,
        "scope": version.scope,
        "digest": version.digest,
        "since": item.since,
        "until": item.until,
        "channel": item.channel,
        "brand": item.brand,
        "family": item.family,
        "overrides": item.overrides,
        "state": str(State.WAITING),
        "started_by": ctx.actor,
        "started_at": ctx.at,
        "command_id": ctx.command_id,
    }
    fresh.append(row)
    known[item.request_ref] = running[wish] = _Known(row["id"], item.request_ref, wish, row["state"])
    return Done(item.request_ref, {"backtest_id": row["id"], "state": row["state"]})


def _require(item: StartBacktest, versions: dict[int, Any]) -> Any:
    """The version, where it can be tested on what is asked."""
    found = versions.get(item.version_id)
    if found is None:
        raise VersionUnknown(version_id=item.version_id)
    if found.state not in TESTED:
        raise VersionNotTested(version_id=item.version_id, state=found.state)
    if found.kind not in KINDS:
        raise KindNotReplayed(kind=found.kind, kinds=", ".join(KINDS))
    require_fit(read_table(found.content))
    if item.since >= item.until:
        raise PeriodEmpty(since=item.since.isoformat(), until=item.until.isoformat())
    if item.overrides not in list(Overrides):
        raise OverridesUnknown(overrides=item.overrides[:40], known=", ".join(Overrides))
    return found
