"""Letters that go by themselves: for what happens from now on, once for a return, by rules that are switched."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from company import make_company
from counterflow import flows
from counterflow.desk.commands.switch_letters import SwitchLetter, install_default_letters, switch_letters
from counterflow.desk.laws import LAWS
from counterflow.desk.letter_rules import OCCASIONS, letter_rules, letter_switches, shipped_rules
from counterflow.desk.letters import letters
from counterflow.desk.messages import messages
from counterflow.desk.tasks import send
from counterflow.kernel import clock, db
from counterflow.kernel.context import Context
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.queries import replacements
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import at_once


@pytest.fixture
def company(database_copy):
    """A company whose orders are of now."""
    return make_company(lambda: Context.make("user:1", ["*"], clock.now()))


@pytest.fixture
def rules(company):
    """The shipped rules, whatever was switched before."""
    install_default_letters(company.ctx())
    assert switch_letters(company.ctx(), items=[SwitchLetter(*rule) for rule in shipped_rules()]).done


def sold(company, kind="own_shop", email="ada@demo.example"):
    order = company.sell([("tee", 2, 2000, 400)], kind=kind, shipped_at=clock.now())
    if email:
        contact = NewContact("Ada Demo", email)
        record_contacts(company.ctx(), items=[RecordContact(company.channel(kind), order, contact)])
    return order


def asked(company, order, kind="own_shop", reason="too_small", happened_at=None, **more):
    line = AskedLine(2, reason, sku=company.sku(), **more)
    item = OpenRma(company.channel(kind), f"l-{order}-{company.lpn()}", [line], order, happened_at)
    return open_rmas(company.ctx(), items=[item]).done[0].facts["rma"]


def receive(company, rma):
    unit = ReceiveUnit(lpn=company.lpn(), node=company.node(), sku=company.sku(), rma=rma)
    assert receive_units(company.ctx(), items=[unit]).done


def written(rma):
    return sorted(m.template for m in messages(rma=rma))


def lawful():
    return [row for law in LAWS for row in db.rows(law.sql.replace("%", "%%"))] == []


def test_every_occasion_has_its_letter():
    assert set(OCCASIONS) <= set(letters("en"))


def test_a_return_writes_when_it_is_opened_and_when_its_goods_are_here(company, rules):
    rma = asked(company, sold(company))
    flows.run_pending()
    (letter,) = messages(rma=rma)
    assert (letter.template, letter.with_slip, letter.by_itself) == ("opened", True, True)
    receive(company, rma)
    receive(company, rma)
    flows.run_pending()
    assert {"opened", "received"} <= set(written(rma))
    assert len(written(rma)) == len(set(written(rma)))
    assert lawful()


def test_money_on_its_way_writes_once_whatever_is_paid(company, rules):
    rma = asked(company, sold(company))
    receive(company, rma)
    flows.run_pending()
    from_receipt = "refunded" in written(rma)
    paid = db.rows(
        "SELECT count(*) AS n FROM refunds_payout p JOIN refunds_credit c ON c.id = p.credit_id"
        " JOIN returns_rma r ON r.id = c.rma_id WHERE r.number = %s",
        [rma],
    )[0].n
    assert from_receipt == (paid > 0)
    assert paid > 0


def test_a_declined_return_writes_that_it_is(company, rules):
    rma = asked(company, sold(company), reason="a word nobody mapped")
    flows.run_pending()
    assert written(rma) == []
    somebody_else = Context.make("user:2", ["*"], clock.now())
    assert decide_rmas(somebody_else, items=[DecideRma(rma, False, "too_late")]).done
    flows.run_pending()
    assert written(rma) == ["rejected"]


def test_goods_that_go_out_instead_write_when_they_leave(company, rules):
    rma = asked(company, sold(company), resolution="replacement")
    receive(company, rma)
    flows.run_pending()
    (made,) = replacements(rma=rma)
    assert "replacement_shipped" not in written(rma)
    shipped = ReportShipment(made.channel, made.order, "1", company.node(), clock.now(), [ShippedLine(1, 1)])
    assert record_shipments(company.ctx(), items=[shipped]).done
    flows.run_pending()
    assert "replacement_shipped" in written(rma)


def test_the_same_events_again_write_nothing_more(company, rules):
    rma = asked(company, sold(company))
    flows.run_pending()
    ids = [row.id for row in db.rows("SELECT id FROM returns_rma WHERE number = %s", [rma])]
    for _ in range(2):
        flows.write_letters(clock.now(), ids)
    assert written(rma) == ["opened"]


def test_nothing_is_written_by_marketplaces_without_an_address_or_without_rules(company, rules):
    market = asked(company, sold(company, "marketplace"), "marketplace")
    nobody = asked(company, sold(company, email=""))
    flows.run_pending()
    assert written(market) == written(nobody) == []


def test_what_happened_before_the_switch_or_long_ago_writes_nothing(company, rules):
    early = asked(company, sold(company), happened_at=clock.now() - timedelta(hours=2))
    switch_letters(company.ctx(), items=[SwitchLetter("opened", "own_shop", False)])
    off = asked(company, sold(company))
    flows.run_pending()
    switch_letters(company.ctx(), items=[SwitchLetter("opened", "own_shop", True)])
    flows.write_letters(
        clock.now(), [r.id for r in db.rows("SELECT id FROM returns_rma WHERE number = ANY(%s)", [[early, off]])]
    )
    assert written(early) == written(off) == []
    late = asked(company, sold(company))
    flows.run_pending(at=clock.now() + timedelta(days=2))
    assert written(late) == []
    on = asked(company, sold(company))
    flows.run_pending()
    assert written(on) == ["opened"]
    assert lawful()


def test_a_replayed_past_writes_to_nobody(company):
    order = sold(company)
    rma = asked(company, order, happened_at=datetime(2026, 5, 6, tzinfo=UTC))
    install_default_letters(company.ctx())
    flows.run_pending(at=datetime(2026, 5, 6, 12, tzinfo=UTC))
    assert written(rma) == []


def test_the_worker_installs_the_rules_and_sends_what_is_due(company, rules):
    rma = asked(company, sold(company))
    flows.run_pending()
    before = len(letter_switches(limit=500))
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        send(int(clock.now().timestamp()) + 1)
    assert [m.state for m in messages(rma=rma)] == ["sent"]
    assert len(letter_switches(limit=500)) == before


def test_rules_are_installed_once_and_marketplaces_are_off(company, rules):
    assert len(install_default_letters(company.ctx()).results) == 0
    found = letter_rules()
    assert {rule.channel_kind for rule in found if not rule.active} == {"marketplace"}
    assert {rule.occasion for rule in found} == set(OCCASIONS)


def test_a_switch_is_kept_with_its_maker_and_the_same_again_changes_nothing(company, rules):
    item = SwitchLetter("refunded", "b2b", False)
    before = len(letter_switches(limit=500))
    answers = switch_letters(company.ctx(), items=[item, item]).done
    assert [done.replayed for done in answers] == [False, True]
    assert switch_letters(company.ctx(), items=[item]).done[0].replayed
    newest = letter_switches()[0]
    assert (newest.occasion, newest.channel_kind, newest.active, newest.switched_by) == (
        "refunded",
        "b2b",
        False,
        "user:1",
    )
    assert len(letter_switches(limit=500)) == before + 1
    refused = switch_letters(company.ctx(), items=[SwitchLetter("birthday", "b2b", True)]).refused
    assert refused[0].code == "rule_unknown"
    assert lawful()


def test_eight_at_once_switch_a_rule_once(company, rules):
    before = len(letter_switches(limit=500))
    answers = at_once(lambda n: switch_letters(company.ctx(), items=[SwitchLetter("received", "store", False)]))
    assert sorted(a.done[0].replayed for a in answers) == [False, *[True] * 7]
    assert len(letter_switches(limit=500)) == before + 1


def test_a_thousand_events_are_looked_at_by_one_statement(company, rules):
    rmas = [asked(company, sold(company)) for _ in range(3)]
    ids = [r.id for r in db.rows("SELECT id FROM returns_rma WHERE number = ANY(%s)", [rmas])]
    counts = []
    for some in (ids[:1], ids[1:]):
        with db.counting() as seen:
            flows.write_letters(clock.now(), some)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert all(written(rma) == ["opened"] for rma in rmas)
