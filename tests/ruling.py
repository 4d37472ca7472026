"""Versions of a policy in every state of their life, by the people whose roles take each step."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agreeing import let
from counterflow.access import queries as access
from counterflow.kernel.commands import Done
from counterflow.policies import queries_versions as queries
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.tables import shipped
from people import email

FACTS = {
    "channel_kind": "b2b",
    "value_minor": 4_000,
    "currency": "EUR",
    "final_sale": False,
    "blind": False,
    "serial_tracked": False,
    "order_age_days": 10,
}


def person(role: str) -> str:
    """The user of a role, as the audit knows them."""
    found = access.user(email=email(role))
    assert found is not None
    return f"user:{found.id}"


def wording(fee: int, name: str = "Dearer for businesses") -> dict[str, Any]:
    """The shipped refund table with another restocking fee, as JSON."""
    table = shipped("refund")
    rows = [replace(r, then={**r.then, "restocking_fee_bp": fee}) if r.id == "b2b" else r for r in table.rows]
    return replace(table, name=name, rows=tuple(rows)).as_json()


def example(fee: int) -> dict[str, Any]:
    """A case about the restocking fee of a business."""
    return {"name": "A business pays the fee", "facts": FACTS, "then": {"restocking_fee_bp": fee}}


def draft(ctx: Callable[..., Any], reference: str, *, fee: int = 2_000, **more: Any) -> int:
    """A draft of the inventory controller's; its id."""
    base = next(row for row in queries.shelf(kind="refund") if not row.scope and row.state == "active")
    item = DraftPolicy(
        reference,
        "refund",
        more.pop("table", wording(fee)),
        "finance",
        scope=more.pop("scope", {"brand": [reference]}),
        examples=more.pop("examples", [example(fee)]),
        based_on=base.id,
    )
    (done,) = draft_policies(ctx(actor=person("inventory_controller")), items=[item]).done
    return int(done.facts["version_id"])


def proposed(ctx: Callable[..., Any], reference: str, **more: Any) -> int:
    """A draft that was proposed."""
    version = draft(ctx, reference, **more)
    assert submit_drafts(ctx(actor=person("inventory_controller")), items=[SubmitDraft(version, 1)]).done
    return version


def agreed(ctx: Callable[..., Any], reference: str, **more: Any) -> int:
    """A draft that was proposed and agreed to by its owner."""
    version = proposed(ctx, reference, **more)
    assert review_policies(ctx(actor=person("finance")), items=[ReviewPolicy(version, 1, "approve")]).done
    return version


def make_policies(ctx: Callable[..., Any]) -> None:
    """One version of the refund policy in each state; those that answer are for brands of their own."""
    broken = wording(2_000)
    broken["rows"][1]["when"]["value_minor"] = "> > 5"
    (begun,) = let(ctx, activate_policies, ActivatePolicy(agreed(ctx, "north"), 1))
    assert isinstance(begun, Done), begun
    assert end_policies(ctx(actor=person("finance")), items=[EndPolicy(draft(ctx, "gone"), 1)]).done
    agreed(ctx, "south")
    proposed(ctx, "west")
    draft(ctx, "broken", table=broken)
    draft(ctx, "east")
