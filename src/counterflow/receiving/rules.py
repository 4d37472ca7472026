"""Quality and where it leads: pure decisions over plain data."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from counterflow.kernel.errors import Invalid, NotFound, Refusal
from counterflow.ledger.chart import State
from counterflow.logistics.rules import require_instant

GRADES: Final = ("A", "B", "C", "D")
SERIAL_MISMATCH: Final = "serial_mismatch"
# A unit of grade D still passes when what is wrong with it was not the customer's doing.
NOT_THE_CUSTOMERS_DOING: Final = frozenset(
    {"defective", "dead_on_arrival", "damaged_in_transit", "manufacturing_defect", "not_as_described", "wrong_item"}
)
ANSWERS_MAX: Final = 50
_CODE = re.compile(r"^[A-Za-z0-9_.:-]{1,64}$")
_SERIAL = re.compile(r"^[\x21-\x7e]([\x20-\x7e]{0,78}[\x21-\x7e])?$")


class Disposition(StrEnum):
    """Where a unit may be sent; each is a kind of movement in the chart."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    SCRAP = "scrap"
    TO_SUPPLIER = "to_supplier"
    SECONDARY = "secondary"
    QUARANTINE = "quarantine"
    RETURN_TO_CUSTOMER = "return_to_customer"
    HAND_OVER = "hand_over"


TARGETS: Final[dict[str, State]] = {
    Disposition.RESTOCK: State.AVAILABLE,
    Disposition.REFURBISH: State.REFURBISHABLE,
    Disposition.SCRAP: State.SCRAPPED,
    Disposition.TO_SUPPLIER: State.TO_SUPPLIER,
    Disposition.SECONDARY: State.SECONDARY,
    Disposition.QUARANTINE: State.QUARANTINE,
    Disposition.RETURN_TO_CUSTOMER: State.TO_CUSTOMER,
    Disposition.HAND_OVER: State.HANDED_OVER,
}

# What may be done with goods of somebody else: keep them apart, or let them go back to whose they are.
FOR_GOODS_OF_OTHERS: Final = frozenset(
    {Disposition.QUARANTINE, Disposition.RETURN_TO_CUSTOMER, Disposition.TO_SUPPLIER, Disposition.HAND_OVER}
)


class UnitNotFound(NotFound):
    """There is no unit with the licence plate {lpn}."""


class GradeUnknown(Invalid):
    """Grade {grade} is not one of A, B, C, D."""


class CodeMalformed(Invalid):
    """{code} is not a code: 1 to 64 letters, digits, dots, colons, dashes or underscores."""


class SerialMalformed(Invalid):
    """A serial number has 1 to 80 printable characters, and {serial} has not."""


class TooManyAnswers(Invalid):
    """An inspection takes {most} answers at most, and this one has {count}."""


class RoundNotNext(Refusal):
    """Unit {lpn} was inspected {done} times; the next round is {next}, not {round}."""


class NotTheRound(Refusal):
    """Unit {lpn} stands after inspection round {now}; round {round} cannot be disposed of."""


class DispositionUnknown(Invalid):
    """{disposition} is not a disposition; the choices are: {choices}."""


class GoodsOfOthers(Refusal):
    """Unit {lpn} belongs to {owner}: it may be kept apart, returned or handed over, not sent to {disposition}."""


class UnitOnHold(Refusal):
    """A hold lies on unit {lpn}; until it is lifted the unit may only be set apart."""


def require_code(code: str) -> str:
    """A code. Raises `CodeMalformed`."""
    if not _CODE.match(code):
        raise CodeMalformed(code=code[:80])
    return code


def require_grade(grade: str) -> str:
    """A grade. Raises `GradeUnknown`."""
    if grade not in GRADES:
        raise GradeUnknown(grade=grade[:40])
    return grade


def require_serial(serial: str) -> str:
    """A serial number, or the empty text for none. Raises `SerialMalformed`."""
    if serial and not _SERIAL.match(serial):
        raise SerialMalformed(serial=serial[:100])
    return serial


def require_answers(answers: Mapping[str, str | int | bool]) -> dict[str, str | int | bool]:
    """Answers as codes and numbers, never free text. Raises `CodeMalformed`, `TooManyAnswers`."""
    if len(answers) > ANSWERS_MAX:
        raise TooManyAnswers(most=ANSWERS_MAX, count=len(answers))
    for question, answer in answers.items():
        require_code(question)
        if isinstance(answer, str):
            require_code(answer)
        elif not isinstance(answer, int):
            raise CodeMalformed(code=str(answer)[:80])
    return dict(answers)


def instant(told: datetime | None, now: datetime) -> datetime:
    """When something happened: as told, and never later than now. Raises `TimeInvalid`."""
    return now if told is None else min(require_instant("happened_at", told), now)


def owner_kind(owner: str) -> str:
    """Whose the goods are, in the words of policies: us, consignor, customer or unknown."""
    return owner if owner in {"us", "consignor", "customer", "unknown"} else "consignor"


def serial_matches(known: str, found: str) -> bool | None:
    """Whether the serial number is the one on record; unknown where either is missing."""
    return None if not known or not found else known == found


def passes(said: bool | None, grade: str, damage_code: str, matches: bool | None) -> bool:
    """Whether a unit passes: as the inspector said, else by what was found."""
    if said is not None:
        return said
    if matches is False:
        return False
    return grade != "D" or damage_code in NOT_THE_CUSTOMERS_DOING


def require_disposition(disposition: str) -> str:
    """A disposition. Raises `DispositionUnknown`."""
    if disposition not in TARGETS:
        raise DispositionUnknown(disposition=disposition[:40], choices=", ".join(TARGETS))
    return disposition


def within_scope(disposition: str, scope: str) -> str:
    """What a disposition means at a node: beside another system of record, restocked goods are handed over."""
    if scope == "returns_only" and disposition == Disposition.RESTOCK:
        return str(Disposition.HAND_OVER)
    return disposition


def require_possible(lpn: str, disposition: str, *, owner: str, on_hold: bool) -> None:
    """Refuse what nobody may do, whatever they may decide. Raises `GoodsOfOthers`, `UnitOnHold`."""
    if owner != "us" and disposition not in FOR_GOODS_OF_OTHERS:
        raise GoodsOfOthers(lpn=lpn, owner=owner, disposition=disposition)
    if on_hold and disposition != Disposition.QUARANTINE:
        raise UnitOnHold(lpn=lpn)


def disposition_facts(unit: Any, *, on_hold: bool, found: str) -> dict[str, Any]:
    """What the disposition policy is told of a unit; `found` is the serial number that its inspection found."""
    ours = unit.owner == "us" and unit.basis != "nil"
    return {
        "brand": unit.brand,
        "family": unit.family,
        "node": unit.node,
        "grade": unit.grade,
        "damage_code": unit.damage_code,
        "unit_cost_minor": (unit.cost_minor + unit.allowance_minor) // unit.quantity if ours else None,
        "currency": unit.currency,
        # Terms are not on record yet: a supplier on record is taken as one who takes defective pieces back.
        "supplier_terms": unit.supplier_id is not None,
        "on_hold": on_hold,
        "owner": owner_kind(unit.owner),
        "serial_matches": serial_matches(unit.serial, found),
    }
