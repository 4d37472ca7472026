"""Cases are found by the numbers of what they are about, whole or begun, and by words of their kind."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


def found(search: str) -> set[int]:
    return {case.subject_id for case in queries.cases(search=search, limit=500)}


@pytest.fixture
def some(work: Any, draft: Any) -> None:
    """Cases with numbers as people write them."""
    work(
        draft(61, "lost_parcel", facts={"rma": "RMA-6100", "tracking": "1Z999AA10123456784", "order": "A 7"}),
        draft(62, "chargeback", facts={"rma": "RMA-6101", "order": "#1001'x\\y:*&|!"}),
        draft(63, "short", facts={"sku": "TEE-RED-M", "skus": ["MUG-1"]}),
    )


def test_a_number_is_found_by_its_beginning_and_whole(some: None) -> None:
    for search, subjects in {
        "RMA-6100": {61},
        "rma-61": {61, 62},
        "1z999": {61},
        "A 7": {61},
        "tee-red": {63},
        "mug-1": {63},
        "999aa": set(),
        "61": set(),
    }.items():
        assert found(search) & {61, 62, 63} == subjects, search


def test_words_of_the_kind_narrow_numbers(some: None) -> None:
    assert found("lost parcel") == {61}
    assert found("chargeback rma-61") == {62}
    assert found("rma-61 bank") == {62}
    assert found("lost rma-6101") == set()


def test_what_a_query_of_the_index_would_read_is_plain_text(some: None) -> None:
    assert found("#1001'x\\y:*&|!") == {62}
    for strange in ("'", "''", "\\", ":*", "& |", "<->", "!x", "(a", "%", "_", "A" * 300):
        found(strange)


@given(st.text(max_size=60).filter(lambda text: "\0" not in text))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_have_an_answer_in_one_statement(text: str) -> None:
    with db.counting() as seen:
        queries.cases(search=text)
    assert len(seen) == 1


def test_a_return_finds_the_cases_of_its_money_and_goods(ctx: Any, work: Any) -> None:
    from company import make_company
    from counterflow.workqueue.cases import CaseDraft
    from everything import ask, buy

    company = make_company(ctx)
    order = buy(company, ("tee", 1))
    rma = ask(company, order, ("tee", 1))
    row = db.rows("SELECT id FROM returns_rma WHERE number = %s", [rma])[0]
    work(CaseDraft("dispute", "rma", row.id, f"rma:{row.id}:test"))
    for search in (rma, rma.lower(), order, f"dispute {order}"):
        assert row.id in found(search), search
    assert row.id not in found(f"chargeback {order}")
