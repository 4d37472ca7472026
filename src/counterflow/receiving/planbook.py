"""The plans in force, read once a process and again when one was published.

A command knows from its claim whether anything was published since (`ctx.config_epoch`), so in steady state a
plan costs no SQL. Without any plan published, nothing is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import orjson
from django.db import connection

from counterflow.kernel import db
from counterflow.receiving.rules_plan_documents import read_plan
from counterflow.receiving.rules_plans import SERIAL, Plan

SHIPPED: Final = ("general", "apparel", "electronics", "homeware")
SHIPPED_FAMILIES: Final = {
    "": "general",
    "apparel": "apparel",
    "footwear": "apparel",
    "electronics": "electronics",
    "homeware": "homeware",
}


@dataclass(frozen=True)
class Book:
    """Active plans by code, and the code of the plan of each family ("" for all others)."""

    database: str
    epoch: int
    plans: Mapping[str, Plan]
    families: Mapping[str, str]

    def plan_for(self, family: str) -> Plan | None:
        """The plan of a family, else that of all others, else none."""
        return self.plans.get(self.families.get(family) or self.families.get("", ""))


def checks_serials(plan: Plan | None) -> bool:
    """Whether a plan wants a serial number that was sold."""
    return plan is not None and any(check.question == SERIAL for check in plan.checks)


class _Cache:
    """The book in use. Replaced as a whole, so threads see the old one or the new one."""

    book: Book | None = None


def book(epoch: int | None = None) -> Book:
    """The plans at an epoch; without one the database is asked. One statement, or none."""
    known, database = _Cache.book, str(connection.settings_dict["NAME"])
    if known is not None and known.epoch == epoch and known.database == database:
        return known
    found = db.rows(
        "SELECT e.value AS epoch, p.id, p.version, p.document,"
        " (SELECT jsonb_object_agg(f.family, f.plan) FROM receiving_familyplan f) AS families"
        " FROM kernel_epoch e LEFT JOIN receiving_plan p ON p.active WHERE e.id = 1 ORDER BY p.code"
    )
    read = [read_plan(row.document, version=row.version, version_id=row.id) for row in found if row.id is not None]
    fresh = Book(database, found[0].epoch, {plan.code: plan for plan in read}, found[0].families or {})
    # What the publishing transaction itself reads may never be committed, and is not kept.
    if fresh.epoch == epoch:
        _Cache.book = fresh
    return fresh


def shipped(code: str) -> dict[str, Any]:
    """The document of a plan that comes with the package."""
    found: dict[str, Any] = orjson.loads((files("counterflow.receiving") / "plans" / f"{code}.json").read_bytes())
    return found
