"""No page runs more than fifteen statements, and none runs more when there are more returns."""

import pytest

from company import ASKED
from counterflow.access import queries as access
from counterflow.config.bench.places import places
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

MOST = 15
MORE = 50
STATES_MAX = 30
SEARCHES = {
    "returns": ("?q=tee", "?state=closed", "?format=csv"),
    "cases": ("?state=", "?format=csv", "?role=mine&due=today&order=money"),
    "cases_chosen": ("?all=1",),
    "users": ("?q=demo",),
    "find": ("?q=RMA-1",),
}


@pytest.fixture(scope="module")
def pages(everything, tokens, sessions):
    """Every page that answers a GET, with several objects and with some searches."""
    client, found = sessions["administrator"], []
    for place in places():
        addresses = place.addresses(STATES_MAX)
        if place.name not in ("sign_out",) and client.get(addresses[0]).status_code != 405:
            found += addresses
            found += [addresses[0] + search for search in SEARCHES.get(place.name, ())]
    return found


def counts(pages, sessions, counting):
    seen_by = {}
    for address in pages:
        access.forget()
        with counting() as seen:
            answer = sessions["administrator"].get(address)
            assert answer.status_code in (200, 302), (address, answer.status_code)
            if answer.streaming:
                assert b"".join(answer.streaming_content)
        seen_by[address] = seen
    return seen_by


def test_no_page_runs_many_statements_and_history_adds_none(pages, sessions, everything, django_statements):
    before = counts(pages, sessions, django_statements)
    assert {address: len(seen) for address, seen in before.items() if len(seen) > MOST} == {}
    _fifty_more(everything)
    after = counts(pages, sessions, django_statements)
    assert {address: seen for address, seen in after.items() if len(seen) > len(before[address])} == {}


def _fifty_more(company):
    wishes = [
        OpenRma(company.channel(), f"more-{n}", [AskedLine(1, "too_small", sku=company.sku())], company.sell(), ASKED)
        for n in range(MORE)
    ]
    rmas = [done.facts["rma"] for done in open_rmas(company.ctx(), items=wishes).done]
    units = [ReceiveUnit(company.lpn(), company.node(), sku=company.sku(), rma=rma) for rma in rmas]
    assert len(receive_units(company.ctx(), items=units).done) == MORE
