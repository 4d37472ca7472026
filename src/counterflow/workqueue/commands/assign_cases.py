"""Assign cases to somebody, or to nobody, perhaps of another role."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.roles import ROLES
from counterflow.access.standing import standing
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, Work, lock_cases
from counterflow.workqueue.events import CASE_ASSIGNED
from counterflow.workqueue.kinds import needs_of
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE

ASSIGNEE = re.compile(r"user:\d{1,18}")
WORK = "workqueue.work"
Workers = Mapping[str, frozenset[str]]


class AssigneeMalformed(Invalid):
    """{assignee!r} is nobody a case can be given to; write user: and the id, like user:7."""


class AssigneeUnknown(Invalid):
    """{assignee} is no user who is active and whose roles allow to work such a case; choose another."""


class RoleUnknown(Invalid):
    """{role!r} is no role whose people work such a case; choose one of {roles}."""


@dataclass(frozen=True)
class AssignCase:
    """A case and whose it shall be ("user:7"); None puts it back into the queue.

    With `owner_role` the people of another role answer for it from now on.
    """

    case_id: int
    assignee: str | None
    owner_role: str = ""


@command(needs="workqueue.work")
def assign_cases(ctx: Context, *, items: Sequence[AssignCase]) -> Batch:
    """Give each open case to somebody; the last of several wishes for one case counts.

    Refuses `CaseNotFound`, `AssigneeMalformed`, `AssigneeUnknown`, `RoleUnknown`, `MoveNotAllowed`. Three SQL
    statements, whatever the batch.
    """
    workers = workers_among([item.assignee for item in items], at=ctx.at)
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_assign(item, work.cases.get(item.case_id), workers, work))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    told = [Event(CASE_ASSIGNED, c.id, facts={"kind": c.kind, "assignee": c.assignee}) for c in work.changed]
    work.write()
    emit(ctx, told)
    return Batch(results)


def _assign(item: AssignCase, case: LockedCase | None, workers: Workers, work: Work) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    check_assignee(item.assignee, workers, case.kind)
    role = check_role(item.owner_role, case.kind) if item.owner_role else case.owner_role
    case.state = CASE.move("assign", case.state)
    replayed = (case.assignee, case.owner_role) == (item.assignee, role)
    case.assignee, case.owner_role = item.assignee, role
    if not replayed:
        work.step(case, "assign", assignee=item.assignee, owner_role=role)
    return Done(str(case.id), {"assignee": item.assignee, "owner_role": role}, replayed=replayed)


def workers_among(actors: Iterable[str | None], *, at: datetime) -> Workers:
    """Those of these actors who are users that may work cases, with all that they may. One statement."""
    found = standing([actor for actor in actors if actor is not None and ASSIGNEE.fullmatch(actor)], at=at)
    return {actor: who.permissions for actor, who in found.items() if WORK in who.permissions}


def check_assignee(assignee: str | None, workers: Workers, kind: str = "") -> None:
    """Raise `AssigneeMalformed` or `AssigneeUnknown` for who cannot be given a case, or not one of this kind."""
    if assignee is None:
        return
    if not ASSIGNEE.fullmatch(assignee):
        raise AssigneeMalformed(assignee=assignee[:80].replace("\0", "?"))
    if assignee not in workers or not {needs_of(kind), WORK} - {""} <= workers[assignee]:
        raise AssigneeUnknown(assignee=assignee)


def working_roles(kind: str = "") -> list[str]:
    """The roles whose people work cases, or those of a kind."""
    wanted = {WORK, needs_of(kind)} - {""}
    return [role.code for role in ROLES.values() if wanted <= role.permissions]


def check_role(role: str, kind: str = "") -> str:
    """A role whose people may work cases, or those of a kind. Raises `RoleUnknown`."""
    if role not in working_roles(kind):
        raise RoleUnknown(role=role[:80].replace("\0", "?"), roles=", ".join(working_roles(kind)))
    return role
