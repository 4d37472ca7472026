"""What the demo prints at its end: what there is, what became of it, and whether the books are right."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from counterflow.config.cli_verify import laws, report, verify
from counterflow.kernel import db
from counterflow.kernel.money import to_decimal
from counterflow.ledger.queries import tie_out

_UNITS = """
SELECT e.code, u.stock_state AS state, sum(u.cost_minor + u.allowance_minor)::bigint AS value
FROM receiving_unit u JOIN ledger_entity e ON e.id = u.entity_id
WHERE u.owner = 'us' AND u.stock_state <> '' GROUP BY 1, 2
UNION ALL
SELECT e.code, 'in_transit_return', sum(l.in_transit_cost_minor)::bigint
FROM logistics_parcelline l JOIN logistics_parcel p ON p.id = l.parcel_id JOIN ledger_entity e ON e.id = p.entity_id
GROUP BY 1
"""
_RMAS = "SELECT state, count(*) AS n, sum(q.pieces)::bigint AS pieces FROM returns_rma r"
_RMAS += " JOIN LATERAL (SELECT sum(quantity) AS pieces FROM returns_rmaline l WHERE l.rma_id = r.id) q ON true"
_RMAS += " GROUP BY 1 ORDER BY 1"
_STATES = """
SELECT CASE WHEN stock_state = '' THEN 'absorbed into available' ELSE stock_state END AS state, count(*) AS n,
       sum(quantity)::bigint AS pieces
FROM receiving_unit WHERE state <> 'split' GROUP BY 1 ORDER BY 1
"""
_DISPOSITIONS = """
SELECT disposition, count(*) AS n, count(*) FILTER (WHERE override_reason <> '') AS overridden
FROM receiving_disposal GROUP BY 1 ORDER BY 1
"""
_CREDITS = """
SELECT currency, method, count(*) AS n, sum(total_minor)::bigint AS total, sum(paid_minor)::bigint AS paid
FROM refunds_credit GROUP BY 1, 2 ORDER BY 1, 2
"""
_PAYOUTS = """
SELECT currency, CASE WHEN chargeback THEN 'met by a chargeback' ELSE state END AS state, count(*) AS n,
       sum(amount_minor)::bigint AS total
FROM refunds_payout GROUP BY 1, 2 ORDER BY 1, 2
"""
_CLOCKS = """
SELECT stage, count(*) AS n, count(*) FILTER (WHERE stopped_at IS NULL) AS running,
       count(*) FILTER (WHERE breached_at IS NOT NULL) AS late
FROM clocks_clock WHERE ending <> 'withdrawn' GROUP BY 1 ORDER BY 1
"""
_CAUSES = "SELECT cause, count(*) AS n FROM clocks_clock WHERE cause <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
_CASES = "SELECT kind, count(*) AS n FROM workqueue_case WHERE state <> 'closed' GROUP BY 1 ORDER BY 2 DESC, 1"


def show(console: Console) -> int:
    """Print the summary; 1 when a law is broken or the tie-out differs, else 0."""
    rows = db.rows(_RMAS)
    _table(console, "Returns by state", ("state", "RMAs", "pieces"), [(r.state, r.n, r.pieces) for r in rows])
    rows = db.rows(_STATES)
    _table(
        console, "Units by stock state", ("stock state", "plates", "pieces"), [(r.state, r.n, r.pieces) for r in rows]
    )
    rows = db.rows(_DISPOSITIONS)
    _table(
        console,
        "Dispositions",
        ("disposition", "plates", "against policy"),
        [(r.disposition, r.n, r.overridden) for r in rows],
    )
    rows = db.rows(_CREDITS)
    _table(
        console,
        "Credits",
        ("currency", "method", "credits", "credited", "settled"),
        [(r.currency, r.method, r.n, _money(r.total, r.currency), _money(r.paid, r.currency)) for r in rows],
    )
    rows = db.rows(_PAYOUTS)
    _table(
        console,
        "Payouts",
        ("currency", "state", "payouts", "amount"),
        [(r.currency, r.state, r.n, _money(r.total, r.currency)) for r in rows],
    )
    rows = db.rows(_CLOCKS)
    _table(
        console,
        "Clocks by stage",
        ("stage", "clocks", "running", "late"),
        [(r.stage, r.n, r.running, r.late) for r in rows],
    )
    _table(console, "Why it was late", ("cause", "clocks"), [(r.cause, r.n) for r in db.rows(_CAUSES)])
    _table(console, "Open cases", ("kind", "cases"), [(r.kind, r.n) for r in db.rows(_CASES)])
    apart = _tie_out(console)
    verdicts = verify(laws())
    broken = sum(verdict.breaches for verdict in verdicts)
    text = report(verdicts if broken else [])
    console.print(report(verdicts).splitlines()[-1] if not broken else text, markup=False, highlight=False)
    return 1 if broken or apart else 0


def _tie_out(console: Console) -> int:
    """Stock value by state in three sums: positions, what units and parcels carry, general ledger; how many differ."""
    units = {(row.code, row.state): row.value for row in db.rows(_UNITS)}
    rows = tie_out(units=units)
    _table(
        console,
        "Tie-out: stock value and general ledger",
        ("entity", "state", "pieces", "in", "stock", "ledger", "diff."),
        [
            (
                r.entity,
                r.state,
                r.quantity,
                r.currency,
                f"{to_decimal(r.positions_minor, r.currency):,}",
                f"{to_decimal(r.gl_minor, r.currency):,}",
                f"{to_decimal(r.difference_minor, r.currency):,}",
            )
            for r in rows
            if r.quantity or r.positions_minor or r.gl_minor or r.difference_minor
        ],
    )
    return sum(1 for row in rows if row.difference_minor)


def _money(minor: int, currency: str) -> str:
    return f"{to_decimal(minor, currency):,} {currency}"


def _table(console: Console, title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table whose numbers stand at the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    body = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    for n, name in enumerate(head):
        # Entities may be called by numbers; the first column is a name whatever it looks like.
        right = n > 0 and bool(body) and all(row[n].lstrip("-")[:1].isdigit() for row in body)
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for row in body or [["none", *[""] * (len(head) - 1)]]:
        table.add_row(*row)
    console.print(table)
    console.print()
