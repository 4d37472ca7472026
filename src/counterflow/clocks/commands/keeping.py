"""Keeping clocks: compare what runs with what the rooms say, put it right, warn, and tell what is late.

The one place that starts, stops and moves clocks. It reads the truth anew, so events may come twice, late and in any
order; what was found to be late and turns out to have been in time is taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.clocks.commands.alarms import Turn, ring
from counterflow.clocks.commands.locking import Key, Row, lock_clocks
from counterflow.clocks.commands.reach import calendars_that_reach
from counterflow.clocks.commands.snoozes import keep_snoozes
from counterflow.clocks.history import Span
from counterflow.clocks.lookups import Known, look_up
from counterflow.clocks.models import Clock
from counterflow.clocks.pausing import known_pauses
from counterflow.clocks.schedules import Served, Written, served
from counterflow.clocks.stages import STAGES, Stage
from counterflow.clocks.timing import PauseRow, pauses_of, set_times, working_time
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.policies.commands.record_decisions import decision_rows, record_decisions
from counterflow.policies.queries import Answer, PolicyMissing, decide
from counterflow.workqueue.cases import set_due


@dataclass
class Plan:
    """Clocks as they will be: new ones, and those that were there with how they were."""

    fresh: list[Row] = field(default_factory=list)
    rows: dict[Key, Row] = field(default_factory=dict)
    before: dict[Key, Row] = field(default_factory=dict)
    knowns: dict[Key, Known] = field(default_factory=dict)


def keep(ctx: Context, subject_ids: Sequence[int], *, ringing: bool) -> None:
    """Put right the clocks of subjects, in a command; with `ringing` those that run warn and are found to be late.

    The number of SQL statements does not depend on how many there are; openings of further years are written where they
    are needed first.
    """
    ids = sorted(set(subject_ids))
    held = lock_clocks(ctx, ids)
    known = look_up(ids)
    keep_snoozes(ctx, ids)
    pauses = known_pauses({k.rma_id for k in known.values() if k.rma_id} | set(ids))
    plan = _planned(ctx, held, known, served())
    calendars = calendars_that_reach(ctx, list(plan.rows.values()), pauses)
    for key, row in plan.rows.items():
        _count(row, plan.knowns.get(key), calendars, pauses)
    _tell_cases(ctx, plan)
    others = [row for key, row in held.items() if key not in plan.rows]
    ring(ctx, Turn(plan.rows, plan.before, others, plan.knowns, ringing))
    db.insert(Clock, plan.fresh)
    changed = [row for key, row in plan.rows.items() if key in plan.before and row != plan.before[key]]
    db.update(Clock, sorted(({name: row[name] for name in _MUTABLE} for row in changed), key=lambda row: row["id"]))


_MUTABLE = (
    "id",
    "rma_id",
    "node_id",
    "entity_id",
    "channel_id",
    "owner_role",
    "money_minor",
    "currency",
    "calendar_version_id",
    "started_at",
    "due_at",
    "own_due",
    "warn_at",
    "paused_seconds",
    "stopped_at",
    "ending",
    "worked_seconds",
    "warned_at",
    "breached_at",
    "taken_back_at",
    "escalated_at",
    "escalated_to",
    "case_key",
    "cause",
    "cause_by",
    "cause_reason",
)


def _tell_cases(ctx: Context, plan: Plan) -> None:
    """A case that nobody gave a due time is due when its clock is."""
    cases = [key for key, row in plan.rows.items() if row["stage"] == Stage.CASE and row["stopped_at"] is None]
    wrong = {k[0]: plan.rows[k]["due_at"] for k in cases if plan.rows[k]["due_at"] != plan.knowns[k].due_at}
    set_due(ctx, wrong)


def _planned(ctx: Context, held: dict[Key, Row], known: Mapping[int, Known], calendars: Served) -> Plan:
    """Which clocks there have to be, with their spans; times come later."""
    plan = Plan()
    new: list[tuple[Known, Span]] = []
    for subject in known.values():
        for span in subject.spans:
            key = (subject.id, str(span.stage), span.round)
            if key not in held:
                new.append((subject, span))
                continue
            row = dict(held[key])
            plan.before[key], plan.rows[key], plan.knowns[key] = held[key], row, subject
            _placed(row, subject, span, calendars)
    for (subject, span), answer, decision in zip(new, *_decided(ctx, new), strict=False):
        key = (subject.id, str(span.stage), span.round)
        row = _begun(ctx, subject, span, answer, decision)
        _placed(row, subject, span, calendars)
        plan.fresh.append(row)
        plan.rows[key], plan.knowns[key] = row, subject
    for key, row in held.items():
        if key not in plan.rows and key[0] in known and row["ending"] != "withdrawn":
            gone = {**row, "ending": "withdrawn", "stopped_at": max(row["started_at"], row["stopped_at"] or ctx.at)}
            plan.before[key], plan.rows[key], plan.knowns[key] = row, gone, known[key[0]]
    return plan


def _decided(ctx: Context, new: Sequence[tuple[Known, Span]]) -> tuple[list[Answer], list[int]]:
    """What the SLA table says to each new span, and the ids of the decisions; nothing where none is in force."""
    try:
        answers = decide(
            "sla", [{**s.told, "stage": str(span.stage)} for s, span in new], at=ctx.at, epoch=ctx.config_epoch
        )
    except PolicyMissing:
        return [], []
    decided = decision_rows(ctx, ((s.id, answer) for (s, _), answer in zip(new, answers, strict=True)))
    record_decisions(ctx, decided)
    return answers, [row["id"] for row in decided]


def _begun(ctx: Context, subject: Known, span: Span, answer: Answer, decision_id: int) -> Row:
    said = answer.outcome
    return {
        "id": ctx.new_id(),
        "subject_kind": str(subject.kind),
        "subject_id": subject.id,
        "stage": str(span.stage),
        "round": span.round,
        "decision_id": decision_id,
        "version_id": answer.version_id,
        "row_id": answer.row_id,
        "due_hours": said["due_hours"],
        "warn_hours": said["warn_hours"],
        "escalate_to": said["escalate_to"] or "",
        "opens_case": said["opens_case"],
        "around_the_clock": said["around_the_clock"],
        "calendar_version_id": None,
        "due_at": None,
        "own_due": False,
        "warn_at": None,
        "paused_seconds": 0,
        "worked_seconds": None,
        "warned_at": None,
        "breached_at": None,
        "taken_back_at": None,
        "escalated_at": None,
        "escalated_to": "",
        "case_key": "",
        "cause": "",
        "cause_by": "",
        "cause_reason": "",
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
    }


def _placed(row: Row, subject: Known, span: Span, calendars: Served) -> None:
    """What the rooms say of a clock: its span, and while it runs, where it is, what is at stake and what it goes by."""
    if row.get("stopped_at") is None or span.stopped_at is None:
        money = subject.money_minor is not None and subject.currency
        row |= {
            "calendar_version_id": calendars.version_for(subject.node, subject.entity),
            "node_id": subject.node_id,
            "entity_id": subject.entity_id,
            "owner_role": subject.owner_role or STAGES[span.stage].owner_role,
            "money_minor": subject.money_minor if money else None,
            "currency": subject.currency if money else None,
        }
    row |= {
        "rma_id": subject.rma_id,
        "channel_id": subject.channel_id,
        "started_at": span.started_at,
        "stopped_at": span.stopped_at,
        "ending": "" if span.stopped_at is None else "done",
    }


def _count(
    row: Row, subject: Known | None, calendars: Mapping[int, Written], pauses: Mapping[int, Sequence[PauseRow]]
) -> None:
    """Set the times of a clock; the due time that somebody gave a case is the clock's."""
    own: Any = subject.due_at if subject is not None else None
    if own is not None and own != row["due_at"]:
        row["own_due"], row["due_at"] = True, own
    set_times(row, working_time(row, calendars), pauses_of(row, pauses))
