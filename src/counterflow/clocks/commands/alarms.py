"""What rings: warnings, breaches with their cause and case, and taking back what turns out to have been in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from counterflow.access.roles import ROLES
from counterflow.clocks import events
from counterflow.clocks.causes import Facts, derived
from counterflow.clocks.commands.locking import Key, Row
from counterflow.clocks.lookups import Known
from counterflow.clocks.stages import STAGES, Stage
from counterflow.clocks.timing import time_allowed
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.cases import CaseDraft, open_cases, settle_cases
from counterflow.workqueue.commands.escalate_cases import EscalateCase, escalate_cases
from counterflow.workqueue.kinds import KINDS


@dataclass(frozen=True)
class Turn:
    """Clocks whose times are set (`rows`), how they were before, and what they are about; by key.

    `others` are clocks of other subjects that share a case with one of these. With `ringing` those that run ring.
    """

    rows: Mapping[Key, Row]
    before: Mapping[Key, Row]
    others: Sequence[Row]
    knowns: Mapping[Key, Known]
    ringing: bool


def ring(ctx: Context, turn: Turn) -> None:
    """Set what rings at this instant; tell it, open its cases and settle those of what moved on. One statement."""
    told: list[Event] = []
    late: list[Key] = []
    gone: dict[str, str] = {}
    for key, row in turn.rows.items():
        was = turn.before.get(key)
        runs = row["stopped_at"] is None
        if is_late(row, ctx.at):
            if row["breached_at"] is None and (turn.ringing or not runs):
                late.append(key)
        else:
            if row["breached_at"] is not None:
                _take_back(ctx, row, told, gone)
            if runs:
                _warn(ctx, row, told, ringing=turn.ringing)
        if not runs and row["case_key"] and was is not None and was["stopped_at"] is None:
            gone[row["case_key"]] = "moved_on"
    _breach(ctx, [(turn.rows[key], turn.knowns[key]) for key in late], told)
    everybody = (*turn.rows.values(), *turn.others)
    running = {row["case_key"] for row in everybody if row["stopped_at"] is None and row["breached_at"]}
    for outcome in sorted(set(gone.values())):
        settle_cases(ctx, sorted(k for k, o in gone.items() if o == outcome and k not in running), outcome=outcome)
    emit(ctx, told)


def is_late(row: Mapping[str, Any], at: Any) -> bool:
    """Whether a clock took longer than it may, or has by an instant."""
    if row["ending"] == "withdrawn":
        return False
    end = at if row["stopped_at"] is None else row["stopped_at"]
    return bool(end > row["due_at"])


def case_key(row: Mapping[str, Any]) -> str:
    """The cause of the case of a late clock: all units of a return that are late in a stage share one."""
    whose = f"rma:{row['rma_id']}" if row["rma_id"] else f"{row['subject_kind']}:{row['subject_id']}"
    return f"clock:{whose}:{row['stage']}"


def _warn(ctx: Context, row: Row, told: list[Event], *, ringing: bool) -> None:
    if ctx.at < row["warn_at"]:
        row["warned_at"] = None
    elif row["warned_at"] is None and ringing:
        row["warned_at"] = ctx.at
        told.append(_event(events.CLOCK_WARNED, row))


def _take_back(ctx: Context, row: Row, told: list[Event], gone: dict[str, str]) -> None:
    """It was in time after all: its end was told late, or a pause, or another calendar."""
    if row["case_key"]:
        gone[row["case_key"]] = "in_time"
    row |= {"breached_at": None, "escalated_at": None, "escalated_to": "", "case_key": "", "cause": "", "cause_by": ""}
    row |= {"cause_reason": "", "taken_back_at": ctx.at}
    told.append(_event(events.CLOCK_TAKEN_BACK, row))


def _breach(ctx: Context, late: Sequence[tuple[Row, Known]], told: list[Event]) -> None:
    if not late:
        return
    around = _around([row for row, _ in late])
    drafts: list[CaseDraft] = []
    there: dict[int, str] = {}
    for row, subject in late:
        row |= {"breached_at": ctx.at, "taken_back_at": None, "cause": _cause(row, around)}
        told.append(_event(events.CLOCK_BREACHED, row))
        if row["stopped_at"] is not None:
            continue
        if row["escalate_to"] in ROLES:
            row |= {"escalated_at": ctx.at, "escalated_to": row["escalate_to"]}
        case_id = _case_of(row, around)
        if case_id is not None:
            there[case_id] = row["escalated_to"]
        elif row["opens_case"] and row["stage"] != Stage.CASE:
            row["case_key"] = case_key(row)
            drafts.append(_draft(row, subject))
    open_cases(ctx, drafts)
    items = [EscalateCase(case_id, role, "sla_late") for case_id, role in sorted(there.items()) if role]
    if items:
        # Whoever moved a clock need not be one who may see such a case: it is the table that escalates.
        house = replace(ctx, permissions=ctx.permissions | {kind.needs for kind in KINDS.values() if kind.needs})
        escalate_cases(house, items=items)


def _case_of(row: Row, around: Mapping[tuple[str, str, int], int]) -> int | None:
    """The case that stands for what is late already: itself, or the one that asks a person to decide."""
    if row["stage"] == Stage.CASE:
        return int(row["subject_id"])
    return around.get(("decision", "", row["rma_id"])) if row["stage"] == Stage.ASKED else None


def _draft(row: Row, subject: Known) -> CaseDraft:
    of_rma = row["rma_id"] is not None
    return CaseDraft(
        kind=STAGES[Stage(row["stage"])].case_kind,
        subject_kind="rma" if of_rma else row["subject_kind"],
        subject_id=row["rma_id"] if of_rma else row["subject_id"],
        dedupe_key=row["case_key"],
        entity_id=row["entity_id"],
        money_at_risk_minor=row["money_minor"],
        currency=row["currency"] or "",
        facts={**subject.names, "stage": row["stage"], "cause": row["cause"], "clock": row["id"]},
        owner_role=row["escalated_to"] or row["owner_role"],
    )


_AROUND = """
SELECT 'others' AS what, stage, node_id AS id, count(*) AS n FROM clocks_clock
WHERE stopped_at IS NULL AND node_id = ANY(%s::bigint[]) AND stage = ANY(%s::text[]) GROUP BY 2, 3
UNION ALL
SELECT CASE WHEN kind = 'approval_needed' THEN 'approval' ELSE 'taken' END, '', subject_id, count(*)
FROM workqueue_case WHERE subject_id = ANY(%s::bigint[]) AND state = 'open'
  AND (kind = 'approval_needed' OR assignee IS NOT NULL) GROUP BY 1, 3
UNION ALL
SELECT 'taken', '', id, 1 FROM workqueue_case WHERE id = ANY(%s::bigint[]) AND assignee IS NOT NULL
UNION ALL
SELECT 'decision', '', subject_id, id FROM workqueue_case WHERE state = 'open' AND dedupe_key = ANY(%s::text[])
"""


def _around(rows: Sequence[Row]) -> dict[tuple[str, str, int], int]:
    """How many others wait at the same places, and which cases of the same returns are open. One statement."""
    nodes = sorted({row["node_id"] for row in rows if row["node_id"]})
    rmas = sorted({row["rma_id"] for row in rows if row["rma_id"]})
    subjects = sorted({row["subject_id"] for row in rows})
    decisions = [f"rma:{n}:decision" for n in rmas]
    found = db.rows(_AROUND, [nodes, sorted({row["stage"] for row in rows}), rmas, subjects, decisions])
    return {(row.what, row.stage, row.id): int(row.n) for row in found}


def _cause(row: Row, around: Mapping[tuple[str, str, int], int]) -> str:
    whose = [n for n in (row["rma_id"], row["subject_id"]) if n]
    return derived(
        Facts(
            stage=Stage(row["stage"]),
            allowed=time_allowed(row),
            paused=timedelta(seconds=row["paused_seconds"]),
            others=around.get(("others", row["stage"], row["node_id"]), 0),
            approval=any(("approval", "", n) in around for n in whose),
            taken=any(("taken", "", n) in around for n in whose),
            calendar=row["calendar_version_id"] is not None,
            around_the_clock=row["around_the_clock"],
        )
    )


def _event(kind: str, row: Row) -> Event:
    facts = {name: row[name] for name in ("stage", "round", "subject_kind", "subject_id", "rma_id", "cause")}
    return Event(kind, row["id"], facts={name: value for name, value in facts.items() if value not in ("", None)})
