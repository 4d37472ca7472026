"""The dock in any order: whatever clerks, carriers and customers do, every law holds after each step.

Method: a machine of random acts on one order of odd cost, through commands only. Refusals are welcome;
a breach of a law, or an error that is no refusal, is not.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import company as companies
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.logistics import laws as logistics_laws
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.receiving import laws as receiving_laws
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.split_units import SplitUnit, split_units
from counterflow.returns import laws as returns_laws
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from dock import CARRIER, SENT, breaches, receive, scan
from dock import authorise as authorise_rma

PICK = st.integers(min_value=0, max_value=1_000)
# What is likely at a dock is likely here; the odd things happen often enough.
HOW = st.sampled_from(["parcel", "rma", "parcel", "rma", "blind"])
ITEMS = st.sampled_from(["mug", "tee", "mug", "tee", ""])
PIECES = st.sampled_from([1, 2, 1, 3])
KINDS = st.sampled_from(["accepted", "lost", "delivered", "found", "in_transit", "lost", "returned_to_sender"])
TOLD = st.sampled_from(["lost", "accepted", "returned_to_sender"])
LAWS = [*returns_laws.LAWS, *logistics_laws.LAWS, *receiving_laws.LAWS]


class Dock(RuleBasedStateMachine):
    """One RMA of two lines, its parcels and its units."""

    @initialize(cost=st.integers(min_value=0, max_value=10), pieces=PIECES, told=st.tuples(TOLD, TOLD))
    def open(self, cost, pieces, told):
        """An authorised return of an order whose cost does not divide by its pieces, and two parcels."""
        self.company = companies.make_company(_context)
        order = self.company.sell([("tee", 5, 2000, 400), ("mug", 5, 1000, 200)])
        db.execute(
            "UPDATE orders_shipmentline SET issued_cost_minor = %s WHERE item_id = %s",
            [cost, self.company.items["mug"]],
        )
        self.rma = authorise_rma(self.company, [("tee", pieces), ("mug", 5)], order=order)
        self.parcels, self.units = [], []
        for lines, kind in zip([((2, 1),), ((1, 1), (2, 2))], told, strict=True):
            self.announce(lines)
            observe_parcels(_context(), items=[ParcelReport(CARRIER, self.parcels[-1], kind, SENT)])

    def unit(self, pick):
        """A plate, mostly one of the latest."""
        return self.units[-1 - pick % min(len(self.units), 4)]

    @precondition(lambda self: len(self.parcels) < 5)
    @rule(lines=st.sampled_from([(), ((1, 1),), ((2, 2),)]))
    def more(self, lines):
        """Another label."""
        self.announce(lines)

    def announce(self, lines):
        """A label for all or some of it."""
        tracking = self.company.lpn()
        self.parcels.append(tracking)
        announce_parcels(_context(), items=[AnnounceParcel(CARRIER, tracking, self.rma, lines)])

    @rule(pick=PICK, kind=KINDS, hours=st.integers(min_value=-50, max_value=50))
    def observe(self, pick, kind, hours):
        """A carrier's report of any kind, at any time."""
        at = SENT + timedelta(hours=100 + hours)
        tracking = self.parcels[pick % len(self.parcels)]
        assert observe_parcels(_context(), items=[ParcelReport(CARRIER, tracking, kind, at)]).done

    @rule(
        name=ITEMS,
        quantity=PIECES,
        how=st.sampled_from(["rma", "parcel", "blind"]),
        pick=PICK,
    )
    def scan(self, name, quantity, how, pick):
        """A plate for something, found somehow."""
        more = {"rma": self.rma} if how == "rma" else {}
        if how == "parcel":
            more = {"tracking": self.parcels[pick % len(self.parcels)]}
        item = scan(self.company, quantity=quantity, sku=self.company.sku(name) if name else "", **more)
        if receive(self.company, item).done:
            self.units.append(item.lpn)

    @precondition(lambda self: self.units)
    @rule(pick=PICK)
    def reverse(self, pick):
        """A receipt that was a mistake."""
        reverse_receipts(_context(), items=[ReverseReceipt(self.unit(pick), "mistake")])

    @precondition(lambda self: self.units)
    @rule(pick=PICK, line=st.integers(min_value=1, max_value=2))
    def match(self, pick, line):
        """A unit that finds its line."""
        match_units(_context(), items=[MatchUnit(self.unit(pick), self.rma, line)])

    @precondition(lambda self: self.units)
    @rule(pick=PICK, grade=st.sampled_from(["A", "D"]))
    def inspect(self, pick, grade):
        """A first look."""
        inspect_units(_context(), items=[InspectUnit(self.unit(pick), grade)])

    @precondition(lambda self: self.units)
    @rule(pick=PICK)
    def split(self, pick):
        """A plate that becomes two."""
        part = self.company.lpn()
        if split_units(_context(), items=[SplitUnit(self.unit(pick), part, 1)]).done:
            self.units.append(part)

    @precondition(lambda self: len(self.units) > 3)
    @rule(pick=PICK, empty=st.booleans())
    def close(self, pick, empty):
        """A parcel that is done with."""
        close_parcels(_context(), items=[CloseParcel(CARRIER, self.parcels[pick % len(self.parcels)], empty)])

    @precondition(lambda self: len(self.units) > 5)
    @rule(line=st.integers(min_value=1, max_value=2))
    def cancel(self, line):
        """A customer who keeps the rest."""
        cancel_rmas(_context(), items=[CancelRma(self.rma, (line,))])

    @invariant()
    def every_law_holds(self):
        """Units, positions, counters, milestones and values agree."""
        assert breaches(LAWS) == []

    def teardown(self):
        """At the end the ledger's own laws are asked too."""
        assert breaches() == []


def _context(*permissions):
    return Context.make("user:1", permissions or ("*",), datetime.now(UTC), source="test")


@pytest.mark.usefixtures("database_copy")
def test_every_law_holds_after_any_acts_in_any_order():
    run_state_machine_as_test(
        Dock,
        settings=settings(
            max_examples=24,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
