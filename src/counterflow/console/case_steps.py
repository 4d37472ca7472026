"""The history of a case as a timeline: opened, and every step with who took it, in words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from counterflow.access.roles import ROLES
from counterflow.console.moments import Moment, newest_first
from counterflow.console.stories import who_words
from counterflow.workqueue.kinds import Severity, outcome_meaning
from counterflow.workqueue.queries import CaseRow, CaseView, Step

Names = Mapping[str, str]


@dataclass(frozen=True)
class _Telling:
    """How a step is told."""

    title: str
    tone: str
    icon: str
    text: Callable[[Step, str, Names], str] = lambda step, kind, names: ""


def _role(code: object) -> str:
    return ROLES[str(code)].name if str(code) in ROLES else str(code or "")


def _moment(text: object) -> str:
    if not isinstance(text, str):
        return "no time"
    local = timezone.localtime(datetime.fromisoformat(text))
    return f"{local.day} {local:%b %Y, %H:%M}"


def _words(code: object) -> str:
    return str(code or "").replace("_", " ")


def _given(step: Step, kind: str, names: Names) -> str:
    assignee = step.facts.get("assignee")
    whose = who_words(str(assignee), names) if assignee else "nobody, back in the queue"
    return f"To {whose}; {_role(step.facts.get('owner_role'))}"


def _until(step: Step, kind: str, names: Names) -> str:
    if not step.facts.get("until"):
        return "Back in the lists at once"
    return f"Until {_moment(step.facts['until'])}: {_words(step.facts.get('reason'))}"


def _raised(step: Step, kind: str, names: Names) -> str:
    severity = step.facts.get("severity")
    urgency = Severity(severity).name.lower() if severity in set(Severity) else str(severity)
    return f"To {_role(step.facts.get('owner_role'))}, {urgency}: {_words(step.facts.get('reason'))}"


def _ended(step: Step, kind: str, names: Names) -> str:
    return outcome_meaning(kind, str(step.facts.get("outcome", "")))


def _stays(step: Step, kind: str, names: Names) -> str:
    return f"{_ended(step, kind, names)}; open still for what was merged into it"


def _absorbed(step: Step, kind: str, names: Names) -> str:
    return "Cases " + ", ".join(str(case_id) for case_id in step.facts.get("cases", []))


_TOLD: Mapping[str, _Telling] = {
    "assign": _Telling("Given", "move", "user", _given),
    "snooze": _Telling("Put off", "hold", "clock", _until),
    "escalate": _Telling("Escalated", "wait", "alert-triangle", _raised),
    "merge": _Telling("Merged", "plain", "layers-intersect", lambda s, k, n: f"Into case {s.facts.get('into')}"),
    "absorb": _Telling("Others merged into it", "plain", "layers-intersect", _absorbed),
    "close": _Telling("Closed", "good", "circle-check", _ended),
    "settle": _Telling("Closed: its cause is gone", "good", "circle-check", _ended),
    "give_back": _Telling("Others taken out of it", "plain", "layers-intersect", _absorbed),
    "gone": _Telling("Its own cause is gone", "plain", "circle-check", _stays),
    "reopen": _Telling("Opened again", "wait", "inbox", lambda s, k, n: _words(s.facts.get("reason"))),
    "due": _Telling("Due time changed", "plain", "clock", lambda s, k, n: f"To {_moment(s.facts.get('due_at'))}"),
}


def actors_of(view: CaseView) -> set[str]:
    """Everybody whose name the page of a case shows."""
    shown = {step.by for step in view.steps} | {comment.by for comment in view.comments}
    shown |= {str(step.facts["assignee"]) for step in view.steps if step.facts.get("assignee")}
    rows = [view.case, *view.merged, *view.related]
    return shown | {actor for row in rows for actor in (row.assignee, row.closed_by) if actor}


def history(view: CaseView, names: Names) -> list[Moment]:
    """What happened to a case and to those merged into it, the newest first."""
    kinds = {row.id: row.kind for row in (view.case, *view.merged)}
    return newest_first([*_openings([view.case, *view.merged], view.case.id), *_steps(view, kinds, names)])


def _openings(rows: Iterable[CaseRow], own: int) -> list[Moment]:
    return [
        Moment(r.opened_at, r.opened_at, "Opened" if r.id == own else f"Case {r.id} opened", r.meaning, "wait", "inbox")
        for r in rows
    ]


def _steps(view: CaseView, kinds: Mapping[int, str], names: Names) -> list[Moment]:
    found = []
    for step in view.steps:
        told = _TOLD.get(step.action) or _Telling(_words(step.action).capitalize(), "plain", "circle")
        where = "" if step.case_id == view.case.id else f" (case {step.case_id})"
        text = told.text(step, kinds.get(step.case_id, ""), names)
        who = who_words(step.by, names)
        found.append(Moment(step.at, step.at, told.title + where, text, told.tone, told.icon, who=who))
    return found
