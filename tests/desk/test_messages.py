"""Messages are queued once, sent by the worker, tried a bounded number of times, and their words can be erased."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings

from company import ASKED
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.desk.commands.record_sendings import TRIES_MAX, Sending, record_sendings
from counterflow.desk.laws import LAWS
from counterflow.desk.letters import LANGUAGES, letters
from counterflow.desk.mailbox import Folder
from counterflow.desk.messages import messages
from counterflow.desk.slip import slip, slip_pdf
from counterflow.desk.tasks import send_waiting
from counterflow.desk.told import letter_shown
from counterflow.kernel import clock, db
from counterflow.kernel.payloads import ErasePayloads, erase_payloads
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas


@pytest.fixture
def rma(ctx, company):
    """A return whose customer can be written to."""
    order = company.sell()
    contact = NewContact("Ada {Demo}", "ada@demo.example")
    record_contacts(ctx(), items=[RecordContact(company.channel(), order, contact)])
    asked = [AskedLine(2, "too_small", sku=company.sku())]
    return open_rmas(ctx(), items=[OpenRma(company.channel(), f"m-{order}", asked, order, ASKED)]).done[0].facts["rma"]


@pytest.fixture
def outbox():
    """Mail that stays in the process."""
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


def write(ctx, rma, ref="one", **more):
    return queue_messages(ctx(), items=[QueueMessage(f"{ref}-{rma}", rma, **more)])


def lawful():
    return [row for law in LAWS for row in db.rows(law.sql.replace("%", "%%"))] == []


def test_every_letter_is_there_in_every_language_and_can_be_filled(rma):
    for language in LANGUAGES:
        assert set(letters(language)) == set(letters("en"))
    assert letters("xx") == letters("en")
    for code in letters("en"):
        address, subject, text = letter_shown(rma=rma, template=code)
        assert address == "ada@demo.example"
        assert rma in subject
        assert "Ada {Demo}" in text
    assert letter_shown(rma="RMA-0", template="opened") == ("", "", "")


def test_a_letter_goes_out_once_with_its_slip(ctx, rma, outbox):
    assert not write(ctx, rma, template="opened", with_slip=True).done[0].replayed
    assert write(ctx, rma, template="opened", with_slip=True).done[0].replayed
    at = clock.now()
    assert send_waiting(at) == 1
    assert send_waiting(at) == 0
    (sent,) = outbox
    assert sent.to == ["ada@demo.example"]
    assert [(name, kind) for name, _, kind in sent.attachments] == [(f"{rma}.pdf", "application/pdf")]
    (row,) = messages(rma=rma)
    assert (row.template, row.state, row.attempts, row.sent_at) == ("opened", "sent", 1, at)
    assert lawful()


def test_words_of_ones_own_go_out_and_stand_in_no_event(ctx, rma, outbox):
    write(ctx, rma, "own", subject="About the seam", text="Was it the left one?")
    send_waiting(clock.now())
    assert [(m.subject, m.body) for m in outbox] == [("About the seam", "Was it the left one?")]
    assert not db.rows("SELECT 1 FROM kernel_eventrecord WHERE facts::text LIKE '%%seam%%'")
    assert not db.rows("SELECT 1 FROM kernel_commandkey WHERE result::text LIKE '%%seam%%'")


def test_what_cannot_be_written_is_refused(ctx, company, rma):
    asked = [AskedLine(1, "too_small", sku=company.sku())]
    unknown = open_rmas(ctx(), items=[OpenRma(company.channel(), f"u-{rma}", asked, company.sell(), ASKED)]).done[0]
    for more, code in (
        ({"template": "birthday"}, "letter_unknown"),
        ({"subject": "Hello"}, "words_missing"),
        ({"subject": "two\nlines", "text": "x"}, "words_missing"),
        ({"text": "x" * 10_001, "subject": "long"}, "words_missing"),
    ):
        assert write(ctx, rma, "no", **more).refused[0].code == code
    assert write(ctx, unknown.facts["rma"], template="opened").refused[0].code == "nobody_to_write_to"
    assert write(ctx, "RMA-0", template="opened").refused[0].code == "rma_not_found"
    assert messages(rma=rma) == []


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=1,
    EMAIL_TIMEOUT=1,
)
def test_a_server_that_fails_is_tried_again_and_then_given_up(ctx, rma):
    write(ctx, rma, template="question")
    at = clock.now()
    for _ in range(TRIES_MAX):
        assert send_waiting(at) == 1
        assert send_waiting(at) == 0
        at += timedelta(days=1)
    assert send_waiting(at) == 0
    (row,) = messages(rma=rma)
    assert (row.state, row.attempts, row.fault) == ("failed", TRIES_MAX, "ConnectionRefusedError")
    cases = db.rows("SELECT facts FROM workqueue_case WHERE kind = 'delivery_failed' AND state = 'open'")
    assert rma in [case.facts["rma"] for case in cases]
    assert lawful()


def test_erased_words_are_never_sent(ctx, rma, outbox):
    write(ctx, rma, template="received")
    subject = db.rows("SELECT rma_id FROM desk_message ORDER BY id DESC LIMIT 1")[0].rma_id
    erase_payloads(ctx(), items=[ErasePayloads(subject)])
    send_waiting(clock.now())
    assert outbox == []
    (row,) = messages(rma=rma)
    assert (row.state, row.fault, row.text) == ("failed", "erased", "")


def test_messages_take_the_same_statements_one_or_many(ctx, company, rma):
    def counted(number):
        items = [QueueMessage(f"c{number}-{n}-{rma}", rma, "question") for n in range(number)]
        with db.counting() as first:
            ids = [done.facts["message_id"] for done in queue_messages(ctx(), items=items).done]
        with db.counting() as second:
            record_sendings(ctx(), items=[Sending(i, "Timeout") for i in ids])
        return len(first), len(second)

    assert counted(1) == counted(40)
    assert record_sendings(ctx(), items=[Sending(1)]).refused[0].code == "message_not_found"


def test_mail_without_a_server_is_files(tmp_path):
    message = mail.EmailMessage("Hello", "Words", to=["ada@demo.example"])
    with override_settings(MAIL_FOLDER=tmp_path / "mail"):
        assert Folder().send_messages([message]) == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert b"Subject: Hello" in file.read_bytes()


def test_a_slip_says_what_to_send_and_where_to(company, rma):
    found = slip(number=rma)
    assert [(line.quantity, line.sku) for line in found.lines] == [(2, company.sku())]
    assert found.node == company.node()
    content = slip_pdf(found)
    assert content.startswith(b"%PDF-")
    assert content == slip_pdf(found)
