"""Goods that nobody could name: clues about them, and the returns they may belong to, each with its reasons."""

from datetime import timedelta

import pytest

from company import ASKED
from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.kernel.errors import PermissionDenied
from counterflow.kernel.payloads import ErasePayloads, erase_payloads
from counterflow.orders.models import Contact
from counterflow.receiving.commands.keep_clues import KeepClue, keep_clues
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.parked import clues, loose_parcels, parked, suggestions
from counterflow.receiving.queries import UnitMissing
from dock import announce, authorise, breaches, receive, scan, tell

LATER = ASKED + timedelta(days=3)


def park(company, **more):
    """A unit that nobody could name; its plate."""
    one = scan(company, sku="", **more)
    assert receive(company, one).done[0].facts["found"] == "unidentified"
    return one.lpn


def keep(company, lpn, **told):
    return keep_clues(company.ctx(), items=[KeepClue(lpn, **told)])


def found(lpn):
    return suggestions(lpn=lpn, at=LATER)


def test_clues_are_kept_once_and_beside_each_other(company):
    lpn = park(company)
    assert not keep(company, lpn, tracking="1z5r89390357567127", sku="TEE").done[0].replayed
    assert keep(company, lpn, sku="TEE").done[0].replayed
    assert not keep(company, lpn, order="O-1").done[0].replayed
    assert clues(lpn=lpn).codes == [("tracking", "1Z5R89390357567127"), ("sku", "TEE"), ("order", "O-1")]


def test_names_and_words_are_kept_where_they_can_be_erased(company):
    lpn = park(company)
    keep(company, lpn, name="A  Sender", postcode="AB1 2CD", note="blue box")
    assert keep(company, lpn, name="A Sender", postcode="AB1 2CD", note="blue box").done[0].replayed
    known = clues(lpn=lpn)
    assert (known.name, known.postcode, known.notes) == ("A Sender", "AB1 2CD", ["blue box"])
    assert known.codes == []
    erase_payloads(company.ctx(), items=[ErasePayloads(known.unit.id)])
    gone = clues(lpn=lpn)
    assert (gone.name, gone.postcode, gone.notes) == ("", "", [])


def test_what_is_no_clue_is_refused(company):
    lpn = park(company)
    assert keep(company, lpn).refused[0].code == "no_clue"
    assert keep(company, lpn, order="a name with blanks").refused[0].code == "clue_malformed"
    assert keep(company, lpn, order="somebody@demo.example").refused[0].code == "clue_malformed"
    assert keep(company, lpn, note="x" * 2_001).refused[0].code == "clue_malformed"
    assert keep(company, "nobody", sku="TEE").refused[0].code == "unit_not_found"
    with pytest.raises(PermissionDenied):
        keep_clues(company.ctx("receiving.view"), items=[KeepClue(lpn, sku="TEE")])


def test_keeping_takes_as_many_statements_for_many_as_for_one(company):
    def statements(count):
        items = [KeepClue(park(company), sku="TEE", note=f"note {n}") for n in range(count)]
        with counting() as seen:
            assert len(keep_clues(company.ctx(), items=items).done) == count
        return len(seen)

    statements(1)
    assert statements(1) == statements(6)


def test_a_return_number_says_more_than_the_item_and_the_item_more_than_nothing(company):
    by_item, by_number = authorise(company, [("tee", 1)]), authorise(company, [("mug", 1)])
    lpn = park(company)
    assert found(lpn) == []
    keep(company, lpn, sku=company.sku(), order=by_number)
    best = found(lpn)
    assert [each.rma for each in best] == [by_number, by_item]
    assert best[0].score > best[1].score
    assert "its return number was found" in best[0].reasons
    assert "the same item is asked back" in best[1].reasons
    assert "asked back 3 days ago" in best[1].reasons
    assert "1 not received yet" in best[1].reasons


def test_an_order_number_and_a_tracking_number_lead_to_their_return(company):
    order = company.sell()
    rma = authorise(company, order=order)
    tracking = announce(company, authorise(company))
    lpn = park(company)
    keep(company, lpn, order=order, tracking=tracking)
    reasons = {each.rma: each.reasons for each in found(lpn)}
    assert "its order number was found" in reasons[rma]
    assert len(reasons) == 2


def test_a_postcode_leads_to_its_customer_and_the_name_makes_it_surer(company):
    order = company.sell()
    rma = authorise(company, order=order)
    customer = db.rows("SELECT customer_id FROM orders_order WHERE number = %s", [order])[0].customer_id
    at = {"recorded_at": ASKED, "name": "A Sender", "postcode": "AB1 2CD", "postcode_key": f"AB12CD{company.tag}"}
    Contact.objects.create(customer_id=customer, **at)
    lpn = park(company)
    keep(company, lpn, postcode=f"ab1 2cd {company.tag}")
    only = found(lpn)
    assert [(each.rma, "the postcode on the label is this customer's" in each.reasons) for each in only] == [
        (rma, True)
    ]
    keep(company, lpn, postcode=f"AB1 2CD {company.tag}", name="a sender")
    surer = found(lpn)
    assert "the name and the postcode on the label are this customer's" in surer[0].reasons
    assert surer[0].score > only[0].score


def test_a_parcel_that_waits_at_this_dock_speaks_for_its_return(company):
    near, far = authorise(company), authorise(company)
    tell(company, announce(company, near), "delivered")
    lpn = park(company)
    keep(company, lpn, sku=company.sku())
    assert [each.rma for each in found(lpn)][:1] == [near]
    assert far in {each.rma for each in found(lpn)}


def test_a_unit_that_is_known_to_be_another_item_does_not_fit(company):
    rma = authorise(company, [("tee", 1)])
    one = scan(company, "mug")
    receive(company, one)
    keep(company, one.lpn, order=rma)
    suggested = found(one.lpn)[0]
    assert not suggested.fits
    assert any(reason.startswith("but the unit is") for reason in suggested.reasons)


def test_a_suggestion_that_fits_can_be_matched_and_is_no_longer_parked(company):
    rma = authorise(company, [("tee", 1)])
    lpn = park(company)
    keep(company, lpn, sku=company.sku(), order=rma)
    assert lpn in [each.lpn for each in parked(node=company.node(), found="unidentified")]
    best = found(lpn)[0]
    assert best.fits
    assert match_units(company.ctx(), items=[MatchUnit(lpn, best.rma, best.rma_line)]).done
    assert lpn not in [each.lpn for each in parked(node=company.node())]
    assert found(lpn) == []
    assert breaches() == []


def test_suggesting_takes_five_statements_whatever_is_known(company):
    lpn = park(company)
    keep(company, lpn, sku=company.sku(), order="O-1", tracking="T-1", name="A Sender", postcode="AB1 2CD")
    for _ in range(3):
        authorise(company)
    with counting() as seen:
        found(lpn)
    assert len(seen) == 5
    with pytest.raises(UnitMissing):
        found("nobody")


def test_parcels_that_nobody_announced_are_listed(company):
    tell(company, f"LOOSE-{company.tag}", "delivered")
    mine = [each for each in loose_parcels() if each.tracking == f"LOOSE-{company.tag}"]
    assert [(each.state, each.units) for each in mine] == [("delivered", 0)]
    receive(company, scan(company, sku="", tracking=f"LOOSE-{company.tag}"))
    assert [each.units for each in loose_parcels() if each.tracking == f"LOOSE-{company.tag}"] == [1]
