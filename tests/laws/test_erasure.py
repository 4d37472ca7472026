"""A name that came in through every door is gone from the whole database once it is erased."""

from datetime import UTC, datetime

import psycopg

from company import ASKED
from counterflow.kernel import db
from counterflow.kernel.payloads import ErasePayloads, erase_payloads
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.workqueue.commands.comment_cases import CommentCase, comment_cases

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
