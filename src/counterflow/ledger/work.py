"""Balances of single accounts and sums by day: figures for first pages, read from the day sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from counterflow.kernel import db


@dataclass(frozen=True)
class GlBalance:
    """What one GL account of one entity holds; debit > 0."""

    entity: str
    currency: str
    account: str
    balance_minor: int


_DAYS = """
(SELECT account_id, component, accounting_date, amount FROM ledger_balance_day
 UNION ALL SELECT account_id, component, accounting_date, amount FROM ledger_balance_delta)
"""
_BALANCES = f"""
SELECT b.code, b.currency, a.gl, sum(d.amount)::bigint
FROM ledger_account a JOIN ledger_entity b ON b.id = a.entity_id JOIN {_DAYS} d ON d.account_id = a.id
WHERE a.gl = ANY(%s::text[]) GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
_BY_DAY = f"""
SELECT b.currency, d.accounting_date AS day, sum(d.amount)::bigint AS amount
FROM ledger_account a JOIN ledger_entity b ON b.id = a.entity_id JOIN {_DAYS} d ON d.account_id = a.id
WHERE a.gl = %s AND d.accounting_date >= %s GROUP BY 1, 2 ORDER BY 1, 2
"""
_HELD = """
SELECT count(*) AS n FROM (SELECT 1 FROM ledger_hold WHERE released_at IS NULL LIMIT %s) h
"""


def gl_balances(*, accounts: Sequence[str]) -> list[GlBalance]:
    """What these GL accounts hold now, by entity. One statement."""
    return [GlBalance(*row) for row in db.rows(_BALANCES, [list(accounts)])]


def gl_by_day(*, account: str, since: date) -> dict[str, dict[date, int]]:
    """What was booked to a GL account, by currency and day. One statement."""
    found: dict[str, dict[date, int]] = {}
    for row in db.rows(_BY_DAY, [account, since]):
        found.setdefault(row.currency, {})[row.day] = row.amount
    return found


def holds(*, most: int = 1_000) -> int:
    """How many holds are in force; one more than `most` where there are more. One statement."""
    return int(db.rows(_HELD, [most + 1])[0].n)
