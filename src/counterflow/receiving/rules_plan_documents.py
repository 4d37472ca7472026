"""Reading a plan's document, and saying everything that is wrong with it, with the place.

A plan that is read here can be asked: every condition names questions and answers that exist, every grade row
can be reached, and the last row takes what no other does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from counterflow.kernel.errors import Invalid
from counterflow.receiving.rules import GRADES
from counterflow.receiving.rules_plans import (
    SERIAL,
    Between,
    Check,
    Condition,
    GradeRow,
    Kind,
    PhotoWish,
    Plan,
    Question,
)

QUESTIONS_MAX, ROWS_MAX, CHOICES_MAX, TEXT_MAX = 40, 60, 9, 300
PACKAGING: Final = "packaging"
_CODE = re.compile(r"^[a-z0-9_]{1,48}$")


class PlanRefused(Invalid):
    """The plan {plan} cannot be used. {problems}"""


class _Reader:
    """Gathers problems while it reads, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.questions: dict[str, Question] = {}

    def wrong(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}.")

    def text(self, found: Mapping[str, Any], name: str, where: str, *, empty: bool = False) -> str:
        value = found.get(name, "")
        if not isinstance(value, str) or len(value) > TEXT_MAX or not (value.strip() or empty):
            self.wrong(where, f"`{name}` has to be a text of 1 to {TEXT_MAX} characters")
            return ""
        return value

    def code(self, found: Mapping[str, Any], name: str, where: str) -> str:
        value = found.get(name, "")
        if not isinstance(value, str) or not _CODE.match(value):
            self.wrong(where, f"`{name}` has to be a code of small letters, digits and underscores")
            return ""
        return value

    def flag(self, found: Mapping[str, Any], name: str, where: str, default: bool | None) -> bool | None:
        value = found.get(name, default)
        if value is default or isinstance(value, bool):
            return default if value is default else bool(value)
        self.wrong(where, f"`{name}` has to be true or false")
        return default

    def maps(self, document: Mapping[str, Any], name: str, most: int) -> list[tuple[str, Mapping[str, Any]]]:
        """The records of a list, each with the place that names it to people."""
        found = document.get(name, [])
        if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > most:
            self.wrong(name, f"has to be a list of at most {most}")
            return []
        records = []
        for n, record in enumerate(found, start=1):
            if isinstance(record, Mapping):
                label = record.get("id") or record.get("code") or record.get("view") or n
                records.append((f"{name} {str(label)[:48]}", record))
            else:
                self.wrong(f"{name} {n}", "has to be a record")
        return records

    def known(self, record: Mapping[str, Any], where: str, names: Sequence[str]) -> None:
        for name in sorted(map(str, set(record) - set(names))):
            self.wrong(where, f"`{name[:40]}` is not known here; the parts are {', '.join(names)}")

    def condition(self, found: Mapping[str, Any], name: str, where: str) -> Condition:
        value = found.get(name, {})
        if not isinstance(value, Mapping):
            self.wrong(where, f"`{name}` has to map questions to answers")
            return {}
        cells: dict[str, tuple[str, ...] | Between] = {}
        for code, wanted in value.items():
            question = self.questions.get(code)
            if question is None:
                self.wrong(where, f"there is no question `{str(code)[:48]}` before it")
                continue
            cell = self._cell(question, wanted, where)
            if cell is not None:
                cells[code] = cell
        return cells

    def _cell(self, question: Question, wanted: Any, where: str) -> tuple[str, ...] | Between | None:
        if question.kind is Kind.NUMBER:
            ends: Mapping[str, Any] = wanted if isinstance(wanted, Mapping) else {}
            whole = all(isinstance(end, int) and not isinstance(end, bool) for end in ends.values())
            if not ends or set(ends) - {"least", "most"} or not whole:
                self.wrong(where, f"`{question.code}` is a number; give least, most, or both")
                return None
            return Between(ends.get("least"), ends.get("most"))
        answers = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(answers, Sequence) or not answers or not all(isinstance(a, str) for a in answers):
            self.wrong(where, f"`{question.code}` needs one answer or a list of answers")
            return None
        possible = {"yes", "no"} if question.kind is Kind.YES_NO else {code for code, _ in question.choices}
        for answer in answers:
            if question.kind is not Kind.CODE and answer not in possible:
                self.wrong(where, f"`{answer[:48]}` is no answer to `{question.code}`")
        return tuple(answers)


def read_plan(document: Mapping[str, Any], *, version: int = 0, version_id: int = 0) -> Plan:
    """The plan that a document means. Raises `PlanRefused` with every problem and its place."""
    reader = _Reader()
    reader.known(document, "plan", ("code", "name", "questions", "photos", "checks", "grades"))
    code, name = reader.code(document, "code", "plan"), reader.text(document, "name", "plan")
    for where, record in reader.maps(document, "questions", QUESTIONS_MAX):
        _question(reader, where, record)
    if not any(question.about == PACKAGING for question in reader.questions.values()):
        reader.wrong("questions", 'one has to be about the packaging (`"about": "packaging"`), apart from the product')
    photos = tuple(_photo(reader, where, r) for where, r in reader.maps(document, "photos", QUESTIONS_MAX))
    checks = tuple(_check(reader, where, r) for where, r in reader.maps(document, "checks", QUESTIONS_MAX))
    rows = [(where, _row(reader, where, r)) for where, r in reader.maps(document, "grades", ROWS_MAX)]
    _reachable(reader, rows)
    if reader.problems:
        raise PlanRefused(plan=code or "without a code", problems=" ".join(reader.problems))
    grades = tuple(row for _, row in rows)
    return Plan(code, name, tuple(reader.questions.values()), photos, checks, grades, version, version_id)


def _question(reader: _Reader, where: str, record: Mapping[str, Any]) -> None:
    reader.known(record, where, ("code", "ask", "kind", "choices", "required", "about", "hint", "shown_if"))
    code, ask = reader.code(record, "code", where), reader.text(record, "ask", where)
    kind = record.get("kind")
    if kind not in {kind.value for kind in Kind}:
        reader.wrong(where, f"`kind` is one of {', '.join(Kind)}")
        return
    choices = []
    for choice in record.get("choices", []) if kind == Kind.CHOICE else []:
        if isinstance(choice, Mapping):
            choices.append((reader.code(choice, "code", where), reader.text(choice, "words", where)))
    if kind == Kind.CHOICE and not 2 <= len({choice for choice, _ in choices}) == len(choices) <= CHOICES_MAX:
        reader.wrong(where, f"a choice needs 2 to {CHOICES_MAX} different answers")
    if record.get("about", "product") not in ("product", PACKAGING):
        reader.wrong(where, "`about` is product or packaging")
    if code in reader.questions:
        reader.wrong(where, f"`{code}` is asked twice")
    reader.questions[code] = Question(
        code,
        ask,
        Kind(kind),
        tuple(choices),
        bool(reader.flag(record, "required", where, True)),
        str(record.get("about", "product")),
        reader.text(record, "hint", where, empty=True),
        reader.condition(record, "shown_if", where),
    )


def _photo(reader: _Reader, where: str, record: Mapping[str, Any]) -> PhotoWish:
    reader.known(record, where, ("view", "words", "count", "when"))
    count = record.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 20:
        reader.wrong(where, "`count` is a number from 1 to 20")
        count = 1
    view, words = reader.code(record, "view", where), reader.text(record, "words", where)
    return PhotoWish(view, words, count, reader.condition(record, "when", where))


def _check(reader: _Reader, where: str, record: Mapping[str, Any]) -> Check:
    reader.known(record, where, ("code", "words", "question", "passes", "unrecorded_passes"))
    asked = str(record.get("question", ""))
    question = reader.questions.get(asked)
    passes: tuple[str, ...] = ()
    if question is None:
        reader.wrong(where, f"there is no question `{asked[:48]}`")
    elif question.kind is Kind.SERIAL:
        asked = SERIAL
    else:
        cell = reader.condition({"passes": {asked: record.get("passes")}}, "passes", where).get(asked)
        passes = cell if isinstance(cell, tuple) else ()
        if isinstance(cell, Between):
            reader.wrong(where, "a number cannot be checked; ask for a choice")
    unrecorded = bool(reader.flag(record, "unrecorded_passes", where, True))
    return Check(reader.code(record, "code", where), reader.text(record, "words", where), asked, passes, unrecorded)


def _row(reader: _Reader, where: str, record: Mapping[str, Any]) -> GradeRow:
    reader.known(record, where, ("id", "when", "grade", "damage", "passed", "why"))
    grade, damage = record.get("grade"), record.get("damage", "")
    if grade not in GRADES:
        reader.wrong(where, "`grade` is one of A, B, C, D")
    if damage and (not isinstance(damage, str) or not _CODE.match(damage)):
        reader.wrong(where, "`damage` has to be a code of small letters, digits and underscores")
    return GradeRow(
        reader.text(record, "id", where)[:16],
        reader.condition(record, "when", where),
        str(grade),
        str(damage),
        reader.flag(record, "passed", where, None),
        reader.text(record, "why", where),
    )


def _reachable(reader: _Reader, rows: Sequence[tuple[str, GradeRow]]) -> None:
    """Every row can fire, and the last one takes what no other does."""
    if not rows or rows[-1][1].when:
        reader.wrong("grades", "the last row has to have no condition, so that every unit gets a grade")
    ids = [row.id for _, row in rows]
    for n, (where, row) in enumerate(rows):
        if row.id in ids[:n]:
            reader.wrong(where, "another row has the same id")
        before = next((e for _, e in rows[:n] if _covers(e.when, row.when)), None)
        if before is not None:
            reader.wrong(where, f"it is never reached, because row {before.id} takes all that it would")


def _covers(wide: Condition, narrow: Condition) -> bool:
    """Whether whatever fulfils the narrow condition fulfils the wide one."""
    return all(code in narrow and _within(cell, narrow[code]) for code, cell in wide.items())


def _within(wide: tuple[str, ...] | Between, narrow: tuple[str, ...] | Between) -> bool:
    if isinstance(wide, tuple) and isinstance(narrow, tuple):
        return set(narrow) <= set(wide)
    if isinstance(wide, Between) and isinstance(narrow, Between):
        low = wide.least is None or (narrow.least is not None and narrow.least >= wide.least)
        high = wide.most is None or (narrow.most is not None and narrow.most <= wide.most)
        return low and high
    return False
