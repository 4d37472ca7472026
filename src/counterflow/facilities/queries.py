"""Questions to facilities."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.facilities.rules import Message, default_holder
from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.registry.paging import contains, listed


class NodeMissing(NotFound):
    """There is no node {code}."""


NODES_MAX = 2_000
"""Nodes that a list, a filter or a form offers at once."""


@dataclass(frozen=True)
class NodeRow:
    """A node with the code and currency of its legal entity."""

    id: int
    code: str
    name: str
    kind: str
    entity_id: int
    entity: str
    currency: str
    zone: str
    pool: str
    scope: str
    active: bool
    address: str
    capacity_units: int | None
    gln: str
    version: int


@dataclass(frozen=True)
class AuthorityRow:
    """Who reports a kind of message for a node; `stated` when somebody said so, else by the node's kind."""

    node: str
    message_kind: str
    holder: str
    stated: bool

    @property
    def key(self) -> str:
        """Where a list goes on after this row."""
        return f"{self.node}:{self.message_kind}"


_NODES = """
SELECT n.id, n.code, n.name, n.kind, n.entity_id, e.code AS entity, e.currency, n.zone, n.pool, n.scope, n.active,
       n.address, n.capacity_units, n.gln, n.version
FROM facilities_node n JOIN ledger_entity e ON e.id = n.entity_id
"""


def nodes(
    *,
    search: str = "",
    kind: str = "",
    entity: str = "",
    active: bool | None = None,
    sort: str = "",
    after: str = "",
    limit: int = NODES_MAX,
) -> list[NodeRow]:
    """Nodes by code, or sorted by name or kind; `after` is the last code of the page before. One statement."""
    found = listed(
        _NODES,
        key="code",
        where=[
            ("(code ILIKE %s OR name ILIKE %s OR gln LIKE %s)", [contains(search)] * 3 if search else None),
            ("kind = %s", kind or None),
            ("entity = %s", entity or None),
            ("active = %s", active),
        ],
        sorts={"name": "name", "kind": "kind"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [NodeRow(*row) for row in found]


def nodes_by_code(*, codes: Sequence[str]) -> dict[str, NodeRow]:
    """The nodes that exist among these codes. One statement."""
    found = db.rows(_NODES + "WHERE n.code = ANY(%s) ORDER BY n.code", [list(codes)])
    return {row.code: NodeRow(*row) for row in found}


def node(*, code: str) -> NodeRow:
    """One node. Raises `NodeMissing`."""
    found = nodes_by_code(codes=[code])
    if code not in found:
        raise NodeMissing(code=code)
    return found[code]


def authorities(*, codes: Sequence[str]) -> list[AuthorityRow]:
    """Who reports what at these nodes, every kind of message listed. One statement."""
    found = db.rows(
        "SELECT n.code, n.kind, m.kind AS message_kind, a.holder FROM facilities_node n"
        " CROSS JOIN unnest(%s::text[]) WITH ORDINALITY AS m(kind, place)"
        " LEFT JOIN facilities_authority a ON a.node_id = n.id AND a.message_kind = m.kind"
        " WHERE n.code = ANY(%s) ORDER BY n.code, m.place",
        [[str(kind) for kind in Message], list(codes)],
    )
    return [
        AuthorityRow(row.code, row.message_kind, row.holder or str(default_holder(row.kind)), row.holder is not None)
        for row in found
    ]


@dataclass(frozen=True)
class ToteRow:
    """A tote with the code of its node."""

    id: int
    code: str
    node: str
    purpose: str
    capacity: int | None
    active: bool


_TOTES = """
SELECT t.id, t.code, n.code AS node, t.purpose, t.capacity, t.active
FROM facilities_tote t JOIN facilities_node n ON n.id = t.node_id
"""


def totes(
    *,
    node: str = "",
    purpose: str = "",
    active: bool | None = None,
    search: str = "",
    after: str = "",
    limit: int = 200,
) -> list[ToteRow]:
    """Totes by code; `search` is the beginning of a code, `after` the last one of the page before. One statement."""
    found = db.rows(
        _TOTES + "WHERE t.code > %s AND (%s = '' OR n.code = %s) AND (%s = '' OR t.purpose = %s)"
        " AND (%s::boolean IS NULL OR t.active = %s) AND starts_with(lower(t.code), lower(%s))"
        " ORDER BY t.code LIMIT %s",
        [after, node, node, purpose, purpose, active, active, search, limit],
    )
    return [ToteRow(*row) for row in found]


def totes_by_code(*, codes: Sequence[str]) -> dict[str, ToteRow]:
    """The totes that exist among these codes. One statement."""
    found = db.rows(_TOTES + "WHERE t.code = ANY(%s) ORDER BY t.code", [list(codes)])
    return {row.code: ToteRow(*row) for row in found}


def stated_authorities(
    *, search: str = "", holder: str = "", sort: str = "", after: str = "", limit: int = 50
) -> list[AuthorityRow]:
    """Who reports what where somebody said so, by node and kind of message; `after` is `node:kind`. One statement."""
    found = listed(
        """
        SELECT n.code AS node, a.message_kind, a.holder, n.code || ':' || a.message_kind AS key
        FROM facilities_authority a JOIN facilities_node n ON n.id = a.node_id
        """,
        key="key",
        where=[("node ILIKE %s", contains(search) if search else None), ("holder = %s", holder or None)],
        sort=sort,
        after=after,
        limit=limit,
    )
    return [AuthorityRow(row.node, row.message_kind, row.holder, True) for row in found]
