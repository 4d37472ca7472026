"""Keep labels of carriers for returns, or for announced parcels of them, where they can be erased."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from counterflow.desk import events
from counterflow.desk.labels import LabelErased, NotItsParcel, sort_of
from counterflow.desk.models import Label
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.returns.rules import RmaNotFound


@dataclass(frozen=True)
class KeepLabel:
    """A label as the carrier made it; JSON carries the bytes as base64. It may name an announced parcel."""

    rma: str
    body: bytes = field(repr=False)
    carrier: str = ""
    tracking: str = ""


# Whoever keeps a label of the same return waits here; the labels are read by the statement after it.
_RMAS = "SELECT l.id FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id WHERE r.number = ANY(%s::text[])"
_LOCK = f"{_RMAS} ORDER BY l.id FOR NO KEY UPDATE OF l"
_KNOWN = """
SELECT r.id, r.number,
       (SELECT coalesce(jsonb_object_agg(encode(b.sha256, 'hex'), jsonb_build_array(b.id, k.body IS NULL)), '{}')
        FROM desk_label b LEFT JOIN kernel_payload k ON k.id = b.payload_id WHERE b.rma_id = r.id) AS labels,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(p.carrier, p.tracking, p.id)), '[]')
        FROM logistics_parcel p WHERE p.rma_id = r.id) AS parcels
FROM returns_rma r WHERE r.number = ANY(%s::text[])
"""


@dataclass
class _Plan:
    labels: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="logistics.plan")
def keep_labels(ctx: Context, *, items: Sequence[KeepLabel]) -> Batch:
    """Keep each label; the same file of the same return again is a replay.

    Refuses: `RmaNotFound`, `LabelUnreadable`, `LabelTooLarge`, `LabelErased`, `NotItsParcel`. Two look-ups, the first
    under lock; one write a table.
    """
    numbers = sorted({item.rma for item in items})
    db.lock(ctx, Rank.RMA_LINE, _LOCK, [numbers])
    known = {row.number: row for row in db.rows(_KNOWN, [numbers])}
    kept = {
        (row.id, digest): (label_id, erased)
        for row in known.values()
        for digest, (label_id, erased) in row.labels.items()
    }
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        digest = sha256(item.body)
        identity = f"{item.rma[:80]}:{digest.hexdigest()[:16]}"
        try:
            results.append(_keep(ctx, identity, item, known.get(item.rma), kept, plan))
        except DomainError as error:
            results.append(Refused.of(identity, error))
    db.insert(Payload, plan.payloads)
    db.insert(Label, plan.labels)
    emit(ctx, plan.events)
    return Batch(results)


def _keep(
    ctx: Context, identity: str, item: KeepLabel, rma: Any, kept: dict[tuple[int, str], tuple[int, bool]], plan: _Plan
) -> Done:
    sort = sort_of(item.body)
    if rma is None:
        raise RmaNotFound(rma=item.rma[:80])
    digest = sha256(item.body)
    if (rma.id, digest.hexdigest()) in kept:
        label_id, erased = kept[rma.id, digest.hexdigest()]
        if erased:
            raise LabelErased(rma=item.rma)
        return Done(identity, {"label_id": label_id, "sort": sort}, replayed=True)
    parcel_id = _parcel(item, rma)
    label_id, payload_id = ctx.new_id(), ctx.new_id()
    kept[rma.id, digest.hexdigest()] = label_id, False
    plan.payloads.append(
        {
            "id": payload_id,
            "kind": "label",
            "subject_id": rma.id,
            "source": "desk",
            "reference": f"label:{label_id}",
            "body": {"file": b64encode(item.body).decode()},
            "kept_at": ctx.at,
        }
    )
    plan.labels.append(
        {
            "id": label_id,
            "rma_id": rma.id,
            "parcel_id": parcel_id,
            "sha256": digest.digest(),
            "sort": sort,
            "size": len(item.body),
            "payload_id": payload_id,
            "kept_at": ctx.at,
            "kept_by": ctx.actor,
            "command_id": ctx.command_id,
        }
    )
    plan.events.append(Event(events.LABEL_KEPT, rma.id, ctx.at, {"label_id": label_id, "sort": sort}))
    return Done(identity, {"label_id": label_id, "sort": sort})


def _parcel(item: KeepLabel, rma: Any) -> int | None:
    """The announced parcel that was named; none where none was."""
    if not item.carrier and not item.tracking:
        return None
    for carrier, tracking, parcel_id in rma.parcels:
        if (carrier, tracking) == (item.carrier, item.tracking):
            return int(parcel_id)
    raise NotItsParcel(carrier=item.carrier[:60], tracking=item.tracking[:80], rma=item.rma)
