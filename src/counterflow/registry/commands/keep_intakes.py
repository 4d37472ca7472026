"""Keep an uploaded file between its preview and its taking over."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context
from counterflow.registry.models import Intake, IntakePart


@dataclass(frozen=True)
class KeepIntake:
    """A file that was read and compared: counts, refused rows, and its good rows in packed parts."""

    kind: str
    file_name: str
    sha256: str
    summary: Mapping[str, Any]
    problems: Sequence[Mapping[str, Any]]
    parts: Sequence[str] = field(repr=False, default=())


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a command takes them: compressed, as hexadecimal text."""
    return zlib.compress(orjson.dumps(list(rows)), 6).hex()


@command(needs="registry.import")
def keep_intakes(ctx: Context, *, items: Sequence[KeepIntake]) -> Batch:
    """Keep each file until it is taken over or dropped. One statement."""
    intakes: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    results: list[Done] = []
    for item in items:
        made = {
            "id": ctx.new_id(),
            "kind": item.kind,
            "file_name": item.file_name[:200],
            "sha256": item.sha256,
            "state": "previewed",
            "summary": dict(item.summary),
            "problems": list(item.problems),
            "parts": len(item.parts),
            "at": ctx.at,
            "by": ctx.actor,
        }
        intakes.append(made)
        parts += [
            {"id": ctx.new_id(), "intake_id": made["id"], "seq": n, "rows": bytes.fromhex(rows)}
            for n, rows in enumerate(item.parts)
        ]
        results.append(Done(item.sha256, {"intake_id": made["id"]}))
    db.insert(Intake, intakes)
    db.insert(IntakePart, parts)
    return Batch(list(results))
