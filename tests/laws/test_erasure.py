"""A name that came in through every door is gone from the whole database once it is erased."""

from datetime import UTC, datetime

import psycopg

from casework import cases_about
from company import ASKED
from counterflow.desk.commands.erase_customers import EraseCustomer, erase_customers
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.evidence.commands.erase_subjects import EraseSubject, erase_subjects
from counterflow.evidence.commands.keep_documents import KeepDocument, keep_documents
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.kernel import db
from counterflow.kernel.payloads import ErasePayloads, erase_payloads
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.workqueue.commands import MergeCases, merge_cases
from counterflow.workqueue.commands.comment_cases import CommentCase, comment_cases
from pictures import picture

CANARY = "Zebedee Quillfeather"


def places_with(owner: psycopg.Connection, text: str) -> list[str]:
    """Every table whose rows, written as text, hold the words."""
    tables = owner.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
    ).fetchall()
    query = "SELECT count(*) FROM {} t WHERE t::text ILIKE %s"
    return [name for (name,) in tables if owner.execute(query.format(name), [f"%{text}%"]).fetchone()[0]]


def test_a_name_is_in_one_table_and_then_in_none(ctx, company, owner):
    line = AskedLine(1, f"my husband {CANARY} does not like it", sku=company.sku())
    made = open_rmas(ctx(), items=[OpenRma(company.channel(), "erase", (line,), company.sell(), ASKED)]).done[0]
    case = db.rows("SELECT id FROM workqueue_case WHERE subject_id = %s", [made.facts["rma_id"]])[0].id
    said = comment_cases(ctx(), items=[CommentCase(case, f"{CANARY} called", "call-1")])
    assert not said.refused
    assert places_with(owner, CANARY) == ["kernel_payload"]

    kept = [r.subject_id for r in db.rows("SELECT DISTINCT subject_id FROM kernel_payload WHERE erased_at IS NULL")]
    at = datetime.now(UTC)
    erased = erase_payloads(ctx(at=at), items=[ErasePayloads(i) for i in kept])
    assert not erased.refused
    assert places_with(owner, CANARY) == []
    assert all(r.replayed for r in erase_payloads(ctx(), items=[ErasePayloads(i) for i in kept]).done)
    assert erase_payloads(ctx(), items=[ErasePayloads(1)]).refused[0].code == "nothing_kept"
    rows = db.rows("SELECT erased_at FROM kernel_payload WHERE subject_id = ANY(%s)", [kept])
    assert {row.erased_at for row in rows} == {at}


def test_a_person_is_gone_from_the_whole_database_by_one_act(ctx, company, owner):
    number = company.sell()
    line = AskedLine(1, f"{CANARY} says it itches", sku=company.sku())
    asked = OpenRma(
        company.channel(), "erase-all", (line,), number, ASKED, note=f"Please call {CANARY}", override_note=CANARY
    )
    made = open_rmas(ctx(), items=[asked]).done[0]
    case = db.rows("SELECT id FROM workqueue_case WHERE subject_id = %s", [made.facts["rma_id"]])[0].id
    comment_cases(ctx(), items=[CommentCase(case, f"{CANARY} called", "call-1")])
    contact = NewContact(
        CANARY, "zebedee.quillfeather@demo.example", "020 7946 0000", CANARY, CANARY, "SW1A 1AA", CANARY
    )
    assert record_contacts(ctx(), items=[RecordContact(company.channel(), number, contact)]).done
    assert queue_messages(ctx(), items=[QueueMessage("erase-letter", made.facts["rma"], "opened")]).done
    assert sorted(places_with(owner, CANARY)) == ["kernel_payload", "orders_contact"]
    assert set(places_with(owner, "quillfeather@")) == {"orders_contact", "kernel_payload"}
    keep_photos(ctx(), items=[KeepPhoto("case", case, picture(note=CANARY))])
    merged, shipped = cases_about(ctx), _about_the_shipment(ctx, number)
    assert merge_cases(ctx(), items=[MergeCases(merged[0], (shipped,))]).done
    words = [(case, "letter"), (shipped, "shipped"), (merged[0], "merged")]
    papers = [KeepDocument("case", i, f"{CANARY} signed {ref}".encode(), f"{CANARY}.txt") for i, ref in words]
    assert len(keep_documents(ctx(), items=papers).done) == 3
    assert len(comment_cases(ctx(), items=[CommentCase(i, f"{CANARY} called", ref) for i, ref in words]).done) == 3
    digests = "SELECT count(*) FROM orders_customerlink l JOIN orders_customer k ON k.id = l.customer_id"
    assert owner.execute(f"{digests} WHERE k.external_ref = %s", [number]).fetchone()[0] == 3

    item = EraseCustomer(company.channel(), number)
    erased = erase_customers(ctx(), items=[item]).done[0]
    assert erased.facts["contact"]
    assert {name: erased.facts[name] for name in ("texts", "photos", "documents")} == {
        "texts": 7,
        "photos": 1,
        "documents": 3,
    }
    assert places_with(owner, CANARY) == []
    assert places_with(owner, "quillfeather") == []
    assert owner.execute(f"{digests} WHERE k.external_ref = %s", [number]).fetchone()[0] == 0
    assert erase_customers(ctx(), items=[item, item]).done[1].replayed
    assert erase_customers(ctx(), items=[EraseCustomer(company.channel(), "nobody")]).refused[0].code == (
        "customer_unknown"
    )


def _about_the_shipment(ctx, number):
    """A case about what was sent for an order."""
    line = db.rows(
        "SELECT l.id FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id"
        " JOIN orders_order o ON o.id = s.order_id WHERE o.number = %s ORDER BY l.id LIMIT 1",
        [number],
    )[0].id
    return cases_about(ctx, subjects=[line], kind="negative_fact")[0]


def test_erasing_takes_the_same_statements_for_one_customer_and_for_many(ctx, company):
    def counted(number):
        orders = [company.sell() for _ in range(number)]
        known = [RecordContact(company.channel(), ref, NewContact("A", "a@demo.example")) for ref in orders]
        record_contacts(ctx(), items=known)
        asked = [
            OpenRma(company.channel(), ref, [AskedLine(1, "too_small", sku=company.sku())], ref, note="called")
            for ref in orders
        ]
        open_rmas(ctx(), items=asked)
        with db.counting() as seen:
            batch = erase_customers(ctx(), items=[EraseCustomer(company.channel(), ref) for ref in orders])
        assert all(done.facts["contact"] for done in batch.done)
        return len(seen)

    assert counted(1) == counted(50)


def test_a_name_in_a_photo_is_nowhere_and_the_photo_goes_with_its_subject(ctx, company, owner, tmp_path):
    from django.test import override_settings

    def stored():
        return [path for path in tmp_path.rglob("*") if path.is_file()]

    with override_settings(MEDIA_ROOT=str(tmp_path)):
        (case,) = cases_about(ctx)
        body = picture(note=CANARY)
        assert CANARY.encode() in body
        assert keep_photos(ctx(), items=[KeepPhoto("case", case, body)]).done
        assert len(stored()) == 2
        assert not any(CANARY.encode() in path.read_bytes() for path in stored())
        assert places_with(owner, CANARY) == []
        assert erase_subjects(ctx(), items=[EraseSubject(case)]).done
        assert stored() == []
