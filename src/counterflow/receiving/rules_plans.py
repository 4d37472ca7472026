"""Inspection plans: what is asked of a unit, what has to be shown before money, and the grade that answers lead to.

A plan is data. Its questions are asked from top to bottom; a question that depends on earlier answers is asked
only where they were given. The grade rows are read from the top and the first that fits decides. Checks are
what a unit has to show before it can pass, because credits wait for that; photos are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

Given = Mapping[str, str | int | bool]
SERIAL: Final = "serial"


class Kind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    CODE = "code"
    SERIAL = "serial"


class Sold(StrEnum):
    """What is known of a serial number that was found."""

    TO_THIS_CUSTOMER = "to_this_customer"
    TO_ANOTHER = "to_another"
    NEVER = "never"
    UNRECORDED = "unrecorded"
    NO_SALE = "no_sale"


YES_NO: Final = (("yes", "Yes"), ("no", "No"))
_SOLD_WRONG: Final = {
    Sold.TO_ANOTHER: "The serial number was sold to another customer",
    Sold.NEVER: "The serial number was never sold",
}


@dataclass(frozen=True)
class Between:
    """A number from `least` to `most`, both included; either may be open."""

    least: int | None = None
    most: int | None = None

    def holds(self, answer: object) -> bool:
        """Whether an answer is a number in between."""
        if isinstance(answer, bool) or not isinstance(answer, int):
            return False
        return (self.least is None or answer >= self.least) and (self.most is None or answer <= self.most)


Condition = Mapping[str, tuple[str, ...] | Between]


@dataclass(frozen=True)
class Question:
    """What is asked, and how it is answered. `about` keeps the packaging apart from the product."""

    code: str
    ask: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    about: str = "product"
    hint: str = ""
    shown_if: Condition = field(default_factory=dict)


@dataclass(frozen=True)
class PhotoWish:
    """Photos that have to be kept in the round, where the condition holds."""

    view: str
    words: str
    count: int
    when: Condition


@dataclass(frozen=True)
class Check:
    """What has to be shown before a unit can pass: a good answer, or a serial number that was sold."""

    code: str
    words: str
    question: str
    passes: tuple[str, ...] = ()
    unrecorded_passes: bool = True


@dataclass(frozen=True)
class GradeRow:
    """Where the condition holds: the grade, the damage, and whether the unit passes unless its checks fail."""

    id: str
    when: Condition
    grade: str
    damage: str
    passed: bool | None
    why: str


@dataclass(frozen=True)
class Plan:
    """One version of a plan; `version_id` is its row, 0 for one that is not stored yet."""

    code: str
    name: str
    questions: tuple[Question, ...]
    photos: tuple[PhotoWish, ...]
    checks: tuple[Check, ...]
    grades: tuple[GradeRow, ...]
    version: int = 0
    version_id: int = 0


@dataclass(frozen=True)
class Found:
    """What an inspector has so far: answers, the serial number scanned, what is known of it, photos of the round."""

    answers: Given
    serial: str = ""
    sold: Sold = Sold.UNRECORDED
    photos: int = 0


@dataclass(frozen=True)
class Judgement:
    """What a plan says to what was found.

    `row` is the grade row that fired, where every question that must be answered is. `unanswered` are codes of
    those that are not. `unproven` (in words) keeps a unit from passing; `failed` (in words) makes it fail.
    """

    row: GradeRow | None
    unanswered: tuple[str, ...]
    unproven: tuple[str, ...]
    failed: tuple[str, ...]
    photos_missing: int
    wrong_serial: bool


def judge(plan: Plan, found: Found) -> Judgement:
    """Read what was found by the plan."""
    answers = plain(plan, found)
    asked = visible(plan, answers)
    unanswered = tuple(q.code for q in asked if q.required and q.code not in answers)
    row = None if unanswered else next((row for row in plan.grades if holds(row.when, answers)), None)
    unproven: list[str] = []
    failed: list[str] = []
    for check in plan.checks:
        said = _check(check, answers, found)
        if said is not None:
            (failed if said else unproven).append(check.words if not said else _failure(check, found))
    wanted = sum(photo.count for photo in plan.photos if holds(photo.when, answers)) if row is not None else 0
    wrong = bool(found.serial) and found.sold in _SOLD_WRONG and any(c.question == SERIAL for c in plan.checks)
    return Judgement(row, unanswered, tuple(unproven), tuple(failed), max(0, wanted - found.photos), wrong)


def _check(check: Check, answers: Given, found: Found) -> bool | None:
    """None where the check is passed, True where it failed, False where nothing shows either."""
    if check.question != SERIAL:
        answer = answers.get(check.question)
        return False if answer is None else None if answer in check.passes else True
    if not found.serial or found.sold is Sold.NO_SALE:
        return False
    if found.sold is Sold.UNRECORDED:
        return None if check.unrecorded_passes else False
    return True if found.sold in _SOLD_WRONG else None


def _failure(check: Check, found: Found) -> str:
    return _SOLD_WRONG.get(found.sold, check.words) if check.question == SERIAL else f"Not so: {check.words}"


def plain(plan: Plan, found: Found) -> Given:
    """Answers to the plan's own questions, yes and no as such, the serial number beside them."""
    kinds = {question.code: question.kind for question in plan.questions}
    answers: dict[str, str | int | bool] = {}
    for code, answer in found.answers.items():
        if kinds.get(code) is Kind.YES_NO and isinstance(answer, bool):
            answers[code] = "yes" if answer else "no"
        elif code in kinds:
            answers[code] = answer
    if found.serial:
        answers |= {question.code: found.serial for question in plan.questions if question.kind is Kind.SERIAL}
    return answers


def visible(plan: Plan, answers: Given) -> list[Question]:
    """The questions to be asked: those whose condition the answers to questions asked before them fulfil."""
    asked: list[Question] = []
    known: dict[str, str | int | bool] = {}
    for question in plan.questions:
        if holds(question.shown_if, known):
            asked.append(question)
            if question.code in answers:
                known[question.code] = answers[question.code]
    return asked


def holds(when: Condition, answers: Given) -> bool:
    """Whether every part of a condition is fulfilled; the empty one always is."""
    return all(
        cell.holds(answers.get(code)) if isinstance(cell, Between) else answers.get(code) in cell
        for code, cell in when.items()
    )


def wrong_answers(plan: Plan, given: Given) -> list[str]:
    """Codes of questions that were answered with what is no answer to them."""
    questions = {question.code: question for question in plan.questions}
    wrong = []
    for code, answer in given.items():
        question = questions.get(code)
        if question is None or question.kind is Kind.CODE:
            continue
        if question.kind is Kind.NUMBER:
            fits = isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0
        elif question.kind is Kind.YES_NO:
            fits = isinstance(answer, bool) or answer in ("yes", "no")
        elif question.kind is Kind.SERIAL:
            fits = False
        else:
            fits = any(answer == choice for choice, _ in question.choices)
        if not fits:
            wrong.append(code)
    return wrong


def in_words(plan: Plan, when: Condition) -> Sequence[str]:
    """A condition as sentences: question and the answers it wants."""
    questions = {question.code: question for question in plan.questions}
    said = []
    for code, cell in when.items():
        question = questions[code]
        if isinstance(cell, Between):
            least = "" if cell.least is None else f"at least {cell.least}"
            most = "" if cell.most is None else f"at most {cell.most}"
            said.append(f"{question.ask} {' and '.join(filter(None, (least, most)))}")
        else:
            words = dict(question.choices or YES_NO)
            said.append(f"{question.ask} {' or '.join(words.get(answer, answer) for answer in cell)}")
    return said
