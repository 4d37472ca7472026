"""Words that nobody mapped: listed first, mapped in one go, and what waited for them is decided."""

import re

from company import ASKED
from counterflow.catalog import partners
from counterflow.kernel import db
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.returns.unmapped import unmapped_words


def asked(ctx, company, ref, word):
    """A return opened with a word of the channel's."""
    line = AskedLine(1, word, sku=company.sku())
    made = open_rmas(ctx(), items=[OpenRma(company.channel(), ref, (line,), company.sell(), ASKED)]).done[0]
    return made.facts["rma"]


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_words_are_listed_mapped_and_their_returns_decided(browse, ctx, company):
    first = asked(ctx, company, "w1", "Pinches, badly!")
    second = asked(ctx, company, "w2", "pinches badly")
    other = asked(ctx, company, "w3", "smells odd")
    found = {word.text: word for word in unmapped_words() if word.source == company.channel()}
    assert (found["pinches badly"].lines, set(found["pinches badly"].waiting)) == (2, {first, second})
    client = browse("administrator")
    page = client.get("/master/mappings")
    assert "smells odd" in page.content.decode()
    assert first in page.content.decode()
    form = {
        "source": [company.channel()] * 2,
        "text": ["pinches badly", "smells odd"],
        "kind": ["return", "return"],
        "code": ["too_small", ""],
    }
    assert client.post("/master/mappings", form).status_code == 302
    key = (company.channel(), "pinches badly")
    assert partners.mappings_of(keys=[key])[key].code == "too_small"
    page = words(client.get("/master/mappings"))
    assert "1 words mapped." in page
    assert "2 returns waited only for words that are mapped by now" in page
    client.post("/master/mappings", {"approve": "1"})
    states = {row.number: row.state for row in db.rows("SELECT number, state FROM returns_rma")}
    assert (states[first], states[second], states[other]) == ("authorised", "authorised", "requested")
    left = db.rows("SELECT facts ->> 'rma' AS rma FROM workqueue_case WHERE state = 'open' AND kind = 'unmapped_code'")
    assert [row.rma for row in left] == [other]
    page = words(client.get("/master/mappings"))
    assert "2 returns approved" in page
    assert asked(ctx, company, "w4", "PINCHES BADLY") not in {r for word in unmapped_words() for r in word.waiting}


def test_who_may_only_look_maps_nothing(browse, ctx, company):
    asked(ctx, company, "x1", "feels cursed")
    client = browse("clerk")
    page = client.get("/master/mappings").content.decode()
    assert "feels cursed" in page
    assert 'name="code"' not in page
    form = {"source": company.channel(), "text": "feels cursed", "kind": "return", "code": "too_small"}
    client.post("/master/mappings", form)
    assert partners.mappings_of(keys=[(company.channel(), "feels cursed")]) == {}


def test_the_page_takes_few_statements(browse, ctx, company, django_statements):
    asked(ctx, company, "y1", "hums at night")
    client = browse("administrator")
    with django_statements() as seen:
        client.get("/master/mappings")
    assert len(seen) <= 15
