"""What the application's role can hand to the ledger's functions by hand, past every rule in Python, and is refused.

Method: one posting that is right, and the same with one thing wrong; all in transactions that are rolled back.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from counterflow.kernel import db
from counterflow.ledger.posting import _POST

NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
ITEM = 100
REVERSE = "SELECT ledger_reverse(%s, %s, %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])"


@pytest.fixture(scope="module")
def books(database_copy):
    """Two entities; the second has closed its books further."""
    keep = "SELECT ledger_keep_entity(nextval('kernel_id_seq'), %s, 'Shop', 'GBP', 'Europe/London', %s) AS id"
    return [db.rows(keep, [code, date(2026, month, 1)])[0].id for code, month in (("UK", 1), ("IE", 7))]


def right(books):
    """Two pieces that nobody can explain come in at 100, and a credit of 50: the arrays of `ledger_post`."""
    ours = books[0]
    return {
        "command": 1,
        "at": NOW,
        "a_entity": [ours] * 5,
        "a_gl": ["", "", "unexplained_differences", "refunds_payable", "sales_returns"],
        "a_owner": ["us", "us", "", "", ""],
        "a_node": [5, 5, 0, 0, 0],
        "a_custodian": [""] * 5,
        "a_state": ["unexplained", "received", "", "", ""],
        "a_item": [ITEM, ITEM, 0, 0, 0],
        "a_lot": [""] * 5,
        "a_bucket": ["unit", "unit", "", "", ""],
        "e_id": [900_001],
        "e_entity": [ours],
        "e_kind": ["receive"],
        "e_happened": [NOW],
        "m_entry": [1],
        "m_from": [1],
        "m_to": [2],
        "m_from_value": [3],
        "m_to_value": [2],
        "m_quantity": [2],
        "m_cost": [100],
        "m_allowance": [0],
        "m_subject": [7],
        "g_entry": [1, 1],
        "g_account": [4, 5],
        "g_amount": [-50, 50],
        "g_tx_currency": [None, None],
        "g_tx_amount": [None, None],
        "g_rate": [None, None],
        "g_subject": [1, 1],
    }


WRONG = [
    ("does not balance", {"g_amount": [-50, 49]}),
    ("of different lengths", {"m_quantity": []}),
    ("of different lengths", {"m_cost": []}),
    ("of different lengths", {"m_quantity": None}),
    ("of different lengths", {"g_amount": [-50]}),
    ("of different lengths", {"e_kind": []}),
    ("of different lengths", {"e_id": [900_001, 900_002]}),
    ("wrong SKU, quantity or value", {"m_quantity": [None]}),
    ("wrong SKU, quantity or value", {"m_cost": [None]}),
    ("wrong SKU, quantity or value", {"m_allowance": [None]}),
    ("wrong SKU, quantity or value", {"m_quantity": [-2]}),
    ("wrong SKU, quantity or value", {"m_cost": [-100]}),
    ("wrong SKU, quantity or value", {"m_allowance": [5]}),
    ("wrong SKU, quantity or value", {"a_item": [101, ITEM, 0, 0, 0]}),
    ("wrong SKU, quantity or value", {"a_owner": ["us", "consignor", "", "", ""]}),
    ("wrong SKU, quantity or value", {"a_gl": ["", "", "sales", "refunds_payable", "sales_returns"]}),
    ("ledger_no_goods_no_value", {"m_quantity": [0]}),
    ("the chart has no movement", {"a_state": ["unexplained", "available", "", "", ""]}),
    ("the chart has no movement", {"m_to": [9]}),
    ("is not in the chart", {"a_item": [-5, -5, 0, 0, 0]}),
    ("is not in the chart", {"a_bucket": ["unit", "elsewhere", "", "", ""]}),
    ("is not in the chart", {"a_owner": ["us", "", "", "", ""], "m_cost": [0]}),
    ("is not in the chart", {"a_node": [5, 5, 0, 7, 0]}),
    ("names a stock account", {"g_account": [2, 5]}),
    ("wrong currency, amount or rate", {"g_tx_currency": ["EUR", None]}),
    (
        "wrong currency, amount or rate",
        {"g_tx_currency": ["EURO", None], "g_tx_amount": [-60, None], "g_rate": [1, None]},
    ),
    (
        "wrong currency, amount or rate",
        {"g_tx_currency": ["EUR", None], "g_tx_amount": [-60, None], "g_rate": [0, None]},
    ),
    (
        "wrong currency, amount or rate",
        {"g_tx_currency": ["EUR", None], "g_tx_amount": [-60, None], "g_rate": [Decimal("NaN"), None]},
    ),
    (
        "wrong currency, amount or rate",
        {"g_tx_currency": ["GBP", None], "g_tx_amount": [-51, None], "g_rate": [1, None]},
    ),
    ("duplicate key", {"e_id": [900_001] * 2, "e_entity": 2, "e_kind": 2, "e_happened": 2, "g_entry": [1, 2]}),
]


def send(books, **changes):
    """Post by hand, in a transaction of its own that the caller rolls back."""
    arrays = right(books)
    for name, value in changes.items():
        arrays[name] = arrays[name] * value if isinstance(value, int) and name != "command" else value
    db.rows(_POST, list(arrays.values()))


@pytest.mark.parametrize(("said", "changes"), WRONG, ids=[str(changes)[:70] for _, changes in WRONG])
def test_what_breaks_a_law_is_refused_by_the_database(books, said, changes):
    with pytest.raises(DatabaseError, match=said), transaction.atomic():
        send(books, **changes)
    assert not db.rows("SELECT 1 FROM ledger_entry")


def test_the_same_posting_without_a_fault_is_taken(books):
    with transaction.atomic():
        send(books)
        assert db.rows("SELECT lines FROM ledger_entry")[0].lines == 6
        transaction.set_rollback(True)


def test_an_entry_between_entities_spares_the_closed_books_of_each(books):
    """The first entity's books are open since January, the second's closed until the end of June."""
    with transaction.atomic():
        send(books, a_entity=[*books[:1] * 3, *books[1:] * 2], e_happened=[datetime(2026, 3, 4, tzinfo=UTC)])
        assert db.rows("SELECT accounting_date FROM ledger_entry")[0].accounting_date == date(2026, 7, 1)
        transaction.set_rollback(True)


@pytest.mark.parametrize(("kind", "new"), [("adjust", 900_002), ("receive", 900_001), ("receive", 800_000)])
def test_a_reversal_keeps_the_kind_and_comes_later(books, kind, new):
    with transaction.atomic():
        send(books)
        with pytest.raises(DatabaseError, match="of the kind of what it reverses"), transaction.atomic():
            db.rows(REVERSE, [1, NOW, [900_001], [new], [kind], [NOW]])
        transaction.set_rollback(True)


def test_months_that_are_not_over_are_not_sealed(books):
    now = datetime.now(UTC)
    for day in (date(2900, 1, 1), (now + timedelta(days=32)).date()):
        with pytest.raises(DatabaseError, match="only months that are over"), transaction.atomic():
            db.rows("SELECT ledger_seal_before(%s, %s)", [day, datetime(2900, 1, 1, tzinfo=UTC)])
