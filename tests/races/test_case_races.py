"""Several people at one case at the same moment: one gets it, nothing is lost, and every law holds afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

import dock
from casework import cases_about
from company import ids
from counterflow.access import queries as access
from counterflow.access.commands import NewUser, create_users
from counterflow.evidence import rules
from counterflow.evidence.commands.keep_documents import KeepDocument, keep_documents
from counterflow.kernel.commands import Done
from counterflow.workqueue import laws, queries
from counterflow.workqueue.commands import (
    AssignCase,
    CloseCase,
    EscalateCase,
    MergeCases,
    ReopenCase,
    SnoozeCase,
    TakeCases,
    assign_cases,
    close_cases,
    escalate_cases,
    merge_cases,
    reopen_cases,
    snooze_cases,
    take_cases,
)
from together import together

ROUNDS = 6


@pytest.fixture(autouse=True)
def sound(database_copy):
    """Whatever raced, cases are as their steps say."""
    yield
    assert dock.breaches(laws.LAWS) == []


@pytest.fixture
def workers(ctx):
    """Two users who work cases."""
    made = []
    for name in ("first", "second"):
        email = f"{name}@races.example"
        if access.user(email=email) is None:
            assert create_users(ctx(), items=[NewUser(email, name.capitalize(), ("agent",))]).done
        made.append(f"user:{access.user(email=email).id}")
    return made


def told(batch):
    return [result.code if not isinstance(result, Done) else "done" for result in batch]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_merge_each_into_the_other_and_one_goes_on(ctx, round_):
    one, two = cases_about(ctx, 2)
    answers = together(
        [
            lambda: merge_cases(ctx(), items=[MergeCases(one, (two,))]),
            lambda: merge_cases(ctx(), items=[MergeCases(two, (one,))]),
        ]
    )
    assert sorted(map(told, answers)) == [["case_closed"], ["done"]]
    assert sorted(queries.case(case_id).case.state for case_id in (one, two)) == ["closed", "open"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_ring_of_mergers_leaves_one_open(ctx, round_):
    cases = cases_about(ctx, 4)
    ring = list(zip(cases, [*cases[1:], cases[0]], strict=True))
    together([lambda a=a, b=b: merge_cases(ctx(), items=[MergeCases(a, (b,))]) for a, b in ring])
    open_ones = [i for i in cases if queries.case(i).case.state == "open"]
    assert open_ones
    for closed in set(cases) - set(open_ones):
        seen, at = set(), closed
        while (into := queries.case(at).case.merged_into) is not None:
            assert into not in seen
            seen.add(into)
            at = into
        assert at in open_ones


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_who_take_the_same_list_get_different_cases(ctx, workers, round_):
    cases = cases_about(ctx, 5)
    wish = [TakeCases(case_ids=tuple(cases), count=3, assignee=person) for person in workers]
    answers = together([lambda item=item: take_cases(ctx(), items=[item]) for item in wish])
    taken = [case_id for batch in answers for result in batch.done for case_id in result.facts["cases"]]
    assert len(taken) == len(set(taken))
    assert set(taken) <= set(cases)
    assert len(taken) >= 3
    by = [queries.case(case_id).case.assignee for case_id in taken]
    assert set(by) <= set(workers)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_many_are_closed_while_they_are_worked(ctx, workers, round_):
    cases = cases_about(ctx, 60)
    until = datetime.now(UTC) + timedelta(days=2)
    answers = together(
        [
            lambda: close_cases(ctx(), items=[CloseCase(i, "resolved", "In one go.") for i in cases]),
            lambda: take_cases(ctx(), items=[TakeCases(case_ids=tuple(cases), count=20, assignee=workers[0])]),
            lambda: assign_cases(ctx(), items=[AssignCase(i, workers[1]) for i in reversed(cases)]),
            lambda: snooze_cases(ctx(), items=[SnoozeCase(i, until, "later") for i in cases]),
            lambda: escalate_cases(ctx(), items=[EscalateCase(i, "finance", "late", 1) for i in cases]),
            lambda: merge_cases(ctx(), items=[MergeCases(cases[0], tuple(cases[1:9]))]),
        ]
    )
    assert len(answers[0].done) + len(answers[0].refused) == 60
    assert {queries.case(i).case.state for i in cases[9:]} == {"closed"}
    ended = [queries.case(i).case for i in cases]
    assert {row.outcome for row in ended if row.state == "closed"} <= {"resolved", "merged"}


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_what_is_opened_again_and_by_its_cause_is_open_once(ctx, round_):
    (subject,) = ids(1)
    (case,) = cases_about(ctx, subjects=[subject])
    assert close_cases(ctx(), items=[CloseCase(case, "resolved")]).done
    together(
        [
            lambda: reopen_cases(ctx(), items=[ReopenCase(case, "undo")]),
            lambda: cases_about(ctx, subjects=[subject]),
            lambda: reopen_cases(ctx(), items=[ReopenCase(case, "by_hand")]),
            lambda: cases_about(ctx, subjects=[subject]),
        ]
    )
    found = queries.cases(subject_ids=[subject], state="open")
    assert len(found) == 1


def test_a_merger_that_is_undone_by_two_gives_back_once(ctx):
    for _ in range(ROUNDS):
        into, part = cases_about(ctx, 2, money=100)
        (dear,) = cases_about(ctx, kind="chargeback", money=9_000)
        assert merge_cases(ctx(), items=[MergeCases(into, (part, dear))]).done
        together(
            [
                lambda part=part: reopen_cases(ctx(), items=[ReopenCase(part, "undo")]),
                lambda dear=dear: reopen_cases(ctx(), items=[ReopenCase(dear, "undo")]),
            ]
        )
        row = queries.case(into)
        assert (row.case.severity, row.case.money_at_risk_minor) == (2, 100)
        assert [step.action for step in row.steps if step.case_id == into] == ["absorb", "give_back"]


def test_the_same_document_sent_by_eight_is_kept_once(ctx, tmp_path):
    from django.test import override_settings

    (case,) = cases_about(ctx)
    item = KeepDocument("case", case, b"It never came.", "letter.txt")
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        answers = together([lambda: keep_documents(ctx(), items=[item]) for _ in range(8)])
        assert len({batch.done[0].facts["document_id"] for batch in answers}) == 1
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert rules.DOCUMENTS_OF_ONE_MAX > 1
