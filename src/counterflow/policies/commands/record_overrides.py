"""Record that people acted otherwise than policies say: what the report of overrides is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.policies.models import OverrideRecord

_QUEUE = "policies.overrides"


@dataclass(frozen=True)
class About:
    """What an override is about: the act, the subject as people know it, and the money at stake.

    `act` is one of return, disposal, early_refund, goods_ahead. `money_minor` is in minor units of `currency`.
    """

    act: str
    subject_kind: str
    subject_id: int
    document: str
    rma: str = ""
    money_minor: int = 0
    currency: str | None = None
    brand: str = ""
    channel: str = ""


def override_row(
    ctx: Context, about: About, *, decision: Mapping[str, Any], instead: Mapping[str, Any], reason: str
) -> dict[str, Any]:
    """An override as a row; `decision` (id, kind, version_id, row_id, outcome) is what it sets aside."""
    return {
        "id": ctx.new_id(),
        "at": ctx.at,
        "act": about.act,
        "decision_id": decision["id"],
        "kind": str(decision["kind"]),
        "version_id": decision["version_id"],
        "row_id": decision["row_id"],
        "said": dict(decision["outcome"]),
        "instead": dict(instead),
        "subject_kind": about.subject_kind,
        "subject_id": about.subject_id,
        "document": about.document,
        "rma": about.rma,
        "reason": reason,
        "by": ctx.actor,
        "money_minor": about.money_minor,
        "currency": about.currency,
        "brand": about.brand,
        "channel": about.channel,
        "command_id": ctx.command_id,
    }


def note_row(ctx: Context, subject_id: int, note: str) -> dict[str, Any]:
    """What a person said about an override, as a payload of its subject: free text, so it can be erased."""
    return {
        "id": ctx.new_id(),
        "kind": "override_note",
        "subject_id": subject_id,
        "source": "policies",
        "reference": "",
        "body": {"note": note},
        "kept_at": ctx.at,
    }


def record_overrides(ctx: Context, rows: Sequence[dict[str, Any]]) -> None:
    """Queue overrides; the outermost command writes all of them, its inner commands' too, by one statement."""
    if rows:
        ctx.running.queued.setdefault(_QUEUE, []).extend(rows)
        ctx.running.flush[_QUEUE] = _write


def _write(ctx: Context) -> None:
    db.insert(OverrideRecord, ctx.running.queued.pop(_QUEUE))
