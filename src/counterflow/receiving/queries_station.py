"""Questions of the put-away station and of quarantine: what comes next for a unit, and what is set apart and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.ledger.chart import CONTRA, GL_ACCOUNTS, TRAITS, State
from counterflow.policies.queries import decide
from counterflow.receiving import rules
from counterflow.receiving.queries import UnitFile, unit
from counterflow.receiving.rules import TARGETS
from counterflow.receiving.states import UNIT


@dataclass(frozen=True)
class ToteChoice:
    """A tote in which a unit may be put; `count` plates lie in it."""

    code: str
    capacity: int | None
    count: int

    @property
    def full(self) -> bool:
        """Whether nothing more goes in."""
        return self.capacity is not None and self.count >= self.capacity


@dataclass(frozen=True)
class NextStep:
    """What policy says of a unit that waits for a decision, and what would follow.

    `disposition` is what is chosen, `policy` what policy says; `text` and `row` explain that. `attempt` numbers the
    disposal that is due. `pooled` goods join a pool; value that leaves the books goes to the account named `contra`.
    One that `waits` goes nowhere but into quarantine until another person has inspected it too.
    """

    file: UnitFile
    attempt: int
    policy: str
    disposition: str
    text: str
    row: str
    needs_approval: bool
    on_hold: bool
    source: str
    target: str
    pooled: bool
    contra: str
    totes: list[ToteChoice]
    waits: bool

    @property
    def differs(self) -> bool:
        """Whether staff choose otherwise than policy."""
        return self.disposition != self.policy


_FACTS = """
SELECT u.owner, u.basis, u.family, u.grade, u.damage_code, u.cost_minor, u.allowance_minor, u.quantity, u.serial,
       u.brand, u.node, u.scope, u.currency, u.supplier_id, u.found, u.waits, coalesce(p.quantity, 0) AS there,
       coalesce((SELECT sum(h.quantity) FROM ledger_hold h
                 WHERE h.account_id = p.account_id AND h.released_at IS NULL), 0) AS held
FROM (
    SELECT u.owner, u.basis, i.family, u.grade, u.damage_code, u.cost_minor, u.allowance_minor, u.quantity, u.serial,
           b.code AS brand, n.code AS node, n.scope, e.currency, i.supplier_id, coalesce(s.serial, '') AS found,
           coalesce(s.waits, false) AS waits,
           u.entity_id, u.item_id, u.stock_state, u.node_id, u.lot
    FROM receiving_unit u
    JOIN catalog_item i ON i.id = u.item_id
    LEFT JOIN catalog_brand b ON b.id = i.brand_id
    JOIN facilities_node n ON n.id = u.node_id
    JOIN ledger_entity e ON e.id = u.entity_id
    LEFT JOIN receiving_inspection s ON s.unit_id = u.id AND s.round = u.round
    WHERE u.id = %s) u
LEFT JOIN ledger_account a ON a.entity_id = u.entity_id AND a.item_id = u.item_id AND a.state = u.stock_state
    AND a.node_id = u.node_id AND a.bucket = 'unit' AND a.owner = u.owner AND a.custodian = '' AND a.lot = u.lot
    AND a.gl = ''
LEFT JOIN ledger_position p ON p.account_id = a.id
"""
_TOTES = """
SELECT t.code, t.capacity, (SELECT count(*) FROM receiving_unit u WHERE u.tote_id = t.id)::int AS count
FROM facilities_tote t JOIN facilities_node n ON n.id = t.node_id
WHERE n.code = %s AND t.purpose = %s AND t.active ORDER BY t.code LIMIT %s
"""


def next_step(*, lpn: str, at: datetime, disposition: str = "") -> NextStep | None:
    """What comes next for a unit, as `dispose_units` would decide now; None where it does not wait for that.

    Raises `UnitMissing`. Six statements.
    """
    file = unit(lpn=lpn)
    known = file.unit
    if not UNIT.can("dispose", known.state) or known.stock_state not in TRAITS:
        return None
    row = db.rows(_FACTS, [known.id])[0]
    on_hold = row.held > 0 and row.there - row.held < row.quantity
    facts = rules.disposition_facts(row, on_hold=on_hold, found=row.found)
    answer = decide("disposition", [facts], at=at)[0]
    policy = rules.within_scope(answer.outcome["disposition"], row.scope)
    chosen = rules.within_scope(disposition, row.scope) if disposition in TARGETS else policy
    target = TARGETS[chosen]
    contra = CONTRA.get((chosen, State(known.stock_state), target))
    return NextStep(
        file=file,
        attempt=1 + sum(made.round == known.round for made in file.disposals),
        policy=policy,
        disposition=chosen,
        text=answer.text,
        row=answer.row_id,
        needs_approval=bool(answer.outcome["needs_approval"]) and chosen != rules.Disposition.QUARANTINE,
        on_hold=on_hold,
        source=known.stock_state,
        target=str(target),
        pooled=chosen == rules.Disposition.RESTOCK,
        contra=GL_ACCOUNTS[contra][1] if contra else "",
        totes=totes_for(node=known.node, purpose=chosen),
        waits=row.waits,
    )


def totes_for(*, node: str, purpose: str, limit: int = 12) -> list[ToteChoice]:
    """The totes in use at a node for one purpose, with how much lies in them. One statement."""
    return [ToteChoice(*row) for row in db.rows(_TOTES, [node, purpose, limit])]


def in_totes(*, codes: Sequence[str]) -> dict[str, int]:
    """How many plates lie in each of these totes. One statement."""
    found = db.rows(
        "SELECT t.code, (SELECT count(*) FROM receiving_unit u WHERE u.tote_id = t.id)::int AS n"
        " FROM facilities_tote t WHERE t.code = ANY(%s::text[])",
        [list(codes)],
    )
    return {row.code: row.n for row in found}


@dataclass(frozen=True)
class ApartRow:
    """A unit that is set apart: since when, by which disposal, why, and what stands against letting it go.

    `asked` and `override_reason` are filled where staff set it apart against policy; `held` pieces of its place are
    under holds for `hold_reasons`; `cases` are the kinds of open cases about it.
    """

    id: int
    lpn: str
    sku: str
    item_name: str
    quantity: int
    node: str
    entity: str
    currency: str
    owner: str
    value_minor: int
    grade: str
    damage_code: str
    round: int
    attempt: int
    since: datetime
    asked: str
    override_reason: str
    tote: str
    held: int
    hold_reasons: str
    cases: str
    simulated: bool


_APART = """
SELECT u.id, u.lpn, i.sku, i.name AS item_name, u.quantity, n.code AS node, e.code AS entity, e.currency, u.owner,
       u.cost_minor + u.allowance_minor AS value_minor, u.grade, u.damage_code, d.round, d.attempt,
       d.happened_at AS since, d.asked, d.override_reason, coalesce(t.code, '') AS tote,
       coalesce(h.held, 0)::int AS held, coalesce(h.reasons, '') AS hold_reasons, coalesce(c.kinds, '') AS cases,
       u.simulated
FROM receiving_unit u
JOIN facilities_node n ON n.id = u.node_id
JOIN ledger_entity e ON e.id = u.entity_id
JOIN catalog_item i ON i.id = u.item_id
LEFT JOIN facilities_tote t ON t.id = u.tote_id
JOIN LATERAL (SELECT d.round, d.attempt, d.happened_at, d.asked, d.override_reason FROM receiving_disposal d
              WHERE d.unit_id = u.id ORDER BY d.round DESC, d.attempt DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (
    SELECT sum(h.quantity) AS held, string_agg(DISTINCT h.reason, ', ' ORDER BY h.reason) AS reasons
    FROM ledger_account a JOIN ledger_hold h ON h.account_id = a.id AND h.released_at IS NULL
    WHERE a.entity_id = u.entity_id AND a.item_id = u.item_id AND a.state = u.stock_state AND a.node_id = u.node_id
      AND a.bucket = 'unit' AND a.owner = u.owner AND a.custodian = '' AND a.lot = u.lot AND a.gl = '') h ON true
LEFT JOIN LATERAL (SELECT string_agg(DISTINCT c.kind, ', ' ORDER BY c.kind) AS kinds FROM workqueue_case c
                   WHERE c.subject_kind = 'unit' AND c.subject_id = u.id AND c.state = 'open') c ON true
WHERE u.state = 'set_apart'
"""


def set_apart(*, node: str, search: str = "", after_id: int = 0, limit: int = 50) -> list[ApartRow]:
    """What is set apart at a node, the oldest first; `search` is a plate or a SKU. One statement."""
    found = db.rows(
        _APART + "AND n.code = %s AND u.id > %s AND (%s = '' OR u.lpn = %s OR i.sku = %s) ORDER BY u.id LIMIT %s",
        [node, after_id, search, search, search, limit],
    )
    return [ApartRow(*row) for row in found]


@dataclass(frozen=True)
class LastDisposal:
    """What somebody sent somewhere last, and whether it was taken back since."""

    lpn: str
    round: int
    attempt: int
    disposition: str
    tote: str
    at: datetime
    taken_back: bool


_LAST = """
SELECT u.lpn, d.round, d.attempt, d.disposition, coalesce(t.code, '') AS tote, d.recorded_at AS at,
       r.id IS NOT NULL AS taken_back
FROM receiving_unit u
JOIN receiving_disposal d ON d.unit_id = u.id
LEFT JOIN receiving_disposalreversal r ON r.disposal_id = d.id
LEFT JOIN facilities_tote t ON t.id = u.tote_id
WHERE u.lpn = %s ORDER BY d.round DESC, d.attempt DESC LIMIT 1
"""


def last_disposal(*, lpn: str) -> LastDisposal | None:
    """The latest disposal of a unit, if there is one. One statement."""
    found: list[Any] = db.rows(_LAST, [lpn])
    return LastDisposal(*found[0]) if found else None
