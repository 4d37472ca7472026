"""What an inspection comes to: the plan's suggestion, what the inspector says, and what has to be shown."""

from dataclasses import dataclass

from counterflow.kernel.errors import Invalid, Refusal
from counterflow.receiving import rules
from counterflow.receiving.rules_plans import Found, Judgement, Plan, judge, wrong_answers


class GradeReasonMissing(Invalid):
    """The plan suggests grade {suggested} for unit {lpn} ({why}), not {grade}; to differ, give the code of a reason."""


class GradeMissing(Invalid):
    """Unit {lpn} needs a grade: the questions are not all answered ({unanswered}), so none can be suggested."""


class AnswersWrong(Invalid):
    """These questions are answered with what is no answer to them: {questions}."""


class NotProven(Refusal):
    """Unit {lpn} cannot pass yet. Plan {plan} wants before money: {missing}."""


class PhotosMissing(Refusal):
    """Plan {plan} wants {missing} more photos of unit {lpn} in this round; take them and send the inspection again."""


@dataclass(frozen=True)
class Asked:
    """What the inspector says, in checked codes; `matches` is whether the serial number is the one received."""

    lpn: str
    grade: str
    passed: bool | None
    damage: str
    reason: str
    matches: bool | None


@dataclass(frozen=True)
class Verdict:
    """What is recorded. `differs` says that the inspector gave another grade than the plan suggested."""

    grade: str
    damage: str
    passed: bool
    suggested: str = ""
    differs: bool = False
    plan_id: int = 0
    plan_row: str = ""
    wrong_serial: bool = False


def verdict(plan: Plan | None, asked: Asked, found: Found) -> Verdict:
    """What an inspection comes to by its plan, or without one.

    Raises `GradeMissing`, `GradeReasonMissing`, `AnswersWrong`, `NotProven`, `PhotosMissing`.
    """
    damage = asked.damage or (rules.SERIAL_MISMATCH if asked.matches is False else "")
    if plan is None:
        if not asked.grade:
            raise GradeMissing(lpn=asked.lpn, unanswered="there is no plan")
        return Verdict(asked.grade, damage, rules.passes(asked.passed, asked.grade, damage, asked.matches))
    if wrong := wrong_answers(plan, found.answers):
        raise AnswersWrong(questions=", ".join(wrong))
    judged = judge(plan, found)
    row = judged.row
    grade = asked.grade or (row.grade if row else "")
    if not grade:
        raise GradeMissing(lpn=asked.lpn, unanswered=", ".join(judged.unanswered))
    differs = row is not None and grade != row.grade
    if row is not None and differs and not asked.reason:
        raise GradeReasonMissing(lpn=asked.lpn, suggested=row.grade, why=row.why, grade=grade)
    if judged.wrong_serial:
        damage = damage or rules.SERIAL_MISMATCH
    elif row is not None and not differs:
        damage = damage or row.damage
    passed = _passes(plan, asked, judged, grade, damage)
    if judged.photos_missing:
        raise PhotosMissing(plan=plan.code, missing=judged.photos_missing, lpn=asked.lpn)
    suggested, plan_row = (row.grade, row.id) if row else ("", "")
    return Verdict(grade, damage, passed, suggested, differs, plan.version_id, plan_row, judged.wrong_serial)


def _passes(plan: Plan, asked: Asked, judged: Judgement, grade: str, damage: str) -> bool:
    said = asked.passed
    if said is None and judged.row is not None and grade == judged.row.grade:
        said = judged.row.passed
    # A plan that wants a serial number shown believes nobody's word for another one.
    if judged.failed or (plan.checks and asked.matches is False):
        return False
    passed = rules.passes(said, grade, damage, asked.matches)
    if passed and judged.unproven:
        raise NotProven(lpn=asked.lpn, plan=plan.code, missing="; ".join(judged.unproven))
    return passed
