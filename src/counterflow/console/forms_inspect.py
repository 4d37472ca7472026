"""What the inspect station sends: answers to the questions of a plan, which is data, so the form is made of it."""

from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from counterflow.kernel import clock
from counterflow.receiving.rules_plans import Found, Given, Kind, Plan, Question, plain, visible
from counterflow.scans.reading import read

MARK: Final = "q_"
TEXT_MAX: Final = 80
# Why an inspector gives another grade than the plan suggests: codes that reports count.
GRADE_REASONS: Final = (
    ("judgement", "The piece as a whole says otherwise"),
    ("not_asked", "The plan does not ask what matters here"),
    ("agreed", "Agreed with the customer"),
    ("supplier_rule", "The supplier's own rule"),
    ("second_opinion", "A colleague looked too"),
)
GRADES: Final = (("A", "As new"), ("B", "Opened, complete"), ("C", "Used or worn"), ("D", "Not fit for sale"))


@dataclass(frozen=True)
class Choice:
    """An answer with the key that gives it."""

    key: str
    code: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Asked:
    """A question on the page: its field, its answers with their keys, what was answered, whether it is due now."""

    question: Question
    name: str
    choices: list[Choice]
    value: str
    shown: bool


@dataclass(frozen=True)
class Sent:
    """What was sent, as an inspection takes it."""

    answers: Given
    serial: str
    grade: str
    reason: str


def sent(data: QueryDict, plan: Plan | None) -> Sent:
    """Read a form by the questions of a plan; what is no answer is left for the command to refuse."""
    answers: dict[str, str | int | bool] = {}
    serial = data.get("serial", "").strip()[:TEXT_MAX]
    for question in plan.questions if plan else ():
        said = data.get(MARK + question.code, "").strip()[:TEXT_MAX]
        if not said:
            continue
        if question.kind is Kind.SERIAL:
            serial = _serial(said)
        elif question.kind is Kind.NUMBER:
            answers[question.code] = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else said
        else:
            answers[question.code] = said
    if plan is not None:
        # What was answered before its condition fell away is asked no more.
        due = {question.code for question in visible(plan, plain(plan, Found(answers, serial)))}
        answers = {code: answer for code, answer in answers.items() if code in due}
    return Sent(answers, serial, data.get("grade", "")[:1], data.get("grade_reason", "")[:TEXT_MAX])


def _serial(text: str) -> str:
    """The serial number in a scan: what a GS1 symbol says it is, else the text as it stands."""
    best = read(text, today=clock.now().date()).best
    return best.facts.serial if best is not None and best.facts.serial else text


def questions(plan: Plan, given: Sent) -> list[Asked]:
    """The plan's questions as the page asks them."""
    answers = plain(plan, Found(given.answers, given.serial))
    due = {question.code for question in visible(plan, answers)}
    return [_asked(question, str(answers.get(question.code, "")), question.code in due) for question in plan.questions]


def _asked(question: Question, value: str, shown: bool) -> Asked:
    if question.kind is Kind.YES_NO:
        choices = [Choice("y", "yes", "Yes", value == "yes"), Choice("n", "no", "No", value == "no")]
    else:
        choices = [
            Choice(str(n), code, words, value == code) for n, (code, words) in enumerate(question.choices, start=1)
        ]
    return Asked(question, MARK + question.code, choices, value, shown)
