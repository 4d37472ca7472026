"""What somebody changes behind the system's back at the dock is found, and the broken law is named.

Method: goods in every place the dock knows, then one change by the database's owner, asked of every law
in the same transaction, which is rolled back.
"""

import pytest

from counterflow.logistics import laws as logistics_laws
from counterflow.receiving import laws as receiving_laws
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.returns import laws as returns_laws
from dock import announce, authorise, breaches, receive, scan, tell

LAWS = [*returns_laws.LAWS, *logistics_laws.LAWS, *receiving_laws.LAWS]
ONE_UNIT = "WHERE id = (SELECT max(id) FROM receiving_unit WHERE state = 'received' AND rma_line_id IS NOT NULL)"
ONE_LINE = "WHERE id = (SELECT max(id) FROM returns_rmaline WHERE allocated_qty > 0)"


@pytest.fixture
def dock(company):
    """Units that were expected, blind and reversed; parcels in transit, lost and delivered."""
    rma = authorise(company, [("tee", 5), ("mug", 2)])
    moving, lost, here = (announce(company, rma, [(1, 1)]) for _ in range(3))
    tell(company, moving, "accepted")
    tell(company, lost, "accepted", "lost")
    tell(company, here, "delivered")
    receive(company, scan(company, tracking=here), scan(company), scan(company, "mug", quantity=2, rma=rma))
    mistake = receive(company, scan(company, rma=rma)).done[0].identity
    assert reverse_receipts(company.ctx(), items=[ReverseReceipt(mistake, "mistake")]).done
    assert breaches() == []


@pytest.mark.parametrize(
    ("change", "law"),
    [
        (f"UPDATE receiving_unit SET cost_minor = cost_minor + 1 {ONE_UNIT}", "receiving.units_are_positions"),
        (f"UPDATE receiving_unit SET cost_minor = cost_minor + 1 {ONE_UNIT}", "receiving.receipts_brought_their_value"),
        (f"UPDATE receiving_unit SET quantity = quantity + 1 {ONE_UNIT}", "receiving.units_have_their_entry"),
        (f"UPDATE receiving_unit SET quantity = quantity + 1 {ONE_UNIT}", "receiving.units_come_from_somewhere"),
        (f"UPDATE receiving_unit SET quantity = quantity + 1 {ONE_UNIT}", "receiving.units_are_allocated"),
        (f"UPDATE receiving_unit SET stock_state = 'inspection' {ONE_UNIT}", "receiving.units_are_positions"),
        (f"UPDATE receiving_unit SET lot = 'x' {ONE_UNIT}", "receiving.units_are_positions"),
        (f"UPDATE receiving_unit SET stock_state = '' {ONE_UNIT}", "receiving.units_without_a_place_have_no_value"),
        (f"UPDATE receiving_unit SET state = 'reversed' {ONE_UNIT}", "receiving.reversals_are_whole"),
        (f"UPDATE receiving_unit SET receive_entry_id = 1 {ONE_UNIT}", "receiving.units_have_their_entry"),
        ("DELETE FROM receiving_receiptreversal", "receiving.reversals_are_whole"),
        ("UPDATE receiving_origin SET cost_minor = cost_minor + 1", "receiving.value_back_is_accounted_for"),
        ("UPDATE receiving_origin SET quantity = quantity + 1", "receiving.units_come_from_somewhere"),
        ("UPDATE logistics_parcelline SET received_qty = received_qty + 1", "receiving.parcels_count_what_came"),
        ("UPDATE logistics_returnedvalue SET cost_minor = cost_minor - 1", "receiving.value_back_is_accounted_for"),
        ("UPDATE logistics_returnedvalue SET cost_minor = 1000000", "logistics.returns_stay_within_the_issue"),
        (
            "UPDATE ledger_position SET cost = cost + 1 WHERE account_id = (SELECT max(id) FROM ledger_account"
            " WHERE state = 'in_transit_return')",
            "logistics.transit_is_in_the_books",
        ),
        (
            "UPDATE logistics_parcelline SET in_transit_cost_minor = 1 + in_transit_cost_minor"
            " WHERE in_transit_qty > 0",
            "logistics.transit_is_in_the_books",
        ),
        (
            "UPDATE logistics_parcelline SET lost_qty = 0, lost_cost_minor = 0 WHERE lost_qty > 0",
            "logistics.losses_are_in_the_books",
        ),
        ("UPDATE logistics_parcel SET state = 'announced' WHERE state = 'lost'", "logistics.parcels_are_as_told"),
        ("DELETE FROM logistics_parcelevent", "logistics.parcels_are_as_told"),
        ("UPDATE logistics_parcel SET entity_id = entity_id + 1", "logistics.lines_are_of_the_rma"),
        (f"UPDATE returns_rmaline SET allocated_qty = allocated_qty - 1 {ONE_LINE}", "returns.counters_are_milestones"),
        (f"UPDATE returns_rmaline SET allocated_qty = allocated_qty - 1 {ONE_LINE}", "returns.lines_are_allocated"),
        (f"UPDATE returns_rmaline SET lost_qty = lost_qty + 1 {ONE_LINE}", "returns.counters_are_milestones"),
        ("UPDATE returns_milestone SET quantity = quantity + 1", "returns.counters_are_milestones"),
        ("UPDATE returns_milestone SET kind = 'received '", "returns.milestones_are_known"),
        ("UPDATE orders_shipmentline SET allocated_qty = 0 WHERE allocated_qty > 0", "returns.shipments_are_guarded"),
        ("UPDATE returns_allocation SET shipment_line_id = NULL", "returns.allocations_keep_their_line"),
        ("UPDATE returns_allocation SET quantity = quantity + 1", "receiving.units_are_allocated"),
    ],
)
def test_a_change_behind_the_systems_back_is_found(dock, owner, change, law):
    with owner.transaction(force_rollback=True):
        assert owner.execute(change).rowcount > 0
        broken = {asked.name for asked in LAWS if owner.execute(asked.sql).fetchall()}
    assert law in broken


def test_laws_have_names_of_their_own():
    assert len({law.name for law in LAWS}) == len(LAWS)
