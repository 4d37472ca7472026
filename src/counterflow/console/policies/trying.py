"""Facts as a form: one field a fact by its type, filled from a decision on record, read back into values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from counterflow.policies.explaining import fact_faults
from counterflow.policies.facts import Fact, Type, asked
from counterflow.policies.wording import is_money, is_rate, label, value_words

PREFIX: Final = "f-"
DIGITS_MAX: Final = 16
FLAGS: Final = (("true", "yes"), ("false", "no"))


@dataclass(frozen=True)
class FactField:
    """A fact to be said: its name in a form, its label and meaning, what stands in it, and what is wrong with that."""

    fact: Fact
    text: str
    error: str = ""

    @property
    def name(self) -> str:
        """Its name in a form."""
        return f"{PREFIX}{self.fact.name}"

    @property
    def label(self) -> str:
        """What it is called."""
        return label(self.fact)

    @property
    def options(self) -> Sequence[tuple[str, str]]:
        """What may be chosen; none where it is typed."""
        if self.fact.type not in (Type.FLAG, Type.CHOICE):
            return ()
        unknown = (("", "unknown"),) if self.fact.nullable else ()
        if self.fact.type is Type.FLAG:
            return (*FLAGS, *unknown)
        return (*((choice, value_words(self.fact, choice)) for choice in self.fact.choices), *unknown)

    @property
    def hint(self) -> str:
        """How it is written, where that is not plain."""
        if is_money(self.fact):
            return "An amount, such as 1,250.00"
        if is_rate(self.fact):
            return "In percent"
        return "Unknown where it is empty" if self.fact.nullable and not self.options else ""


@dataclass(frozen=True)
class Given:
    """What was said in a form of facts: fields as they were typed, and the values, where nothing is wrong."""

    fields: Sequence[FactField]
    facts: Mapping[str, Any]

    @property
    def sound(self) -> bool:
        """Whether all of it can be read."""
        return not any(field.error for field in self.fields)


def fields_of(kind: str, facts: Mapping[str, Any]) -> list[FactField]:
    """The form filled with facts; what is not said is unknown, nought, no, or the first choice."""
    return [FactField(fact, text_of(fact, facts.get(fact.name, _plain(fact)))) for fact in asked(kind)]


def read(kind: str, form: Mapping[str, str]) -> Given:
    """What was typed, as values of the facts; what cannot be read is said beside its field."""
    facts: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    typed = {fact.name: form.get(f"{PREFIX}{fact.name}", "").strip()[:200] for fact in asked(kind)}
    for fact in asked(kind):
        try:
            facts[fact.name] = value_of(fact, typed[fact.name])
        except ValueError as error:
            wrong[fact.name] = str(error)
    faults = {**fact_faults(kind, {name: value for name, value in facts.items()}), **wrong}
    return Given([FactField(fact, typed[fact.name], faults.get(fact.name, "")) for fact in asked(kind)], facts)


def value_of(fact: Fact, text: str) -> Any:
    """A value from what was typed: 1,250.00 of money is 125000 minor units. Raises `ValueError` with a sentence."""
    if not text:
        return None
    if fact.type is Type.FLAG:
        return {"true": True, "false": False}.get(text, text)
    if fact.type is not Type.INTEGER:
        return text
    return whole(fact, text)


def whole(fact: Fact, text: str) -> int:
    """A whole number, an amount or a rate as it was typed. Raises `ValueError` with a sentence."""
    scaled = is_money(fact) or is_rate(fact)
    try:
        number = Decimal(text.replace(",", "").replace("\u2212", "-").removesuffix("%").strip())
    except InvalidOperation as error:
        raise ValueError(f"{text} is no number; write it like {'1,250.00' if scaled else '30'}.") from error
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS_MAX:
        raise ValueError(f"{text} is no number that can be counted with.")
    number = number.scaleb(2) if scaled else number
    if number != number.to_integral_value():
        raise ValueError(f"{text} has {'more than two decimals' if scaled else 'decimals; it is a whole number'}.")
    return int(number)


def text_of(fact: Fact, value: Any) -> str:
    """A value as it stands in a field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and (is_money(fact) or is_rate(fact)):
        return f"{Decimal(value).scaleb(-2):.2f}"
    return str(value)


def _plain(fact: Fact) -> Any:
    if fact.nullable:
        return None
    return {Type.FLAG: False, Type.INTEGER: max(0, fact.least)}.get(fact.type, (fact.choices or ("",))[0])
