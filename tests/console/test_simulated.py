"""Whatever shows books of which something is simulated says so, in the entity's words."""

import re
from datetime import date

import pytest

from company import ASKED, make_company
from console_life import asked, disposed, received, whole
from counterflow.console.simulated import BY_RECORDS, Notice, notices, of
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.ledger import queries
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities

WORDS = "costs and opening stock"


@pytest.fixture(scope="module")
def company(people):
    """A company whose entity says what of it is simulated, with one return and one unit."""
    made = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    (kept,) = keep_entities(made.ctx(), items=[_entity(made, simulated=WORDS)]).done
    assert not kept.replayed
    return made


def _entity(company, **changes):
    (row,) = db.rows("SELECT code, currency, zone, go_live FROM ledger_entity WHERE id = %s", [company.entity])
    return KeepEntity(row.code, "Shop", row.currency, row.go_live, row.zone, **changes)


def notice_of(page):
    """The words of the notice on a page, without markup; empty where there is none."""
    found = re.search(r'<div class="simulated-note".*?</svg><div>(.*?)</div></div>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_every_page_of_books_carries_the_words_within_its_statements(browse, company, django_statements):
    rma, lpn = whole(company)
    client = browse("administrator")
    entry = re.search(r'href="(/ledger/entries/\d+)"', client.get(f"/returns/{rma}").content.decode())[1]
    addresses = ["/", "/cases", "/returns", f"/returns/{rma}", f"/returns/{rma}/why", "/bench", f"/units/{lpn}"]
    addresses += ["/stock", f"/stock/{company.sku()}", "/ledger/tie-out", "/ledger/trial-balance", entry]
    addresses += ["/reconciliation", "/reconciliation/compare"]
    for address in addresses:
        with django_statements() as seen:
            said = notice_of(client.get(address).content.decode())
        assert len(seen) <= 15, (address, len(seen))
        assert said.startswith(f"Simulated data: {WORDS} in the books of"), (address, said)
    for address in ("/users", "/tokens", "/ledger/chart"):
        assert notice_of(client.get(address).content.decode()) == "", address


def test_files_of_the_books_carry_them_too(browse, company):
    disposed(company, received(company, asked(company)))
    client = browse("finance")
    for address in ("/stock", "/ledger/tie-out", "/ledger/trial-balance"):
        lines = b"".join(client.get(f"{address}?format=csv").streaming_content).decode().splitlines()
        assert lines[0].endswith(",Simulated"), address
        assert any(line.endswith(f",{WORDS}") for line in lines[1:]), address


def test_what_was_said_to_be_simulated_stays(company):
    assert keep_entities(company.ctx(), items=[_entity(company)]).done[0].replayed
    assert keep_entities(company.ctx(), items=[_entity(company, simulated=WORDS)]).done[0].replayed
    assert WORDS in queries.simulated().values()
    real = KeepEntity(f"real-{company.tag}", "Real", "GBP", date(2026, 1, 1))
    assert keep_entities(company.ctx(), items=[real]).done
    assert real.code not in queries.simulated()


def test_entities_with_the_same_words_share_a_sentence():
    told = {"b": "everything", "a": "everything", "c": "costs"}
    assert notices(told) == [Notice("everything", ("a", "b")), Notice("costs", ("c",))]
    assert notices(of(told, "c")) == [Notice("costs", ("c",))]
    assert notices(of(told, "d")) == []
    assert notices({}, marked=True) == [BY_RECORDS]
