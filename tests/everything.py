"""A company in which everything has happened once: what tampering and other changes from outside are tried on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image

import recovering
import risky
from agreeing import address, as_, let, person, request_of, say
from agreeing import ask as agreement
from casework import work_cases
from company import ASKED, SOLD, Company
from counterflow import flows
from counterflow.approvals.commands.delegate_approvals import DelegateApproval, delegate_approvals
from counterflow.approvals.commands.end_delegations import EndDelegation, end_delegations
from counterflow.approvals.commands.expire_approvals import ExpireApproval, expire_approvals
from counterflow.approvals.commands.withdraw_approvals import WithdrawApproval, withdraw_approvals
from counterflow.catalog.commands import MapReason, map_reasons
from counterflow.clocks.commands.change_calendars import ChangeCalendar, change_calendars
from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.clocks.commands.resume_clocks import ResumeClock, resume_clocks
from counterflow.clocks.commands.set_causes import SetCause, set_causes
from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.tasks import run_clocks
from counterflow.console.master.files import read
from counterflow.console.master.intake import preview
from counterflow.console.master.register import KINDS
from counterflow.desk.commands.keep_labels import KeepLabel, keep_labels
from counterflow.desk.commands.switch_letters import SwitchLetter, install_default_letters, switch_letters
from counterflow.evidence.commands.erase_documents import EraseDocument, erase_documents
from counterflow.evidence.commands.erase_photos import ErasePhoto, erase_photos
from counterflow.evidence.commands.keep_documents import KeepDocument, keep_documents
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.facilities.commands.set_authority import SetAuthority, set_authority
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.orders.documents import NewLine, NewOrder, NewTender
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.keep_clues import KeepClue, keep_clues
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.release_units import ReleaseUnit, release_units
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.split_units import SplitUnit, split_units
from counterflow.reconciliation import queries as reconciliation
from counterflow.reconciliation.commands.adjust_stock import AdjustStock, adjust_stock
from counterflow.reconciliation.commands.close_counts import CloseCount, close_counts
from counterflow.reconciliation.commands.compare_counts import CompareCount, compare_counts
from counterflow.reconciliation.commands.compare_statements import StockStatement, compare_statements
from counterflow.reconciliation.commands.create_counts import CreateCount, create_counts
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.reconciliation.commands.record_counts import RecordCount, record_counts
from counterflow.recovery.commands.cancel_refurbishments import CancelRefurbishment, cancel_refurbishments
from counterflow.recovery.commands.close_loads import CloseLoad, close_loads
from counterflow.recovery.commands.unload_goods import UnloadGoods, unload_goods
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.cancel_replacements import CancelReplacement, cancel_replacements
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.commands.observe_charges import ChargeReport, observe_charges
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.refunds.queries import credits
from counterflow.registry.commands.keep_intakes import keep_intakes
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, Instead, OpenRma, open_rmas
from counterflow.workqueue.commands.snooze_cases import SnoozeCase, snooze_cases
from dock import CARRIER, announce, receive, scan, tell
from pictures import picture
from quality import SHOWN
from refunding import report, told
from replays import changed, row
from trying import Shop

NIGHT = datetime(2026, 6, 10, 22, tzinfo=UTC)


def buy(company: Company, *lines: tuple[str, int], kind: str = "own_shop", tenders: int = 1) -> str:
    """An order of (item, pieces) at 24.00 each with tax and an odd discount, shipped and paid by so many tenders."""
    number = f"E-{company.tag}-{next(company.numbers)}"
    order_lines = tuple(
        NewLine(n, company.sku(name), pieces, 2400, discount_minor=n, tax_minor=(400 * pieces) - n, unit_cost_minor=800)
        for n, (name, pieces) in enumerate(lines, start=1)
    )
    owed = sum(line.invoiced_minor for line in order_lines)
    paid = [owed // tenders] * (tenders - 1)
    order = NewOrder(
        channel=company.channel(kind),
        number=number,
        placed_at=SOLD - timedelta(days=1),
        currency="GBP",
        lines=order_lines,
        customer_ref=f"customer of {number}",
        country="GB",
        tenders=tuple(NewTender("card", amount) for amount in [*paid, owed - sum(paid)]),
    )
    assert record_orders(company.ctx(), items=[order]).done
    pieces = [
        ShippedLine(n, pieces, [f"A{k}" for k in range(1, pieces + 1)] if name == "phone" else ())
        for n, (name, pieces) in enumerate(lines, start=1)
    ]
    shipment = ReportShipment(company.channel(kind), number, "S1", company.node(), SOLD, pieces)
    assert record_shipments(company.ctx(), items=[shipment]).done
    return number


def ask(
    company: Company, order: str, *lines: tuple[str, int], kind: str = "own_shop", reason: str = "too_small"
) -> str:
    """A return of pieces of an order; its number."""
    asked = [AskedLine(pieces, reason, sku=company.sku(name)) for name, pieces in lines]
    item = OpenRma(company.channel(kind), f"ask-{order}-{company.lpn()}", asked, order, ASKED)
    done = open_rmas(company.ctx(), items=[item]).done
    return str(done[0].facts["rma"])


def _look_and_send(company: Company, lpn: str, disposition: str, grade: str = "A", **more: object) -> None:
    assert inspect_units(company.ctx(), items=[InspectUnit(lpn, grade, **more)]).done  # type: ignore[arg-type]
    wish = DisposeUnit(lpn, disposition=disposition, override_reason="story" if disposition else "")
    (result,) = let(company.ctx, dispose_units, wish)
    assert isinstance(result, Done), result


def _pay(company: Company, rma: str) -> None:
    """The provider reports every payout of a return as paid."""
    found = [p for c in credits(rma=rma) for p in c.payouts if p.state == "requested"]
    assert found
    items = [told(company, "refund_paid", p.amount_minor, payout_ref=p.reference) for p in found]
    assert len(observe_money(company.ctx(), items=items).done) == len(items)


def live(company: Company) -> None:
    """Let every kind of return happen, by commands only, as far as each goes."""
    stock = [OpenStock(company.node(), company.sku(name), 60, 60 * company.costs[name] + 7) for name in company.costs]
    assert len(open_books(company.ctx(), items=stock).done) == len(stock)
    _hours(company)
    _plain(company)
    _by_parcel(company)
    _without_a_return(company)
    _by_people(company)
    _by_unit(company)
    _back_and_forth(company)
    _recovery(company)
    _money(company)
    _goods(company)
    _goodwill(company)
    _agreements(company)
    _letters(company)
    suspects = [buy(company, ("tee", 1)) for _ in range(2)]
    risky.live(company, suspects)
    ask(company, suspects[0], ("tee", 1))
    flows.run_pending()
    _count(company)
    _photos(company)
    _documents(company)
    _master_data(company)
    _shelf_count(company)
    work_cases(company)
    flows.run_pending()
    _backtests(company)
    run_clocks(at=datetime.now(UTC))
    _waiting(company)
    flows.run_pending()


def _hours(company: Company) -> None:
    """A calendar of a node, with holidays and a closed day, changed once."""
    code = f"hours-{company.tag}"
    hours = ["07:00-12:00 12:30-16:00"] * 5
    made = NewCalendar(code, "DC", "Europe/London", *hours, country="GB", subdivision="ENG", nodes=(company.node(),))
    assert record_calendars(company.ctx(), items=[made]).done
    changed = ChangeCalendar(code, 1, saturday="08:00-12:00", closed_days="2026-06-24 Stocktaking")
    assert change_calendars(company.ctx(), items=[changed]).done


def _waiting(company: Company) -> None:
    """Asked the customer, who answered; asked again; a case put off meanwhile; and a cause that a person said."""
    rma = ask(company, buy(company, ("tee", 1)), ("tee", 1))
    receive(company, scan(company, "tee", 1, rma=rma))
    flows.run_pending()
    first, second = company.lpn(), company.lpn()
    assert pause_clocks(company.ctx(), items=[PauseClock(first, "waiting_customer", rma)]).done
    assert resume_clocks(company.ctx(), items=[ResumeClock(first)]).done
    assert pause_clocks(company.ctx(), items=[PauseClock(second, "customer_asked", rma)]).done
    case_id = db.rows("SELECT max(id) AS id FROM workqueue_case WHERE state = 'open'")[0].id
    until = datetime.now(UTC) + timedelta(days=3)
    assert snooze_cases(company.ctx(), items=[SnoozeCase(case_id, until, "waiting_customer")]).done
    sync_clocks(company.ctx(), items=[SyncClock(case_id)])
    late = db.rows("SELECT min(id) AS id FROM clocks_clock WHERE breached_at IS NOT NULL")[0].id
    assert set_causes(company.ctx(), items=[SetCause(late, "system_down", "outage")]).done


def _plain(company: Company) -> None:
    rma = ask(company, buy(company, ("tee", 5), ("mug", 2), tenders=2), ("tee", 5), ("mug", 1))
    plates = [scan(company, "tee", 3, rma=rma), scan(company, "tee", 2, rma=rma), scan(company, "mug", 1, rma=rma)]
    receive(company, *plates)
    _look_and_send(company, plates[0].lpn, "restock")
    _look_and_send(company, plates[1].lpn, "scrap", "D")
    _look_and_send(company, plates[2].lpn, "quarantine", "C")
    flows.run_pending()
    _pay(company, rma)


def _by_parcel(company: Company) -> None:
    """At the carrier, lost, lost and found, short, and received."""
    for reports in (["accepted"], ["accepted", "lost"], ["accepted", "lost", "found"], ["accepted", "delivered"]):
        rma = ask(company, buy(company, ("tee", 2), kind="marketplace"), ("tee", 2), kind="marketplace")
        tracking = announce(company, rma)
        tell(company, tracking, *reports)
        flows.run_pending()
        if reports[-1] == "delivered":
            receive(company, scan(company, "tee", 1, carrier=CARRIER, tracking=tracking))
            assert close_parcels(company.ctx(), items=[CloseParcel(CARRIER, tracking)]).done


def _without_a_return(company: Company) -> None:
    """Blind, then matched; unidentified; not ours; and more than was asked."""
    rma = ask(company, buy(company, ("tee", 2)), ("tee", 1))
    blind = scan(company, "tee", 1)
    receive(company, blind, scan(company, "tee", 4, rma=rma))
    other = ask(company, buy(company, ("tee", 1)), ("tee", 1))
    assert match_units(company.ctx(), items=[MatchUnit(blind.lpn, other, 1)]).done
    unknown = scan(company, sku="", lpn=company.lpn())
    receive(company, unknown, scan(company, "mug", owner="consignor"))
    assert keep_clues(company.ctx(), items=[KeepClue(unknown.lpn, sku=company.sku(), note="in a blue box")]).done
    flows.run_pending()


def _by_people(company: Company) -> None:
    """Asked for a decision and approved, declined, cancelled, approved early, and returnless."""
    for approve in (True, False):
        wish = OpenRma(company.channel(), company.lpn(), [AskedLine(1, "too_small", sku=company.sku())])
        number = str(open_rmas(company.ctx(), items=[wish]).done[0].facts["rma"])
        decided = decide_rmas(company.ctx(actor="user:2"), items=[DecideRma(number, approve, "goodwill")])
        assert decided.done, decided
    rma = ask(company, buy(company, ("tee", 4)), ("tee", 4))
    assert approve_early(company.ctx(actor="user:3"), items=[ApproveEarly(rma, 1, 1, "goodwill")]).done
    receive(company, scan(company, "tee", 2, rma=rma))
    assert cancel_rmas(company.ctx(), items=[CancelRma(rma)]).done
    ask(company, buy(company, ("cheap", 1)), ("cheap", 1), reason="defective")
    flows.run_pending()


def _by_unit(company: Company) -> None:
    """Split, mistaken and taken back, failed and waiting to go back, a business customer's with a fee."""
    rma = ask(company, buy(company, ("tee", 5)), ("tee", 5))
    whole, mistake = scan(company, "tee", 3, rma=rma), scan(company, "tee", 2, rma=rma)
    receive(company, whole, mistake)
    assert split_units(company.ctx(), items=[SplitUnit(whole.lpn, company.lpn(), 1)]).done
    assert reverse_receipts(company.ctx(), items=[ReverseReceipt(mistake.lpn, "mistaken_scan")]).done
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    good, bad = (scan(company, "phone", rma=rma, serial=serial) for serial in ("A1", "A2"))
    receive(company, good, bad)
    answers = {**SHOWN, "packaging": "intact", "housing": "new", "accessories": True, "wiped": True}
    look = {"serial": "A1", "answers": answers}
    _look_and_send(company, good.lpn, "", "", **look)
    _look_and_send(company, bad.lpn, "return_to_customer", "D", passed=False, damage_code="cracked", serial="A2")
    rma = ask(company, buy(company, ("tee", 4), kind="b2b"), ("tee", 4), kind="b2b")
    unit = scan(company, "tee", 4, rma=rma)
    receive(company, unit)
    assert inspect_units(company.ctx(), items=[InspectUnit(unit.lpn, "B")]).done
    clean = {"packaging": "intact", "size": "right", "tags": "on", "worn": "no", "odour": "none", "stains": "none"}
    again = InspectUnit(unit.lpn, "B", round=2, answers=clean, grade_reason="crumpled")
    assert inspect_units(company.ctx(), items=[again]).done
    flows.run_pending()


def _back_and_forth(company: Company) -> None:
    """Put into a tote, taken back, put into another one, and set apart twice and released once."""
    totes = [f"{purpose}-{company.tag}" for purpose in ("restock", "secondary", "quarantine")]
    items = [RecordTote(code, company.node(), code.split("-")[0]) for code in totes]
    assert len(record_totes(company.ctx(), items=items).done) == 3
    rma = ask(company, buy(company, ("tee", 5)), ("tee", 5))
    plates = [scan(company, "tee", 1, rma=rma) for _ in range(4)]
    receive(company, *plates)
    first, second, third, fourth = (plate.lpn for plate in plates)
    assert len(inspect_units(company.ctx(), items=[InspectUnit(plate.lpn, "B") for plate in plates]).done) == 4
    wishes = [
        DisposeUnit(first, disposition="restock", override_reason="story", tote=totes[0]),
        DisposeUnit(second, disposition="secondary", override_reason="story", tote=totes[1]),
        DisposeUnit(third, disposition="quarantine", override_reason="story", tote=totes[2]),
        DisposeUnit(fourth, disposition="quarantine", override_reason="story", tote=totes[2]),
    ]
    assert len(dispose_units(company.ctx(), items=wishes).done) == 4
    back = [ReverseDisposal(second, "wrong_scan"), ReverseDisposal(first, "wrong_scan")]
    assert len(reverse_disposals(company.ctx(), items=back).done) == 2
    again = DisposeUnit(second, disposition="secondary", override_reason="story", tote=totes[1], attempt=2)
    on = DisposeUnit(fourth, disposition="restock", override_reason="story", attempt=2)
    assert len(dispose_units(company.ctx(), items=[again, on]).done) == 2
    assert release_units(company.ctx(), items=[ReleaseUnit(third, "cleared")]).done


def _recovery(company: Company) -> None:
    """Work finished, given up and under way; lots and pallets open, emptied, sold and shipped."""
    done, given_up, other, _ = (recovering.started(company, quantity=2) for _ in range(4))
    for order in (done, given_up, other):
        assert recovering.spend(company, order, 77).done
        assert recovering.spend(company, order, 55, "p2", capitalise=False).done
    assert recovering.finish(company, done, net=900, sku=company.sku("mug")).done
    assert recovering.finish(company, other, "secondary").done
    assert cancel_refurbishments(company.ctx(), items=[CancelRefurbishment(given_up, "not_worth_it")]).done
    for ends in (True, False):
        number, back = recovering.lot(company), recovering.pallet(company)
        units = [recovering.waiting(company, "secondary_channel") for _ in range(3)]
        assert len(recovering.load(company, number, *units).done) == 3
        assert recovering.pieces(company, number, 3, "phone").done
        assert recovering.pieces(company, number, 2, "phone", "r2").done
        out = [UnloadGoods(number, units[0]), UnloadGoods(number, ref="r2")]
        assert len(unload_goods(company.ctx(), items=out).done) == 2
        assert recovering.load(company, back, recovering.waiting(company, "to_supplier")).done
        if ends:
            assert recovering.sell(company, number, 1234).done
            assert close_loads(company.ctx(), items=[CloseLoad(back)]).done
            for load in (number, back):
                assert recovering.ship(company, load, carrier=CARRIER, tracking=f"T{load}").done


def _money(company: Company) -> None:
    """A chargeback that meets a credit, one after a refund, its reversal, a failure, and too much."""
    for kind in ("open", "paid", "failed", "over"):
        order = buy(company, ("tee", 2), tenders=2 if kind == "failed" else 1)
        rma = ask(company, order, ("tee", 2))
        receive(company, scan(company, "tee", 2, rma=rma))
        if kind == "open":
            flows.run_pending(limit=1)
            report(company, "chargeback", 1000, f"cb-{order}", channel=company.channel(), order=order)
        flows.run_pending()
        found = [p for c in credits(rma=rma) for p in c.payouts if p.state == "requested"]
        if kind == "paid":
            _pay(company, rma)
            for event in ("chargeback", "chargeback_reversed"):
                report(company, event, 4000, f"cb-{order}", channel=company.channel(), order=order)
        if kind == "failed":
            report(company, "refund_failed", found[0].amount_minor, payout_ref=found[0].reference)
        if kind == "over":
            report(company, "refund_paid", found[0].amount_minor + 50, payout_ref=found[0].reference)


def _letters(company: Company) -> None:
    """The shipped rules of letters, one switched to and fro; and a carrier's label."""
    rma = ask(company, buy(company, ("tee", 1)), ("tee", 1))
    assert announce_parcels(company.ctx(), items=[AnnounceParcel("ups", f"1ZL{company.tag}", rma)]).done
    label = KeepLabel(rma, b"^XA^FDlabel^FS^XZ", "ups", f"1ZL{company.tag}")
    assert keep_labels(company.ctx(), items=[label]).done
    assert install_default_letters(company.ctx()).done
    for active in (False, True, False):
        assert switch_letters(company.ctx(), items=[SwitchLetter("opened", "store", active)]).done


def _goodwill(company: Company) -> None:
    """Goodwill on an order by its tender and as store credit, and on a return."""
    order = buy(company, ("tee", 2))
    line = AskedLine(1, "too_small", company.sku("tee"))
    rma = str(
        open_rmas(company.ctx(), items=[OpenRma(company.channel(), company.lpn(), [line], order, ASKED)])
        .done[0]
        .facts["rma"]
    )
    on = {"channel": company.channel(), "order": order}
    items = [
        GrantGoodwill(company.lpn(), 500, "late_delivery", **on),
        GrantGoodwill(company.lpn(), 300, "bad_service", **on, method="store_credit"),
        GrantGoodwill(company.lpn(), 200, "loyal_customer", rma=rma),
    ]
    batch = grant_goodwill(company.ctx(), items=items)
    assert not batch.refused, batch.refused[0]
    flows.run_pending()


def _agreements(company: Company) -> None:
    """Asked for and agreed to, by oneself and for another, refused, withdrawn, expired, overtaken, and waiting."""
    asker, second, helper = (person(company.ctx, role) for role in ("finance", "finance", "inventory_controller"))
    week = timedelta(days=7)
    item = DelegateApproval("holiday", address(second), "finance", datetime.now(UTC) + week)
    assert delegate_approvals(as_(asker), items=[item]).done
    item = DelegateApproval("holiday", address(helper), "finance", datetime.now(UTC) + week)
    given = delegate_approvals(as_(second), items=[item]).done[0].facts["delegation"]
    order = buy(company, ("tee", 8))
    on = {"channel": company.channel(), "order": order, "method": "store_credit"}
    items = [GrantGoodwill(company.lpn(), 2500 + n, "late_delivery", **on) for n in range(7)]
    items[3] = GrantGoodwill(company.lpn(), 18_000, "late_delivery", **on)
    asked = [request_of(agreement(as_(asker), grant_goodwill, item)) for item in items]
    assert say(as_(second), *asked[:1]).done
    assert say(as_(helper), *asked[1:2]).done
    assert say(as_(second), asked[2], verdict="refuse").done
    assert say(as_(second), asked[3]).refused
    assert withdraw_approvals(as_(asker), items=[WithdrawApproval(asked[4])]).done
    late = company.ctx(at=datetime.now(UTC) + 2 * week)
    assert expire_approvals(late, items=[ExpireApproval(asked[5])]).done
    assert end_delegations(as_(second), items=[EndDelegation(given)]).done


def _goods(company: Company) -> None:
    """Exchanged for a dearer item that is paid, for a cheaper one, sent ahead, and cancelled."""
    mug, tee = company.sku("mug"), company.sku("tee")
    made = []
    for instead in (Instead(mug, 5000, 800), Instead(mug, 1000, 100), None, Instead(tee, 2400, 401)):
        line = AskedLine(2, "too_small", tee, resolution="exchange" if instead else "replacement", instead=instead)
        wish = OpenRma(company.channel(), company.lpn(), [line], buy(company, ("tee", 2)), ASKED)
        made.append(str(open_rmas(company.ctx(), items=[wish]).done[0].facts["rma"]))
    (ahead,) = let(company.ctx, order_replacements, OrderReplacement(made[2], made[2], 1, ahead="story"))
    assert isinstance(ahead, Done), ahead
    for rma in made:
        receive(company, scan(company, "tee", 2, rma=rma))
    flows.run_pending()
    paid = ChargeReport("psp", company.lpn(), company.channel(), f"{made[0]}-R1", 3000, "GBP", NIGHT)
    assert observe_charges(company.ctx(), items=[paid]).done
    cancelled = CancelReplacement(company.channel(), f"{made[3]}-R1", "out_of_stock")
    assert cancel_replacements(company.ctx(), items=[cancelled]).done


def _count(company: Company) -> None:
    """A statement of the warehouse with goods missing, one break of which is posted."""
    row = db.rows(
        "SELECT sum(p.quantity)::int AS n FROM ledger_position p JOIN ledger_account a ON a.id = p.account_id"
        " WHERE a.item_id = %s AND a.state = 'available' AND a.node_id = %s",
        [company.items["cheap"], company.nodes["dc1"]],
    )[0]
    rows = [(1, company.sku("cheap"), "available", str(row.n - 3)), (2, "no-such-sku", "available", "1")]
    as_of = datetime.now(UTC)
    statement = StockStatement(company.node(), as_of, f"sha-{company.tag}", rows, source="3pl")
    done = compare_statements(company.ctx(actor="user:4"), items=[statement]).done
    (found,) = (b for b in reconciliation.breaks(statement=done[0].facts["statement"]) if b.sku == company.sku("cheap"))
    batch = post_adjustments(company.ctx(actor="user:5"), items=[PostAdjustment(found.id)])
    assert batch.done, batch
    _count_ourselves(company)


def _count_ourselves(company: Company) -> None:
    """A count of two SKUs: one agrees, one is counted again, differs and is posted; and a correction by hand."""
    skus = (company.sku("cheap"), company.sku("mug"), company.sku("phone"))
    asked = CreateCount(f"count-{company.tag}", company.node(), skus=skus, tolerance_percent=1)
    number = create_counts(company.ctx(), items=[asked]).done[0].facts["count"]
    there = {
        row.sku: row.n
        for row in db.rows(
            "SELECT i.sku, sum(p.quantity)::int AS n FROM ledger_position p"
            " JOIN ledger_account a ON a.id = p.account_id"
            " JOIN catalog_item i ON i.id = a.item_id WHERE a.state = 'available' AND a.node_id = %s GROUP BY 1",
            [company.nodes["dc1"]],
        )
    }

    def entry(ref: str, name: str, pieces: int, **more: str) -> RecordCount:
        return RecordCount(number, ref, company.sku(name), pieces, **more)

    first = [entry("a", "cheap", there[skus[0]] - 5), entry("b", "mug", 1), entry("c", "mug", there[skus[1]] - 1)]
    wrong = [entry("d", "mug", 9), RecordCount(number, "e", voids="d")]
    assert len(record_counts(company.ctx(actor="user:6"), items=[*first, *wrong]).done) == 5
    assert compare_counts(company.ctx(), items=[CompareCount(number, 1, leave_uncounted=True)]).done
    assert record_counts(company.ctx(actor="user:6"), items=[entry("f", "cheap", there[skus[0]] - 4)]).done
    done = compare_counts(company.ctx(), items=[CompareCount(number, 2)]).done
    breaks = reconciliation.breaks(statement=done[0].facts["statement"])
    assert post_adjustments(company.ctx(actor="user:5"), items=[PostAdjustment(row.id) for row in breaks]).done
    assert close_counts(company.ctx(), items=[CloseCount(number)]).done
    found = AdjustStock(
        f"by-hand-{company.tag}", company.node(), company.sku("mug"), "available", "quarantine", 2, "wrong_shelf"
    )
    assert adjust_stock(company.ctx(), items=[found]).done


def _photos(company: Company) -> None:
    """Photos of an item, one of which is erased."""
    colours = ((200, 0, 0), (0, 200, 0))
    items = [KeepPhoto("item", company.items["tee"], picture((40, 30), colour=colour)) for colour in colours]
    kept = keep_photos(company.ctx(), items=items).done
    assert erase_photos(company.ctx(), items=[ErasePhoto(kept[0].facts["photo_id"])]).done


def _documents(company: Company) -> None:
    """Documents of a case, one of which is erased."""
    (case,) = [row.id for row in db.rows("SELECT min(id) AS id FROM workqueue_case")]
    letter = b"From: a@demo.example\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\nIt never came.\r\n"
    items = [KeepDocument("case", case, letter, "claim.eml"), KeepDocument("case", case, b"As agreed by telephone.")]
    kept = keep_documents(company.ctx(), items=items).done
    assert erase_documents(company.ctx(), items=[EraseDocument(kept[1].facts["document_id"])]).done


def _photo(company: Company) -> None:
    """A picture of the newest unit."""
    unit = db.rows("SELECT max(id) AS id FROM receiving_unit")[0].id
    picture = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "JPEG")
    batch = keep_photos(company.ctx(), items=[KeepPhoto("unit", unit, picture.getvalue())])
    assert batch.done, batch


def _master_data(company: Company) -> None:
    """Who reports, what a channel's words mean, a tote, and a file of each kind that was looked at."""
    ctx, node = company.ctx, company.node()
    assert set_authority(ctx(), items=[SetAuthority(node, "receipt", "partner")]).done
    assert map_reasons(ctx(), items=[MapReason(company.channel(), "Too tight", "return", "too_small")]).done
    assert record_totes(ctx(), items=[RecordTote(f"TOTE-{company.tag}", node, "restock")]).done
    for kind in KINDS.values():
        rows = [[f.column for f in kind.fields], [f.example or f.default for f in kind.fields]]
        content = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
        found = preview(ctx(), kind, read(kind, content.encode()))
        assert keep_intakes(ctx(), items=[found.kept(f"{kind.name}.csv")]).done


def _shelf_count(company: Company) -> None:
    """A count of the shelves, with one entry."""
    batch = create_counts(company.ctx(), items=[CreateCount(f"shelves {company.tag}", company.node())])
    assert batch.done, batch
    entry = RecordCount(batch.done[0].facts["count"], f"entry {company.tag}", company.sku("cheap"), 3)
    assert record_counts(company.ctx(actor="user:6"), items=[entry]).done


def _backtests(company: Company) -> None:
    """Drafts that would have refused, credited and sent otherwise, on all that happened."""
    tables = (
        changed(
            "eligibility",
            lambda rows: [*rows[:3], row("eligibility", "dear", {"value_minor": "[2001..100000]"}), *rows[3:]],
        ),
        changed("refund", lambda rows: [replace(r, then={**r.then, "restocking_fee_bp": 500}) for r in rows]),
        changed("disposition", lambda rows: [replace(r, then={**r.then, "disposition": "scrap"}) for r in rows]),
    )
    shop = Shop(company)
    for table in tables:
        shop.test(table, since=SOLD - timedelta(days=60), until=NIGHT, channel="")
    shop.start(shop.draft(tables[0]))
    shop.shadow(tables[0])
    shop.ask("beside", 5, pieces=2)
