"""What comparing writes, whether of a partner's statement or of a count of our own: breaks and their cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from counterflow.reconciliation.rules import Difference, Finding, Held
from counterflow.reconciliation.states import Break as State
from counterflow.reconciliation.states import Kind
from counterflow.workqueue.cases import CaseDraft


def break_row(
    statement: int, currency: str, difference: Difference, finding: Finding, as_of: datetime | None = None
) -> dict[str, Any]:
    """The row of a break; its id comes from the database, so that any number of them is one statement."""
    state = finding.stock_state or finding.stated_state
    return {
        "statement_id": statement,
        "kind": str(finding.kind),
        "state": str(State.EXPLAINED if finding.kind is Kind.TIMING else State.OPEN),
        "item_id": difference.item_id,
        "sku": difference.sku,
        "stock_state": finding.stock_state,
        "stated_state": finding.stated_state,
        "expected": difference.held.get(state, Held()).quantity,
        "stated": difference.stated.get(state, difference.unknown.get(state, 0)),
        "quantity": finding.quantity,
        "value_minor": finding.value,
        "currency": currency,
        "cause": finding.cause,
        "proposal": finding.proposal,
        "from_state": finding.from_state,
        "to_state": finding.to_state,
        "as_of": as_of,
    }


def case_drafts(
    statement: int, entity: int, currency: str, node: str, rows: Sequence[dict[str, Any]]
) -> list[CaseDraft]:
    """One case for each kind of alarm: a file with a thousand differences is one piece of work, not a thousand."""
    drafts = []
    for kind in sorted({row["kind"] for row in rows if row["state"] == State.OPEN}):
        alike = [row for row in rows if row["kind"] == kind]
        drafts.append(
            CaseDraft(
                kind="unmapped_code" if kind == Kind.UNKNOWN_STATE else "break",
                subject_kind="statement",
                subject_id=statement,
                dedupe_key=f"statement:{statement}:{kind}",
                entity_id=entity,
                money_at_risk_minor=sum(row["value_minor"] for row in alike),
                currency=currency,
                facts={
                    "node": node,
                    "break": kind,
                    "count": len(alike),
                    "pieces": sum(row["quantity"] for row in alike),
                    "skus": sorted({row["sku"] for row in alike})[:20],
                },
            )
        )
    return drafts
