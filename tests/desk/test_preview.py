"""What is said beforehand is what happens, to the cent, and asking writes nothing."""

from datetime import timedelta

import pytest

from company import ASKED, SOLD
from counterflow.desk.preview import preview
from counterflow.kernel import db
from counterflow.orders.queries import order as order_row
from counterflow.returns.commands.open_rmas import open_rmas
from counterflow.returns.documents import AskedLine, Instead, OpenRma


def ask(company, number, *lines, at=ASKED):
    return preview(channel=company.channel(), order=number, lines=lines, at=at)


def test_a_line_in_time_is_told_what_it_gets_and_when(company):
    number = company.sell([("tee", 3, 1999, 333)])
    said = ask(company, number, AskedLine(2, "no_longer_wanted", order_line=1))[0]
    assert (said.answer, said.milestone, said.method) == ("yes", "received", "original")
    assert (said.net_minor, said.tax_minor, said.fee_minor, said.total_minor) == (3998, 666, 0, 4664)
    assert said.window_ends == (SOLD + timedelta(days=14)).date()
    assert "withdraws" in said.why


@pytest.mark.parametrize("reason", ["no_longer_wanted", "defective", "none of our words"])
@pytest.mark.parametrize("days", [5, 20, 35, 200])
def test_opening_answers_what_was_said(ctx, company, reason, days):
    number = company.sell([("tee", 2, 2000, 400)])
    at = SOLD + timedelta(days=days)
    line = AskedLine(1, reason, order_line=1)
    said = ask(company, number, line, at=at)[0]
    opened = open_rmas(ctx(at=at), items=[OpenRma(company.channel(), "o", (line,), number)]).done[0].facts
    assert {"yes": "authorised", "ask": "requested", "no": "declined"}[said.answer] == opened["state"]
    assert (said.milestone == "authorised") == opened["returnless"] if "returnless" in opened else True


def test_what_cannot_be_asked_is_told_in_words(company):
    number = company.sell([("tee", 2, 2000, 400)])
    said = ask(
        company,
        number,
        AskedLine(3, "defective", order_line=1),
        AskedLine(1, "defective", order_line=9),
        AskedLine(1, "defective", order_line=1, resolution="exchange"),
        AskedLine(1, "defective", order_line=1, resolution="exchange", instead=Instead("no such item", 100)),
    )
    assert "2 of 2 shipped are left" in said[0].problem
    assert "no shipped line" in said[1].problem
    assert "does not" in said[2].problem
    assert "no item" in said[3].problem


def test_an_exchange_says_who_owes_the_difference(company):
    number = company.sell([("tee", 2, 2000, 400)])
    dearer, cheaper = (
        AskedLine(
            2,
            "too_small",
            order_line=1,
            resolution="exchange",
            instead=Instead(company.sku("mug"), price, 100),
        )
        for price in (3000, 2000)
    )
    more, less = ask(company, number, dearer), ask(company, number, cheaper)
    assert (more[0].total_minor, more[0].instead_minor, more[0].difference_minor) == (4800, 6000, 1200)
    assert less[0].difference_minor == -800
    even = ask(company, number, AskedLine(1, "too_small", order_line=1, resolution="replacement"))[0]
    assert (even.instead_minor, even.difference_minor) == (2400, 0)


def test_asking_writes_nothing_and_costs_the_same_for_many_lines(company):
    names = ["tee", "mug", "cheap", "phone"] * 10
    number = company.sell([(name, 1, 1000, 200) for name in names])
    before = order_row(channel=company.channel(), number=number)

    def counted(lines):
        with db.counting() as seen:
            assert not any(said.problem for said in ask(company, number, *lines))
        return len(seen)

    lines = [AskedLine(1, "too_small", order_line=n) for n in range(1, len(names) + 1)]
    counted(lines[:1])
    assert counted(lines[:1]) == counted(lines) == 5
    assert order_row(channel=company.channel(), number=number) == before
    assert preview(channel=company.channel(), order=number, lines=[], at=ASKED) == []
