"""Why a case stands where it stands is said in words, and its history shows who did what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from counterflow.workqueue import queries, queries_lists
from counterflow.workqueue.explaining import explained, span
from counterflow.workqueue.filters import CaseFilter

pytestmark = pytest.mark.usefixtures("database_copy")
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_words_and_figures_agree(opened: Any, ctx: Any) -> None:
    case_id = opened(
        1, "refund_in_doubt", money_at_risk_minor=124_000, currency="EUR", due_at=AT + timedelta(hours=5, minutes=9)
    )
    told = explained(case_id=case_id, at=AT)
    assert told.sentences == [
        "Due in 5 h.",
        "1,240.00 EUR at risk counts as 24 h.",
        "Critical severity counts as 96 h.",
        "So it stands where a plain case stands that has been overdue for 4 d 18 h.",
    ]
    assert (told.hours_left, told.money_hours, told.severity_hours, told.due_assumed) == (5, 24, 96, False)
    assert told.act_by == queries.case(case_id).case.rank_at


def test_what_is_unknown_is_said_so(opened: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import SnoozeCase, snooze_cases

    case_id, now = opened(2, "closed_period_fact", money_at_risk_minor=5, currency="EUR"), datetime.now(UTC)
    snooze_cases(ctx(at=now), items=[SnoozeCase(case_id, now + timedelta(days=2), "later")])
    first, money, severity, _, asleep = explained(case_id=case_id, at=now).sentences
    assert first.startswith("Nothing says when it is due; counted from 72 h after it was opened, it is due in")
    assert money.startswith("0.05 EUR at risk counts as nothing")
    assert severity == "Low severity counts as 48 h later."
    assert asleep == "Put off; back in the lists in 2 d."


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1439, "23 h"), (1440, "1 d"), (1500, "1 d 1 h"), (1440 * 20, "20 d")],
)
def test_time_is_said_as_people_say_it(minutes: int, words: str) -> None:
    assert span(timedelta(minutes=minutes)) == span(-timedelta(minutes=minutes)) == words


def test_a_case_shows_its_whole_family(opened: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CommentCase, MergeCases, comment_cases, merge_cases

    first, second, third, other = (opened(n, "over", dedupe_key=f"k{n}") for n in (31, 32, 33, 34))
    twin = opened(35, "dispute", dedupe_key="k35")
    comment_cases(ctx(), items=[CommentCase(case_id, f"About {case_id}", "a") for case_id in (first, second, third)])
    merge_cases(ctx(), items=[MergeCases(second, (first,)), MergeCases(third, (second,))])
    view = queries.case(third)
    assert view.ids == [third, first, second]
    assert [comment.case_id for comment in view.comments] == [first, second, third]
    assert [(step.case_id, step.action) for step in view.steps] == [
        (first, "merge"),
        (second, "absorb"),
        (second, "merge"),
        (third, "absorb"),
    ]
    assert view.related == []
    assert queries.case(other).merged == queries.case(twin).merged == []


def test_other_cases_about_the_same_thing_are_named(work: Any, draft: Any) -> None:
    work(draft(41), draft(41, "over"))
    short, over = sorted(queries.cases(subject_ids=[41]), key=lambda row: row.kind == "over")
    assert [row.id for row in queries.case(short.id).related] == [over.id]


def test_a_filter_is_summed_up_before_something_is_done_with_it(work: Any, draft: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    work(
        *[draft(n, "chargeback", money_at_risk_minor=100, currency="EUR") for n in range(500, 510)],
        *[draft(n, "overpaid", money_at_risk_minor=7, currency="USD") for n in range(510, 515)],
    )
    found = queries_lists.chosen(CaseFilter(queue="money", subject_ids=tuple(range(500, 515))))
    assert (len(found.ids), found.more, found.money) == (15, False, {"EUR": 1_000, "USD": 35})
    assert found.kinds == {"chargeback": 10, "overpaid": 5}
    assert [code for code, _ in found.outcomes] == ["resolved", "accepted", "written_off", "duplicate", "no_problem"]
    ends = close_cases(ctx(actor="user:1"), items=[CloseCase(case_id, "resolved") for case_id in found.ids[:3]])
    command_id = ends.done[0].facts["command_id"]
    assert queries_lists.closed_by_command(command_id=command_id, by="user:1") == sorted(found.ids[:3])
    assert queries_lists.closed_by_command(command_id=command_id, by="user:2") == []
