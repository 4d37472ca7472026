"""Carriers' labels: known by their bytes, kept once, attached to the letter, and erased with the customer."""

from base64 import b64encode

import pytest
from django.core import mail
from django.test import override_settings

from company import ASKED
from counterflow.desk.commands.erase_customers import EraseCustomer, erase_customers
from counterflow.desk.commands.keep_labels import KeepLabel, keep_labels
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.desk.labels import BYTES_MAX, LabelMissing, carrier_labels, label_content, label_file, newest_label
from counterflow.desk.laws import LAWS
from counterflow.desk.slip import slip
from counterflow.desk.tasks import send_waiting
from counterflow.kernel import clock, db
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from pictures import picture
from refunding import at_once

PDF = b"%PDF-1.4\nAda Demo, 1 Demo Street\n%%EOF\n"
ZPL = b"^XA^FO20,20^FDAda Demo^FS^XZ\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 20 + b"\x00\x00\x00\x00IEND\xaeB`\x82"


@pytest.fixture
def order(ctx, company):
    """An order whose customer can be written to."""
    number = company.sell()
    contact = NewContact("Ada Demo", "ada@demo.example")
    record_contacts(ctx(), items=[RecordContact(company.channel(), number, contact)])
    return number


@pytest.fixture
def rma(ctx, company, order):
    """A return of it."""
    asked = [AskedLine(2, "too_small", sku=company.sku())]
    return open_rmas(ctx(), items=[OpenRma(company.channel(), f"k-{order}", asked, order, ASKED)]).done[0].facts["rma"]


def keep(ctx, rma, body=PDF, **more):
    return keep_labels(ctx(), items=[KeepLabel(rma, body, **more)])


def lawful():
    return [row for law in LAWS for row in db.rows(law.sql.replace("%", "%%"))] == []


@pytest.mark.parametrize(("body", "sort"), [(PDF, "pdf"), (PNG, "png"), (ZPL, "zpl")])
def test_a_label_is_known_by_its_bytes_and_kept_once(ctx, rma, body, sort):
    first = keep(ctx, rma, body).done[0]
    again = keep(ctx, rma, body).done[0]
    assert (first.replayed, again.replayed) == (False, True)
    assert again.facts == first.facts
    (row,) = carrier_labels(rma=rma)
    assert (row.sort, row.size, row.erased) == (sort, len(body), False)
    assert label_file(rma=rma, label_id=row.id).body == body
    assert label_content(rma=rma).file == b64encode(body).decode()
    assert lawful()


def test_what_is_no_label_is_refused(ctx, rma):
    half = PDF.removesuffix(b"%%EOF\n")
    for body, code in (
        (b"", "label_unreadable"),
        (b"<html>^XA^XZ</html>", "label_unreadable"),
        (half, "label_unreadable"),
        (PNG[:-12], "label_unreadable"),
        (picture(), "label_unreadable"),
        (b"%PDF-" + b"x" * BYTES_MAX + b"%%EOF", "label_too_large"),
    ):
        assert keep(ctx, rma, body).refused[0].code == code
    assert keep(ctx, "RMA-0").refused[0].code == "rma_not_found"
    assert keep(ctx, rma, carrier="ups", tracking="none").refused[0].code == "not_its_parcel"
    assert carrier_labels(rma=rma) == []


def test_a_label_may_be_of_an_announced_parcel(ctx, company, rma):
    tracking = f"1Z{company.lpn()}"
    assert announce_parcels(ctx(), items=[AnnounceParcel("ups", tracking, rma, node=company.node())]).done
    assert keep(ctx, rma, carrier="ups", tracking=tracking).done
    assert [(row.carrier, row.tracking) for row in carrier_labels(rma=rma)] == [("ups", tracking)]
    assert lawful()


def test_the_letter_carries_the_newest_label_and_the_slip(ctx, rma):
    assert not slip(number=rma).labelled
    keep(ctx, rma, PDF)
    keep(ctx, rma, PNG)
    assert slip(number=rma).labelled
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        queue_messages(ctx(), items=[QueueMessage(f"o-{rma}", rma, "opened", with_slip=True)])
        send_waiting(clock.now())
    (sent,) = mail.outbox
    assert [(name, kind) for name, _, kind in sent.attachments] == [
        (f"label-{rma}.png", "image/png"),
        (f"{rma}.pdf", "application/pdf"),
    ]


def test_zpl_is_for_printers_and_not_for_customers(ctx, rma):
    keep(ctx, rma, ZPL)
    assert not slip(number=rma).labelled


def test_a_label_goes_with_the_customer_and_is_not_kept_again(ctx, company, order, rma):
    label_id = keep(ctx, rma).done[0].facts["label_id"]
    assert erase_customers(ctx(), items=[EraseCustomer(company.channel(), order)]).done
    assert [row.erased for row in carrier_labels(rma=rma)] == [True]
    assert newest_label(rma=rma) is None
    with pytest.raises(LabelMissing):
        label_file(rma=rma, label_id=label_id)
    assert keep(ctx, rma).refused[0].code == "label_erased"
    assert lawful()


def test_nothing_of_a_label_stands_in_events_or_answers(ctx, rma):
    keep(ctx, rma, PDF)
    inside = b64encode(PDF).decode()[:40]
    for table, column in (("kernel_eventrecord", "facts"), ("kernel_commandkey", "result")):
        assert not db.rows(f"SELECT 1 FROM {table} WHERE position(%s IN {column}::text) > 0", [inside])


def test_eight_at_once_keep_one_label(ctx, rma):
    answers = at_once(lambda n: keep(ctx, rma))
    assert sorted(a.done[0].replayed for a in answers) == [False, *[True] * 7]
    assert len(carrier_labels(rma=rma)) == 1


def test_one_label_takes_as_many_statements_as_twenty(ctx, rma):
    def counted(number):
        items = [KeepLabel(rma, PDF.replace(b"1.4", f"{number}.{n}".encode())) for n in range(number)]
        with db.counting() as seen:
            assert len(keep_labels(ctx(), items=items).done) == number
        return len(seen)

    counted(2)
    assert counted(1) == counted(20)
