"""Lines that are committed before their orders: an import that fails or is killed leaves nothing anybody counts."""

import os
import signal

import pytest
from django.db import connection

from counterflow.kernel import db
from counterflow.kernel.errors import Refusal
from counterflow.orders.importing import run
from counterflow.orders.laws import LAWS
from orders.books import Imports, line
from orders.test_import_files import content

pytestmark = pytest.mark.usefixtures("database_copy")

LINES = """
SELECT count(*) AS n FROM orders_shipmentline s
WHERE NOT EXISTS (SELECT FROM orders_orderline l WHERE l.id = s.order_line_id)
"""


class Stopped(Refusal):
    """The import stops here."""


def lost():
    """Shipment lines whose order line is not there, and the notes about them."""
    return db.rows(LINES)[0].n, db.rows("SELECT count(*) AS n FROM orders_linesahead")[0].n


def parents_are_there():
    (law,) = (law for law in LAWS if law.name == "orders.children_have_parents")
    with connection.cursor() as cursor:
        cursor.execute(law.sql, None)
        return cursor.fetchall() == []


@pytest.fixture
def book(imports):
    return imports.file(*(line(f"{n}", f"1000{n % 7}", quantity=1 + n % 3) for n in range(1, 40)))


def test_an_import_that_fails_takes_its_lines_away(imports, book, monkeypatch):
    def stopped(ctx, *, book):
        assert lost()[1] == 1
        raise Stopped()

    monkeypatch.setattr(run, "import_book", stopped)
    assert imports.run(book)[0].code == "stopped"
    assert lost() == (0, 0)
    monkeypatch.undo()
    assert imports.run(book)[0].imported == 39
    assert lost() == (0, 0)


def test_a_killed_import_leaves_lines_that_no_law_counts_and_the_next_one_sweeps(
    ctx, imports, book, make_channel, tmp_path
):
    connection.close()
    child = os.fork()
    if not child:
        run.import_book = lambda ctx, *, book: os.kill(os.getpid(), signal.SIGKILL)
        imports.run(book)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert lost() == (39, 1)
    assert parents_are_there()
    other = Imports(ctx, tmp_path, make_channel("beside-another"))
    assert other.run(other.file(line("1"), name="other.csv"))[0].imported == 1
    assert lost() == (39, 1)
    assert imports.run(book)[0].imported == 39
    assert lost() == (0, 0)
    clean = Imports(ctx, tmp_path, make_channel("beside-clean"))
    assert clean.run(book)[0].imported == 39
    assert content(clean.channel) == content(imports.channel)


def test_lines_without_a_note_are_a_breach(imports, book, owner):
    imports.run(book)
    owner.execute(
        "UPDATE orders_shipmentline SET order_line_id = order_line_id + 1000000 WHERE id = "
        "(SELECT max(s.id) FROM orders_shipmentline s)"
    )
    assert not parents_are_there()
