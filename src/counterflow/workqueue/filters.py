"""Which cases are meant, in which order, and where a list goes on: one description for lists, counts and bulk acts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from counterflow.kernel.errors import Invalid
from counterflow.workqueue.searching import conditions
from counterflow.workqueue.states import CASE, State

NOBODY: Final = "nobody"
SNOOZED: Final = ("no", "only", "any")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = re.compile(r"([a-z])(-?[0-9]{1,19})\.([0-9]{1,19})")


class StateUnknown(Invalid):
    """A case is never {state!r}; it is one of {states}."""


class SortUnknown(Invalid):
    """Cases are not sorted by {sort!r}; they are by one of {sorts}."""


class SnoozedUnknown(Invalid):
    """{snoozed!r} says nothing about cases that were put off; write no, only or any."""


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are meant; what is empty or None narrows nothing.

    `assignee` is a user ("user:7") or "nobody". Money is in minor units of whatever currency, unless one is named.
    `due_to` and `opened_to` are left out themselves, and so are the kinds in `hidden`. `search` are numbers of what
    it is about, whole or begun, and words of its kind (`searching.py`). `snoozed`: no, only or any. `ids` are those of
    cases.
    """

    state: str = State.OPEN.value
    queue: str = ""
    kind: str = ""
    owner_roles: tuple[str, ...] = ()
    assignee: str = ""
    severity: int | None = None
    money_from_minor: int | None = None
    money_to_minor: int | None = None
    currency: str = ""
    due_from: datetime | None = None
    due_to: datetime | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    search: str = ""
    subject_kind: str = ""
    subject_ids: tuple[int, ...] | None = None
    entity_id: int | None = None
    ids: tuple[int, ...] | None = None
    snoozed: str = "no"
    sort: str = "priority"
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.state and self.state not in CASE.states:
            raise StateUnknown(state=self.state[:40], states=", ".join(sorted(CASE.states)))
        if self.sort not in SORTS:
            raise SortUnknown(sort=self.sort[:40], sorts=", ".join(SORTS))
        if self.snoozed not in SNOOZED:
            raise SnoozedUnknown(snoozed=self.snoozed[:40])

    @property
    def order(self) -> "Sort":
        """The order of the list: closed cases come newest first, whatever was asked."""
        return SORTS[self.sort] if self.state == State.OPEN else SORTS["newest"]


@dataclass(frozen=True)
class Sort:
    """An order of cases: its letter in cursors, the SQL it goes by, and whether the largest come first."""

    letter: str
    key: str
    of: str
    descending: bool = False

    @property
    def by(self) -> str:
        """The ORDER BY of it; equals go by id."""
        if self.key == "c.id":
            return "c.id DESC"
        return f"{self.key}{' DESC' if self.descending else ''}, c.id"


_NEVER: Final = "timestamptz '9999-12-31 00:00:00+00'"
SORTS: Final[Mapping[str, Sort]] = {
    "priority": Sort("p", "c.rank_at", "rank_at"),
    "money": Sort("m", "coalesce(c.money_at_risk_minor, -1)", "money_at_risk_minor", descending=True),
    "due": Sort("d", f"coalesce(c.due_at, {_NEVER})", "due_at"),
    "oldest": Sort("o", "c.opened_at", "opened_at"),
    "newest": Sort("n", "c.id", "id", descending=True),
}
_BEYOND: Final = datetime(9999, 12, 31, tzinfo=UTC)


def cursor(sort: Sort, row: Any) -> str:
    """Where a list in this order goes on after a row."""
    value = getattr(row, sort.of)
    if sort.of == "money_at_risk_minor":
        value = -1 if value is None else value
    elif sort.of != "id":
        value = ((value or _BEYOND) - _EPOCH) // timedelta(microseconds=1)
    return f"{sort.letter}{value}.{row.id}"


def place(sort: Sort, after: str | None) -> tuple[Any, int] | None:
    """Value and id out of a cursor of this order; None for none, and for what is not such a cursor."""
    read = _PLACE.fullmatch(after or "")
    if read is None or read[1] != sort.letter:
        return None
    value, row_id = int(read[2]), int(read[3])
    if not (-(2**63) <= value < 2**63 and row_id < 2**63):
        return None
    if sort.of in ("money_at_risk_minor", "id"):
        return value, row_id
    try:
        return _EPOCH + timedelta(microseconds=value), row_id
    except OverflowError:
        return None


def where(wanted: CaseFilter, at: datetime | None, *, by_role: bool = False) -> tuple[list[str], list[Any]]:
    """Conditions on `c`, and what they take; the role is left to the caller where lists of roles are joined.

    Without `at` the database's own clock says what is snoozed.
    """
    texts: list[str] = []
    params: list[Any] = []
    if wanted.state:
        # Written out, so that the indexes of open cases serve a prepared statement too.
        texts.append(f"c.state = '{State(wanted.state)}'")
    for column, text in (
        ("queue", wanted.queue),
        ("kind", wanted.kind),
        ("subject_kind", wanted.subject_kind),
        ("currency", wanted.currency),
    ):
        if text:
            texts.append(f"c.{column} = %s")
            params.append(text)
    if wanted.owner_roles and not by_role:
        one = len(wanted.owner_roles) == 1
        texts.append("c.owner_role = %s" if one else "c.owner_role = ANY(%s::text[])")
        params.append(wanted.owner_roles[0] if one else list(wanted.owner_roles))
    if wanted.assignee == NOBODY:
        texts.append("c.assignee IS NULL")
    elif wanted.assignee:
        texts.append("c.assignee = %s")
        params.append(wanted.assignee)
    for text, value in _bounds(wanted):
        if value is not None:
            texts.append(text)
            params.append(value)
    if wanted.hidden:
        texts.append("c.kind <> ALL(%s::text[])")
        params.append(list(wanted.hidden))
    said, given = conditions(wanted.search)
    texts, params = [*texts, *said], [*params, *given]
    if wanted.state == State.OPEN and wanted.snoozed != "any":
        texts.append(_snoozed(wanted.snoozed, "now()" if at is None else "%s"))
        params += [] if at is None else [at]
    return texts, params


def _bounds(wanted: CaseFilter) -> Sequence[tuple[str, Any]]:
    return (
        ("c.severity = %s", wanted.severity),
        ("c.money_at_risk_minor >= %s", wanted.money_from_minor),
        ("c.money_at_risk_minor <= %s", wanted.money_to_minor),
        (f"coalesce(c.due_at, {_NEVER}) >= %s AND c.due_at IS NOT NULL", wanted.due_from),
        (f"coalesce(c.due_at, {_NEVER}) < %s", wanted.due_to),
        ("c.opened_at >= %s", wanted.opened_from),
        ("c.opened_at < %s", wanted.opened_to),
        ("c.subject_id = ANY(%s::bigint[])", None if wanted.subject_ids is None else list(wanted.subject_ids)),
        ("c.entity_id = %s", wanted.entity_id),
        ("c.id = ANY(%s::bigint[])", None if wanted.ids is None else list(wanted.ids)),
    )


def _snoozed(which: str, now: str) -> str:
    return f"c.snoozed_until > {now}" if which == "only" else f"(c.snoozed_until IS NULL OR c.snoozed_until <= {now})"


def beyond(sort: Sort, at: tuple[Any, int]) -> tuple[str, list[Any]]:
    """The condition of what comes after a place."""
    value, row_id = at
    if sort.key == "c.id":
        return "c.id < %s", [row_id]
    if sort.descending:
        return f"({sort.key} <= %s AND ({sort.key} < %s OR c.id > %s))", [value, value, row_id]
    return f"({sort.key}, c.id) > (%s, %s)", [value, row_id]


def listed(
    columns: str, wanted: CaseFilter, *, after: str | None, limit: int, at: datetime | None
) -> tuple[str, list[Any]]:
    """The statement that reads these columns of the cases meant, in order, after a place."""
    roles = len(wanted.owner_roles) > 1
    texts, params = where(wanted, at, by_role=roles)
    sort = wanted.order
    if (found := place(sort, after)) is not None:
        text, more = beyond(sort, found)
        texts.append(text)
        params += more
    if len(wanted.owner_roles) <= 1:
        sql = (
            f"SELECT {columns} FROM workqueue_case c WHERE {' AND '.join(texts) or 'true'} ORDER BY {sort.by} LIMIT %s"
        )
        return sql, [*params, limit]
    # A page of each role by its own index, of which the first are the page of all.
    texts.append("c.owner_role = w.role")
    sql = (
        f"SELECT {columns} FROM unnest(%s::text[]) AS w(role) CROSS JOIN LATERAL (SELECT c.* FROM workqueue_case c"
        f" WHERE {' AND '.join(texts)} ORDER BY {sort.by} LIMIT %s) c ORDER BY {sort.by} LIMIT %s"
    )
    return sql, [list(dict.fromkeys(wanted.owner_roles)), *params, limit, limit]


def counted(wanted: Sequence[CaseFilter], *, most: int, at: datetime | None) -> tuple[str, list[Any]]:
    """The statement that counts the cases of each filter, each no further than one beyond `most`."""
    parts, params = [], []
    for n, one in enumerate(wanted):
        texts, given = where(one, at)
        narrowed = " AND ".join(texts) or "true"
        some = f"SELECT FROM workqueue_case c WHERE {narrowed} LIMIT %s"
        parts.append(f"SELECT {n} AS n, (SELECT count(*) FROM ({some}) x) AS count")
        params += [*given, most + 1]
    return " UNION ALL ".join(parts) + " ORDER BY n", params
