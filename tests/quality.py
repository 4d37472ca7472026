"""Short ways to the bench: units that arrived against an authorised return, inspected and disposed of."""

from typing import Any

import dock
from company import Company
from counterflow.kernel import db
from counterflow.kernel.commands import Batch
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units

# What the shipped plan for electronics wants shown before money, beside a serial number.
SHOWN = {"activation_lock": "off", "diagnostics": "passed"}


def arrived(company: Company, name: str = "tee", quantity: int = 1, *, rma: str = "", **more: Any) -> tuple[str, str]:
    """A unit on the dock, received against an authorised return; its plate and the RMA."""
    rma = rma or dock.authorise(company, [(name, max(quantity, 2))])
    scan = dock.scan(company, name, quantity, rma=rma, **more)
    batch = dock.receive(company, scan)
    assert [done.facts["found"] for done in batch.done] == ["expected"], batch
    return scan.lpn, rma


def inspect(company: Company, *items: InspectUnit, key: str | None = None) -> Batch:
    """Inspect units in one batch."""
    return inspect_units(company.ctx(key=key), items=items)


def graded(
    company: Company, grade: str = "A", name: str = "tee", quantity: int = 1, damage: str = "", **more: Any
) -> str:
    """An inspected unit; its plate."""
    lpn, _ = arrived(company, name, quantity, **more)
    assert inspect(company, InspectUnit(lpn, grade, damage_code=damage)).done
    return lpn


def dispose(company: Company, *items: DisposeUnit, may: tuple[str, ...] = ("*",), key: str | None = None) -> Batch:
    """Dispose of units in one batch."""
    return dispose_units(company.ctx(*may, key=key), items=items)


def gl(company: Company, account: str) -> int:
    """Sum of a GL account in the company's books; debit is positive."""
    found = db.rows(
        "SELECT coalesce(sum(l.amount), 0)::bigint AS s FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id"
        " WHERE a.gl = %s AND a.entity_id = %s",
        [account, company.entity],
    )
    return int(found[0].s)
