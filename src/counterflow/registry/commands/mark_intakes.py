"""Note how far a file is taken over, or drop it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Conflict, DomainError
from counterflow.registry.models import Intake
from counterflow.registry.queries import IntakeMissing


class IntakeEnded(Conflict):
    """The file {name} was {state} already; upload it again to compare it anew."""


@dataclass(frozen=True)
class MarkIntake:
    """That the parts of a file up to `taken` are in the books, or (`drop`) that it is not wanted.

    `counts` are added to those kept with the file.
    """

    intake_id: int
    taken: int = 0
    drop: bool = False
    counts: tuple[tuple[str, int], ...] = ()
    problems: tuple[dict[str, Any], ...] = ()


@command(needs="registry.import")
def mark_intakes(ctx: Context, *, items: Sequence[MarkIntake]) -> Batch:
    """Move each file on; its rows go away with its end.

    Refuses `IntakeMissing`, `IntakeEnded`. Three statements.
    """
    found = db.lock(ctx, Rank.KEY, _LOCKED, [[item.intake_id for item in items]])
    known = {row.id: row._asdict() for row in found}
    changed: set[int] = set()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_mark(ctx, item, known))
            changed.add(item.intake_id)
        except DomainError as error:
            results.append(Refused.of(str(item.intake_id), error))
    rows = [known[n] for n in sorted(changed)]
    columns = ("id", "state", "summary", "problems", "taken", "ended_at")
    db.update(Intake, [{name: row[name] for name in columns} for row in rows])
    if gone_ids := [row["id"] for row in rows if row["state"] != "previewed"]:
        db.execute("DELETE FROM registry_intakepart WHERE intake_id = ANY(%s::bigint[])", [gone_ids])
    return Batch(results)


_LOCKED = """
SELECT id, file_name, state, summary, problems, parts, taken, ended_at FROM registry_intake
WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""


def _mark(ctx: Context, item: MarkIntake, known: dict[int, dict[str, Any]]) -> Done:
    row = known.get(item.intake_id)
    if row is None:
        raise IntakeMissing(intake_id=item.intake_id)
    if row["state"] != "previewed":
        raise IntakeEnded(name=row["file_name"], state=row["state"])
    row["taken"] = min(max(row["taken"], item.taken), row["parts"])
    summary = dict(row["summary"])
    for name, more in item.counts:
        summary[name] = summary.get(name, 0) + more
    row["summary"] = summary
    row["problems"] = [*row["problems"], *item.problems]
    if item.drop:
        row.update(state="dropped", ended_at=ctx.at)
    elif row["taken"] == row["parts"]:
        row.update(state="taken", ended_at=ctx.at)
    return Done(str(item.intake_id), {"state": row["state"], "taken": row["taken"]})
