"""People open cases about what no scan tells: once while one is open, with what they say, of kinds meant for it."""

from threading import Barrier, Thread

import pytest

from company import make_company
from counterflow.desk.commands.raise_cases import RaiseCase, raise_cases
from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.commands import CloseCase, MergeCases, close_cases, merge_cases
from counterflow.workqueue.kinds import KINDS, by_hand
from everything import ask, buy


@pytest.fixture
def rma(ctx):
    """A return, by its number."""
    company = make_company(ctx)
    return ask(company, buy(company, ("tee", 1)), ("tee", 1))


def raised(ctx, rma, *, kind="dispute", reference="ref-1", **more):
    return raise_cases(ctx(), items=[RaiseCase(kind, "rma", rma, reference, **more)]).results[0]


def test_a_case_is_opened_with_what_was_said(ctx, rma):
    done = raised(ctx, rma, note=" It was blue. ", money_at_risk_minor=2_500, currency="GBP")
    view = queries.case(done.facts["case_id"])
    row = view.case
    assert (row.kind, row.queue, row.owner_role, row.urgency) == ("dispute", "quality", "agent", "high")
    assert (row.subject_kind, row.facts, row.money_at_risk_minor, row.currency) == ("rma", {"rma": rma}, 2_500, "GBP")
    assert [comment.text for comment in view.comments] == ["It was blue."]
    assert db.rows("SELECT id FROM kernel_eventrecord WHERE kind = 'CaseOpened' AND subject_id = %s", [row.id])
    assert [found.id for found in queries.cases(search=rma, kind="dispute")] == [row.id]


def test_while_it_is_open_the_same_again_joins_it(ctx, rma):
    first = raised(ctx, rma, note="First.")
    again = raised(ctx, rma, note="Second.", reference="ref-2")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.facts == first.facts
    assert [comment.text for comment in queries.case(first.facts["case_id"]).comments] == ["First.", "Second."]
    assert raised(ctx, rma, note="Third.").code == "identity_reused"
    other = raised(ctx, rma, kind="carrier_claim", reference="ref-3")
    assert other.facts != first.facts
    assert merge_cases(ctx(), items=[MergeCases(other.facts["case_id"], (first.facts["case_id"],))]).done
    assert raised(ctx, rma, reference="ref-4").facts == other.facts
    assert close_cases(ctx(), items=[CloseCase(other.facts["case_id"], "resolved")]).done
    assert not raised(ctx, rma, reference="ref-5").replayed


def test_a_unit_is_worth_what_it_stands_for_and_a_parcel_is_found_by_its_number(ctx):
    from everything import live

    company = make_company(ctx)
    live(company)
    unit = db.rows(
        "SELECT lpn, cost_minor + allowance_minor AS value FROM receiving_unit WHERE cost_minor > 0 LIMIT 1"
    )[0]
    parcel = db.rows("SELECT id, tracking FROM logistics_parcel ORDER BY id LIMIT 1")[0]
    items = [RaiseCase("dispute", "unit", unit.lpn, "u"), RaiseCase("carrier_claim", "parcel", parcel.tracking, "p")]
    of_unit, of_parcel = (queries.case(r.facts["case_id"]).case for r in raise_cases(ctx(), items=items).done)
    assert (of_unit.facts["lpn"], of_unit.money_at_risk_minor) == (unit.lpn, unit.value)
    assert (of_parcel.subject_kind, of_parcel.subject_id) == ("parcel", parcel.id)
    assert of_parcel.money_at_risk_minor is None


def test_what_cannot_be_opened_says_why(ctx, rma):
    wrong = [
        (RaiseCase("fraud_review", "rma", rma, "r"), "kind_not_by_hand"),
        (RaiseCase("nonsense", "rma", rma, "r"), "kind_not_by_hand"),
        (RaiseCase("dispute", "credit", rma, "r"), "about_unknown"),
        (RaiseCase("dispute", "rma", "RMA-404", "r"), "about_missing"),
        (RaiseCase("dispute", "rma", rma, " "), "comment_malformed"),
        (RaiseCase("dispute", "rma", rma, "r", note="x" * 4_001), "comment_malformed"),
        (RaiseCase("dispute", "rma", rma, "r", money_at_risk_minor=5), "stake_invalid"),
        (RaiseCase("dispute", "rma", rma, "r", money_at_risk_minor=-5, currency="EUR"), "stake_invalid"),
        (RaiseCase("dispute", "rma", rma, "r", currency="EUR"), "stake_invalid"),
    ]
    batch = raise_cases(ctx(), items=[item for item, _ in wrong])
    assert [result.code for result in batch.refused] == [code for _, code in wrong]
    assert queries.cases(search=rma, kind="dispute") == []


def test_eight_at_once_open_one_case(ctx, rma):
    from django.db import connection

    barrier, results = Barrier(8), []

    def run(n):
        try:
            barrier.wait()
            results.append(raised(ctx, rma, reference=f"race-{n}", note=f"From {n}."))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.facts["case_id"] for result in results}) == 1
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert len(queries.case(results[0].facts["case_id"]).comments) == 8


def test_a_batch_takes_a_constant_number_of_statements(ctx):
    company = make_company(ctx)

    def counted(number):
        returns = [ask(company, buy(company, ("tee", 1)), ("tee", 1)) for _ in range(number)]
        items = [RaiseCase("dispute", "rma", rma, "r", note="Hello.") for rma in returns]
        with db.counting() as seen:
            assert len(raise_cases(ctx(), items=items).done) == number
        return len(seen)

    assert counted(1) == counted(9) <= 8


def test_every_kind_is_opened_by_something_or_says_that_nothing_does():
    """A kind that is opened by itself is named by the code that opens it."""
    from pathlib import Path

    import counterflow

    root = Path(counterflow.__path__[0])
    skipped = {root / "workqueue" / "kinds.py", root / "workqueue" / "guides.py"}
    text = "\n".join(
        path.read_text() for path in root.rglob("*.py") if path not in skipped and "bench" not in path.parts
    )
    hand = {kind.code for kind in by_hand()}
    assert "dispute" in hand
    unopened = {kind.code for kind in KINDS.values() if kind.code not in hand and f'"{kind.code}"' not in text}
    assert unopened == {"webhook_failed"}
    assert "by nothing yet" in KINDS["webhook_failed"].opened
