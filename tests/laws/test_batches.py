"""A batch gives exactly what its items would give one by one, in order; and cut differently changes nothing.

Two companies are made alike. One gets a random list of items as one batch, the other gets the same list
item by item; answers, counters, units, positions and money must be the same.
"""

from random import Random

import pytest

from company import ASKED, make_company
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

ORDERS = 4
ITEMS = 24
SEEN: set[tuple[str, str]] = set()


def outline(batch):
    """Answers without what is a matter of numbering."""
    return [
        (r.identity.split("|")[-1], type(r).__name__, getattr(r, "code", ""), getattr(r, "replayed", False))
        for r in batch
    ]


def books(company):
    """What a company looks like, without ids."""
    positions = db.rows(
        """SELECT a.state, i.name, a.bucket, a.owner, p.quantity, p.cost, p.allowance FROM ledger_position p
           JOIN ledger_account a ON a.id = p.account_id JOIN catalog_item i ON i.id = a.item_id
           WHERE a.entity_id = %s ORDER BY 1, 2, 3, 4""",
        [company.entity],
    )
    money = db.rows(
        """SELECT a.gl, sum(l.amount)::bigint AS amount FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
           WHERE a.entity_id = %s AND a.gl <> '' GROUP BY 1 ORDER BY 1""",
        [company.entity],
    )
    lines = db.rows(
        """SELECT split_part(r.request_ref, '|', 2) AS ref, r.state, l.line_no, l.quantity, l.authorised_qty,
                  l.allocated_qty, l.passed_qty, l.failed_qty, l.credited_qty, l.milestone
           FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id WHERE r.entity_id = %s ORDER BY 1, 3""",
        [company.entity],
    )
    units = db.rows(
        """SELECT split_part(lpn, '|', 2) AS lpn, state, stock_state, cost_minor, found, grade, disposition, quantity
           FROM receiving_unit WHERE entity_id = %s ORDER BY 1""",
        [company.entity],
    )
    return [[tuple(row) for row in rows] for rows in (positions, money, lines, units)]


def both(ctx, twins, command, make):
    """Run the items of each twin: the first as one batch, the second one by one; compare; the answers."""
    batch, singles = ([make(company) for make in make_items] for company, make_items in zip(twins, make, strict=True))
    whole = command(ctx(), items=batch)
    parts = [command(ctx(), items=[item]).results[0] for item in singles]
    assert outline(whole) == outline(parts)
    assert books(twins[0]) == books(twins[1])
    SEEN.update((command.__name__, kind) for _, kind, _, _ in outline(whole))
    return [whole.results, parts]


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_is_its_items_one_by_one(ctx, database_copy, seed):
    twins = [make_company(ctx), make_company(ctx)]
    orders = [
        [c.sell((("tee", 5, 2000, 400), ("mug", 3, 900, 180), ("cheap", 2, 500, 100))) for _ in range(ORDERS)]
        for c in twins
    ]
    rng = Random(seed)
    wishes = [
        (
            rng.randrange(ORDERS),
            rng.choice(["tee", "mug", "cheap", "none"]),
            rng.choice([1, 1, 2, 3, 9]),
            rng.choice(["too_small", "defective", "no such word"]),
            rng.randrange(ITEMS - 6),
        )
        for _ in range(ITEMS)
    ]

    def asking(side, wish):
        order, name, quantity, reason, ref = wish

        def make(company):
            line = AskedLine(quantity, reason, sku=company.sku(name))
            return OpenRma(company.channel(), f"{company.tag}|{ref}", (line,), orders[side][order], ASKED)

        return make

    opened = both(ctx, twins, open_rmas, [[asking(side, w) for w in wishes] for side in (0, 1)])
    rmas = [[r.facts["rma"] for r in answers if isinstance(r, Done)] for answers in opened]
    arriving = [
        (rng.randrange(len(rmas[0])), rng.choice(["tee", "mug", "cheap"]), rng.choice([1, 1, 2]), rng.randrange(ITEMS))
        for _ in range(ITEMS)
    ]

    def arrival(side, wish):
        rma, name, quantity, lpn = wish
        return lambda c: ReceiveUnit(
            lpn=f"{c.tag}|{lpn}",
            node=c.node(),
            sku=c.sku(name),
            quantity=quantity,
            rma=rmas[side][rma],
            happened_at=ASKED,
        )

    both(ctx, twins, receive_units, [[arrival(side, w) for w in arriving] for side in (0, 1)])
    looks = [(rng.randrange(ITEMS), rng.choice("AABCD")) for _ in range(ITEMS)]
    look = [[lambda c, w=w: InspectUnit(lpn=f"{c.tag}|{w[0]}", grade=w[1], happened_at=ASKED) for w in looks]] * 2
    both(ctx, twins, inspect_units, look)
    ends = [rng.randrange(ITEMS) for _ in range(ITEMS)]
    end = [[lambda c, w=w: DisposeUnit(lpn=f"{c.tag}|{w}", happened_at=ASKED) for w in ends]] * 2
    both(ctx, twins, dispose_units, end)
    dues = [(rng.randrange(len(rmas[0])), rng.randrange(ITEMS)) for _ in range(ITEMS)]

    def due(side, wish):
        return lambda c: ReleaseCredit(f"{c.tag}|{wish[1]}", rmas[side][wish[0]], happened_at=ASKED)

    credits = both(ctx, twins, release_credits, [[due(side, w) for w in dues] for side in (0, 1)])
    owed = [[r.facts["credit_id"] for r in answers if isinstance(r, Done)] for answers in credits]
    if owed[0]:
        pays = [(rng.randrange(len(owed[0])), rng.choice([None, 100]), rng.randrange(ITEMS)) for _ in range(ITEMS)]

        def pay(side, wish):
            return lambda c: RequestPayout(f"{c.tag}|{wish[2]}", owed[side][wish[0]], amount_minor=wish[1])

        both(ctx, twins, request_payouts, [[pay(side, w) for w in pays] for side in (0, 1)])


def test_the_lists_above_held_both_what_is_done_and_what_is_refused():
    commands = (open_rmas, receive_units, inspect_units, dispose_units, release_credits, request_payouts)
    assert {(c.__name__, kind) for c in commands for kind in ("Done", "Refused")} <= SEEN


def test_a_call_of_a_thousand_repeated_as_two_of_five_hundred_changes_nothing(ctx, company):
    orders = [company.sell() for _ in range(200)]
    items = [
        OpenRma(company.channel(), f"t{n}", (AskedLine(1, "too_small", sku=company.sku()),), orders[n % 200], ASKED)
        for n in range(1000)
    ]
    first = open_rmas(ctx(), items=items)
    assert len(first.done) == 1000
    before = books(company)
    for half in (items[500:], items[:500]):
        again = open_rmas(ctx(), items=half)
        assert all(r.replayed for r in again.done)
        assert len(again.done) == 500
    assert books(company) == before
    units = [
        ReceiveUnit(lpn=f"{company.tag}|{n}", node=company.node(), sku=company.sku(), rma=r.facts["rma"])
        for n, r in enumerate(first.done)
    ]
    assert not receive_units(ctx(), items=units).refused
    before = books(company)
    for half in (units[500:], units[:500]):
        assert all(r.replayed for r in receive_units(ctx(), items=half).done)
    assert books(company) == before
