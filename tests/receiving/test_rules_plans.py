"""Plans as data: what is asked, what leads to which grade, and what a plan that cannot work is told."""

import copy

import pytest

from counterflow.receiving.planbook import SHIPPED, SHIPPED_FAMILIES, shipped
from counterflow.receiving.rules_plan_documents import PlanRefused, read_plan
from counterflow.receiving.rules_plans import Found, Sold, in_words, judge, visible, wrong_answers

CLEAN = {"packaging": "intact", "size": "right", "tags": "on", "worn": "no", "odour": "none", "stains": "none"}
WORKS = {
    "packaging": "intact",
    "activation_lock": "off",
    "diagnostics": "passed",
    "housing": "new",
    "accessories": True,
    "wiped": "yes",
}


def grade(code, answers, **more):
    row = judge(read_plan(shipped(code)), Found(answers, **more)).row
    return row and (row.grade, row.damage)


@pytest.mark.parametrize("code", SHIPPED)
def test_shipped_plans_are_sound_and_ask_about_the_packaging_apart(code):
    plan = read_plan(shipped(code))
    assert plan.code == code
    assert [q.code for q in plan.questions if q.about == "packaging"] == ["packaging"]
    assert not plan.grades[-1].when
    assert all(in_words(plan, row.when) for row in plan.grades[:-1])


def test_every_shipped_family_has_a_shipped_plan():
    assert set(SHIPPED_FAMILIES.values()) == set(SHIPPED)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, ("A", "")),
        ({"tags": "gone"}, ("B", "")),
        ({"worn": "worn", "tags": "gone"}, ("C", "worn")),
        ({"odour": "strong"}, ("D", "worn")),
        ({"stains": "seam"}, ("D", "manufacturing_defect")),
        ({"size": "other", "stains": "torn"}, ("B", "wrong_item")),
        ({"packaging": "damaged"}, ("A", "")),
        ({"packaging": "damaged", "worn": "tried"}, ("B", "")),
    ],
)
def test_apparel_is_graded_by_the_first_row_that_fits(changed, wanted):
    assert grade("apparel", {**CLEAN, **changed}) == wanted


def test_no_grade_is_suggested_before_all_is_answered():
    plan = read_plan(shipped("apparel"))
    judged = judge(plan, Found({"packaging": "intact", "size": "right"}))
    assert judged.row is None
    assert judged.unanswered == ("tags", "worn", "odour", "stains")


def test_a_question_that_depends_on_another_is_asked_only_then():
    plan = read_plan(shipped("general"))
    assert "fault" not in [q.code for q in visible(plan, {"condition": "new"})]
    assert "fault" in [q.code for q in visible(plan, {"condition": "broken"})]
    assert grade("general", {"packaging": "damaged", "condition": "broken", "complete": True}) is None
    broken = {"packaging": "damaged", "condition": "broken", "complete": True, "fault": "carriage"}
    assert grade("general", broken) == ("D", "damaged_in_transit")


def test_electronics_show_serial_lock_and_diagnostics_before_money():
    plan = read_plan(shipped("electronics"))
    assert len(judge(plan, Found({})).unproven) == 3
    judged = judge(plan, Found(WORKS, "S1", Sold.TO_THIS_CUSTOMER))
    assert (judged.unproven, judged.failed, judged.row.grade) == ((), (), "A")
    assert judge(plan, Found({**WORKS, "activation_lock": "on"}, "S1")).failed == (
        "Not so: The activation lock is off",
    )
    for sold in (Sold.TO_ANOTHER, Sold.NEVER):
        judged = judge(plan, Found(WORKS, "S1", sold))
        assert judged.wrong_serial
        assert "sold" in judged.failed[0]
    assert judge(plan, Found(WORKS, "S1", Sold.NO_SALE)).unproven
    assert not judge(plan, Found(WORKS, "S1", Sold.UNRECORDED)).unproven


def test_photos_are_wanted_where_the_answers_say_so_and_counted():
    plan = read_plan(shipped("apparel"))
    torn = {**CLEAN, "stains": "torn"}
    assert judge(plan, Found(torn)).photos_missing == 1
    assert judge(plan, Found(torn, photos=1)).photos_missing == 0
    assert judge(plan, Found(CLEAN)).photos_missing == 0


def test_an_answer_that_is_none_of_the_choices_is_named():
    plan = read_plan(shipped("electronics"))
    given = {
        "activation_lock": "maybe",
        "accessories": 1,
        "wiped": True,
        "packaging": "intact",
        "own": 5,
        "serial": "x",
    }
    assert wrong_answers(plan, given) == ["activation_lock", "accessories", "serial"]


def broken(change):
    document = copy.deepcopy(shipped("apparel"))
    change(document)
    with pytest.raises(PlanRefused) as refused:
        read_plan(document)
    return refused.value.message


def test_what_is_wrong_with_a_plan_is_told_with_its_row():
    def unknown_question(d):
        d["grades"][0]["when"] = {"colour": ["red"]}

    assert "grades A1: there is no question `colour` before it." in broken(unknown_question)
    assert "grades A3: `burnt` is no answer to `stains`." in broken(
        lambda d: d["grades"][2].update(when={"stains": ["burnt"]})
    )
    assert "the last row has to have no condition" in broken(lambda d: d["grades"].pop())

    def unreachable(d):
        d["grades"].insert(3, {"id": "A3b", "when": {"stains": ["torn"], "odour": ["none"]}, "grade": "C", "why": "x"})

    assert "grades A3b: it is never reached, because row A3 takes all that it would." in broken(unreachable)
    assert "grades A11: it is never reached" in broken(
        lambda d: d["grades"].insert(0, {"id": "A0", "when": {}, "grade": "A", "why": "all"})
    )
    assert "about the packaging" in broken(lambda d: d["questions"].pop(0))
    assert "grades A2: `grade` is one of A, B, C, D." in broken(lambda d: d["grades"][1].update(grade="E"))


def test_all_faults_of_a_plan_are_told_at_once_and_none_makes_it_crash():
    told = broken(lambda d: d.update(questions=[{"code": "Q 1", "kind": "poll"}, 7], grades="none", extra=1))
    assert "questions Q 1: `kind` is one of" in told
    assert "questions 2: has to be a record." in told
    assert "grades: has to be a list" in told
    assert "`extra` is not known here" in told
