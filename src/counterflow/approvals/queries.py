"""Questions to approvals: what waits, for whom, what one request is about, who stands in for whom."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from counterflow.access.standing import Standing, standing
from counterflow.approvals.lookups import delegated_to
from counterflow.approvals.states import REQUEST
from counterflow.approvals.states import Request as State
from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.kernel.found import Found, id_of

_ITEM = re.compile(r" of item (\d+)")
LIMIT_MAX = 1_000
COUNTED_MAX = 1_000
VIEWS = ("for_me", "mine", "all")


class RequestNotFound(NotFound):
    """There is no request {request_id}."""


class ViewUnknown(Invalid):
    """{view} is no list of requests; the lists are {known}."""


@dataclass(frozen=True)
class RequestRow:
    """A request in a list. `value_minor` is in minor units of `currency`; an empty role is whoever may agree."""

    id: int
    reference: str
    command: str
    act: str
    identity: str
    state: str
    value_minor: int
    currency: str
    reason: str
    asked_by: str
    asker_id: int
    asked_at: datetime
    expires_at: datetime
    roles: Sequence[str]
    open_roles: Sequence[str]
    ended_at: datetime | None
    ended_by: str | None

    @property
    def actions(self) -> list[str]:
        """What may be done with it now."""
        return REQUEST.actions(self.state)


@dataclass(frozen=True)
class LineRow:
    """One line it would post: `amount` in minor units of `currency`, debit > 0; `quantity` in whole pieces.

    What was agreed in another currency is `tx_amount` in minor units of `tx_currency`.
    """

    entity: str
    account: str
    sku: str
    node: str
    quantity: int
    amount: int
    currency: str
    tx_amount: int
    tx_currency: str


@dataclass(frozen=True)
class AgreementRow:
    """What one person said; `on_behalf_of` is the actor stood in for."""

    actor: str
    verdict: str
    role: str
    on_behalf_of: str | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class RequestView:
    """One request in full: the facts, the lines, the row of the table in words, who agreed, how it ended.

    `item` and `note` are None once they were erased, and for whom they are not meant (`seen_by`).
    """

    request: RequestRow
    subject_id: int
    facts: Mapping[str, Any]
    lines: Sequence[LineRow]
    text: str
    code: str
    policy_version_id: int
    policy_version: int
    row: str
    item: Mapping[str, Any] | None
    note: str | None
    agreements: Sequence[AgreementRow]
    outcome: Mapping[str, Any] | None
    difference: Sequence[Mapping[str, Any]] = ()
    """What had changed since it was asked for, where that ended it: what, old, new; goods by their SKU."""


@dataclass(frozen=True)
class DelegationRow:
    """Who stands in for whom, in which role, from when until before when."""

    id: int
    giver: str
    giver_id: int
    taker: str
    role: str
    starts_at: datetime
    ends_at: datetime
    given_at: datetime
    ended_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at an instant, as long as its giver holds the role."""
        return self.ended_at is None and self.starts_at <= at < self.ends_at


_ROW = (
    "r.id, r.reference, r.command, r.act, r.identity, r.state, r.value_minor, r.currency, r.reason, r.asked_by,"
    " r.asker_id, r.asked_at, r.expires_at, r.roles, r.open_roles, r.ended_at, r.ended_by"
)
# A role of one's own, whoever may agree, or a role of another who did not ask; and neither of them said anything yet.
_WAITS_FOR_ME = """
    r.state = 'waiting' AND r.expires_at > %(at)s AND r.asker_id <> %(me)s
    AND (r.open_roles && {held} OR EXISTS (
        SELECT FROM {delegated} AS d(giver, role)
        WHERE d.role = ANY(r.open_roles) AND d.giver <> r.asker_id AND NOT EXISTS (
            SELECT FROM approvals_agreement a WHERE a.request_id = r.id AND d.giver IN (a.user_id, a.on_behalf_of_id))))
    AND NOT EXISTS (
        SELECT FROM approvals_agreement a WHERE a.request_id = r.id AND %(me)s IN (a.user_id, a.on_behalf_of_id))
"""
_FOR_ME = _WAITS_FOR_ME.format(held="%(held)s::text[]", delegated="unnest(%(givers)s::bigint[], %(delegated)s::text[])")


@dataclass(frozen=True)
class Reader:
    """Who asks: a user, the roles held, and (whose, role) for those stood in for."""

    user_id: int
    held: frozenset[str]
    delegated: Sequence[tuple[int, str]]

    def parameters(self, at: datetime) -> dict[str, Any]:
        """As the questions below take them."""
        return {
            "at": at,
            "me": self.user_id,
            "held": [*sorted(self.held), ""],
            "givers": [giver for giver, _ in self.delegated],
            "delegated": [role for _, role in self.delegated],
        }


def reader(actor: str, *, at: datetime) -> Reader:
    """Who asks, as roles and delegations stand at an instant. Two statements."""
    me = standing([actor], at=at).get(actor, Standing(actor, 0, frozenset(), frozenset()))
    return Reader(me.user_id, me.roles, delegated_to(me.user_id, at=at))


def requests(
    *,
    who: Reader | None = None,
    view: str = "all",
    at: datetime | None = None,
    state: str | None = None,
    act: str | None = None,
    command: str | None = None,
    role: str | None = None,
    asked_by: str | None = None,
    subject_id: int | None = None,
    ids: Sequence[int] | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[RequestRow]:
    """Requests, the newest first: those that wait for somebody at an instant ("for_me"), theirs ("mine"), or all.

    `role` is one that has to agree still; `subject_id` is what it is about: an order, an RMA, a unit, a break, an item,
    a version of a policy. `who` and `at` are needed for the first two views. One statement. Raises `ViewUnknown`.
    """
    if view not in VIEWS or (view != "all" and (who is None or at is None)):
        raise ViewUnknown(view=view[:40], known=", ".join(VIEWS))
    also = {"for_me": _FOR_ME, "mine": "r.asker_id = %(me)s", "all": "true"}[view]
    return _found(
        [
            (also, "", ""),
            ("r.state = %(state)s", "state", state),
            ("r.act = %(act)s", "act", act),
            ("r.command = %(command)s", "command", command),
            ("%(role)s = ANY(r.open_roles)", "role", role),
            ("r.asked_by = %(asked_by)s", "asked_by", asked_by),
            ("r.subject_id = %(subject)s", "subject", subject_id),
            ("r.id = ANY(%(ids)s::bigint[])", "ids", None if ids is None else list(ids)),
            ("r.id < %(before)s", "before", before_id),
        ],
        limit,
        who.parameters(at) if who is not None and at is not None else None,
    )


def _found(
    filters: Sequence[tuple[str, str, Any]], limit: int, more: Mapping[str, Any] | None = None
) -> list[RequestRow]:
    used = [(text, name, value) for text, name, value in filters if value is not None]
    given = {**(more or {}), **{name: value for _, name, value in used if name}}
    where = " AND ".join(text for text, _, _ in used) or "true"
    rows = db.rows(
        f"SELECT {_ROW} FROM approvals_request r WHERE {where} ORDER BY r.id DESC LIMIT %(limit)s",
        {**given, "limit": max(1, min(limit, LIMIT_MAX))},
    )
    return [RequestRow(**row._asdict()) for row in rows]


_COUNTED = f"""
WITH held AS (
    SELECT g.role FROM access_grant g JOIN access_user u ON u.id = g.user_id WHERE u.id = %(me)s AND u.is_active
), delegated AS (
    SELECT d.giver_id, d.role FROM approvals_delegation d
    JOIN access_user u ON u.id = d.giver_id AND u.is_active
    JOIN access_grant g ON g.user_id = d.giver_id AND g.role = d.role
    WHERE d.taker_id = %(me)s AND d.starts_at <= %(at)s AND d.ends_at > %(at)s AND d.ended_at IS NULL
)
SELECT count(*) AS n FROM (SELECT FROM approvals_request r WHERE {
    _WAITS_FOR_ME.format(held="ARRAY(SELECT role::text FROM held UNION ALL SELECT '')", delegated="delegated")
} LIMIT %(most)s) s
"""


def waiting_for(user_id: int, *, at: datetime) -> int:
    """How many requests wait for a user, at most `COUNTED_MAX`. One statement."""
    return int(db.rows(_COUNTED, {"me": user_id, "at": at, "most": COUNTED_MAX})[0].n)


def expired(*, at: datetime, limit: int) -> list[int]:
    """Requests that wait and whose time is over, the oldest first. One statement."""
    found = db.rows(
        "SELECT id FROM approvals_request WHERE state = 'waiting' AND expires_at <= %s"
        " ORDER BY expires_at, id LIMIT %s",
        [at, limit],
    )
    return [row.id for row in found]


_ONE = f"""
SELECT {_ROW}, r.subject_id, r.facts, r.text, r.code, r.version_id, v.version, r.row_id, r.outcome, p.body
FROM approvals_request r JOIN policies_policyversion v ON v.id = r.version_id
LEFT JOIN kernel_payload p ON p.id = r.payload_id WHERE r.id = %s
"""
_LINES = """
SELECT coalesce(e.code, l.entity::text) AS entity, l.account, coalesce(i.sku, '') AS sku, coalesce(n.code, '') AS node,
       l.quantity, l.amount, coalesce(e.currency, '') AS currency, l.tx_amount, l.tx_currency
FROM approvals_request r
CROSS JOIN LATERAL jsonb_to_recordset(r.lines) AS l(entity bigint, account text, item bigint, node bigint,
    quantity bigint, amount bigint, tx_currency text, tx_amount bigint)
LEFT JOIN ledger_entity e ON e.id = l.entity
LEFT JOIN catalog_item i ON i.id = l.item
LEFT JOIN facilities_node n ON n.id = l.node
WHERE r.id = %s ORDER BY l.amount < 0, l.account, l.item, l.node
"""
_SAID = """
SELECT a.actor, a.verdict, a.role, 'user:' || a.on_behalf_of_id AS on_behalf_of, a.reason, a.at
FROM approvals_agreement a WHERE a.request_id = %s ORDER BY a.id
"""


def request(*, request_id: int) -> RequestView:
    """One request in full. Four statements at most. Raises `RequestNotFound`."""
    found = db.rows(_ONE, [request_id])
    if not found:
        raise RequestNotFound(request_id=request_id)
    values = found[0]._asdict()
    body = values.pop("body") or {}
    row = RequestRow(**{name: values.pop(name) for name in RequestRow.__dataclass_fields__})
    return RequestView(
        row,
        values["subject_id"],
        values["facts"],
        [LineRow(*line) for line in db.rows(_LINES, [request_id])],
        values["text"],
        values["code"],
        values["version_id"],
        values["version"],
        values["row_id"],
        body.get("item"),
        body.get("note"),
        [AgreementRow(*said) for said in db.rows(_SAID, [request_id])],
        values["outcome"],
        _named_goods(((values["outcome"] or {}).get("facts") or {}).get("difference") or []),
    )


def _named_goods(difference: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What had changed with the SKU in place of an item's number. One statement where there are any."""
    items = sorted({int(found) for row in difference for found in _ITEM.findall(row["what"])})
    sql = "SELECT id, sku FROM catalog_item WHERE id = ANY(%s::bigint[]) ORDER BY id"
    skus = {row.id: row.sku for row in db.rows(sql, [items])} if items else {}
    return [
        {**row, "what": _ITEM.sub(lambda found: f" of {skus.get(int(found[1]), found[1])}", row["what"])}
        for row in difference
    ]


def delegations(*, user_id: int | None = None, before_id: int | None = None, limit: int = 50) -> list[DelegationRow]:
    """Delegations by or to a user, or all, the newest first. One statement."""
    found = db.rows(
        "SELECT d.id, 'user:' || d.giver_id AS giver, d.giver_id, 'user:' || d.taker_id AS taker, d.role, d.starts_at,"
        " d.ends_at, d.given_at, d.ended_at FROM approvals_delegation d"
        " WHERE (%s::bigint IS NULL OR %s IN (d.giver_id, d.taker_id)) AND (%s::bigint IS NULL OR d.id < %s)"
        " ORDER BY d.id DESC LIMIT %s",
        [user_id, user_id, before_id, before_id, max(1, min(limit, LIMIT_MAX))],
    )
    return [DelegationRow(*row) for row in found]


def seen_by(found: RequestView, *, user_id: int, permissions: Collection[str]) -> RequestView:
    """What somebody may see of a request: what was typed and noted is for who asked and for who may agree."""
    if found.request.asker_id == user_id or "approvals.decide" in permissions:
        return found
    return replace(found, item=None, note=None)


def is_waiting(row: RequestRow, *, at: datetime) -> bool:
    """Whether somebody can still agree."""
    return row.state == State.WAITING and row.expires_at > at


def named(words: str) -> list[Found]:
    """A request by its number, also as "approval 12" or "#12". At most one statement."""
    request_id = id_of(words.lower().removeprefix("approval").removeprefix("request").strip(" #"))
    if request_id is None:
        return []
    rows = db.rows("SELECT id, act, state FROM approvals_request WHERE id = %s", [request_id])
    return [
        Found(
            "approval",
            str(row.id),
            f"Approval {row.id}",
            f"{row.act}, {row.state}".replace("_", " ").capitalize(),
            True,
        )
        for row in rows
    ]
