"""What each kind of decision table may ask about, and what it may answer.

An allow-list: a table that names anything else is refused, and so is a fact of another type. No fact
is personal data, because facts are stored with each decision for ever. Money is in integer minor
units of the `currency` beside it; answers are codes, integers, rates in basis points or yes and no.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from counterflow.access.roles import ROLES


class Kind(StrEnum):
    """The questions that a table can answer."""

    ELIGIBILITY = "eligibility"
    REFUND = "refund"
    DISPOSITION = "disposition"
    ROUTING = "routing"
    INSPECTION_PLAN = "inspection_plan"
    APPROVAL = "approval"
    SLA = "sla"
    FRAUD = "fraud"


ADDED_UP = frozenset({Kind.FRAUD})
"""Kinds whose rows all count: every row that fits adds its part. In the others the first row that fits answers."""


class Type(StrEnum):
    """Types of facts and answers."""

    CODE = "code"
    CHOICE = "choice"
    INTEGER = "integer"
    FLAG = "flag"


@lru_cache(maxsize=100_000)
def _written_like(pattern: str, code: str) -> bool:
    """Codes are few and are asked about with every decision."""
    return re.fullmatch(pattern, code) is not None


@dataclass(frozen=True)
class Fact:
    """One thing a table may ask about, or one part of its answer.

    `choices` lists the words of a `CHOICE`; `pattern` what a `CODE` looks like; `least` and `most`
    bound an `INTEGER`. A fact that may be unknown is `nullable`: null, or left out, is then its value.
    """

    name: str
    type: Type
    meaning: str
    choices: tuple[str, ...] = ()
    nullable: bool = False
    pattern: str = r"^[^\x00-\x1f]{1,120}$"
    least: int = -(10**15)
    most: int = 10**15

    def matches(self, code: str) -> bool:
        """Whether a code is written as it should be."""
        return _written_like(self.pattern, code)

    def schema(self) -> dict[str, Any]:
        """This fact as JSON Schema."""
        if self.type is Type.CHOICE:
            return {"enum": [*self.choices, *([None] if self.nullable else [])]}
        name = {Type.CODE: "string", Type.INTEGER: "integer", Type.FLAG: "boolean"}[self.type]
        schema: dict[str, Any] = {"type": [name, "null"] if self.nullable else name}
        if self.type is Type.CODE:
            schema["pattern"] = self.pattern
        if self.type is Type.INTEGER:
            schema |= {"minimum": self.least, "maximum": self.most}
        return schema


CHANNELS = ("own_shop", "marketplace", "b2b", "store")
ANSWERS = ("yes", "no", "ask")
MILESTONES = ("authorised", "carrier_scan", "received", "inspected")
METHODS = ("original", "store_credit")
GRADES = ("A", "B", "C", "D")
OWNERS = ("us", "consignor", "customer", "unknown")
DISPOSITIONS = (
    "restock",
    "refurbish",
    "scrap",
    "to_supplier",
    "secondary",
    "quarantine",
    "return_to_customer",
)
COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
WORD = r"^[a-z0-9_]{1,64}$"

_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
ACTS = (
    "refund_early",
    "goodwill",
    "policy_override",
    "disposition_override",
    "disposition",
    "adjustment",
    "write_off",
    "manual_entry",
    "policy_activation",
    "policy_end",
    "replacement_early",
)
STAGES = (
    "asked",
    "label",
    "in_transit",
    "received",
    "inspected",
    "set_apart",
    "credit_due",
    "payout",
    "case",
)
SEVERITIES = ("low", "normal", "high", "critical")
AGREEING = tuple(code for code, role in ROLES.items() if "approvals.decide" in role.permissions)
"""Roles whose people may agree to what others ask for; a table that wanted another would wait for nobody."""
DESTINATIONS = ("origin", "nearest", "named")
LABELS = ("prepaid", "customer_pays", "none")
_ZONE_OF = {country: "eea" for country in _EEA.split()} | {"GB": "uk", "CH": "ch", "US": "us"}
ZONES = ("eea", "uk", "ch", "us", "other", "unknown")

_SCOPE = (
    Fact("brand", Type.CODE, "brand the item was sold under", nullable=True),
    Fact("family", Type.CODE, "item family: apparel, electronics and so on", nullable=True),
)
_SALE = (
    Fact("channel_kind", Type.CHOICE, "how it was sold", CHANNELS),
    Fact("reason_code", Type.CODE, "why it comes back, as the catalog's reason codes say", nullable=True),
    Fact("customer_segment", Type.CODE, "consumer, business, vip and so on", nullable=True),
    Fact("order_age_days", Type.INTEGER, "whole days since delivery; negative if it came back before", nullable=True),
    Fact("value_minor", Type.INTEGER, "what was invoiced for the pieces asked about, tax included", least=0),
    Fact("currency", Type.CODE, "currency of value_minor", nullable=True, pattern=CURRENCY),
    Fact("country", Type.CODE, "country the customer bought from", nullable=True, pattern=COUNTRY),
    Fact("zone", Type.CHOICE, "consumer law that applies; derived from country", ZONES),
    Fact("final_sale", Type.FLAG, "sold as final sale"),
    Fact("blind", Type.FLAG, "arrived with no sale behind it"),
    Fact(
        "sold_mmdd",
        Type.INTEGER,
        "month and day of the sale as one number, 1224 for Christmas Eve",
        nullable=True,
        least=101,
        most=1231,
    ),
    Fact("warranty_months", Type.INTEGER, "warranty promised for the item", nullable=True, least=0, most=600),
    Fact("fraud_score", Type.INTEGER, "what the fraud table adds up to, at most 100", nullable=True, least=0, most=100),
)

FACTS: Mapping[str, tuple[Fact, ...]] = {
    Kind.ELIGIBILITY: (
        *_SCOPE,
        *_SALE,
        Fact("days_left_of_window", Type.INTEGER, "days left of a longer window promised at sale", nullable=True),
        Fact("quantity_left", Type.INTEGER, "pieces of the sale not yet returned or authorised", least=0),
        Fact("opened", Type.FLAG, "the hygiene or content seal is broken", nullable=True),
    ),
    Kind.REFUND: (
        *_SCOPE,
        *_SALE,
        Fact("serial_tracked", Type.FLAG, "each piece has a serial number"),
    ),
    Kind.DISPOSITION: (
        *_SCOPE,
        Fact("node", Type.CODE, "where the unit stands", nullable=True),
        Fact("grade", Type.CHOICE, "quality found at inspection", GRADES, nullable=True),
        Fact("damage_code", Type.CODE, "what is wrong with it, if anything", nullable=True),
        Fact("unit_cost_minor", Type.INTEGER, "what it stands in the books for", nullable=True, least=0),
        Fact("currency", Type.CODE, "currency of unit_cost_minor", nullable=True, pattern=CURRENCY),
        Fact("supplier_terms", Type.FLAG, "the supplier takes defective pieces back"),
        Fact("on_hold", Type.FLAG, "a recall or another hold lies on it"),
        Fact("owner", Type.CHOICE, "whose it is", OWNERS),
        Fact("serial_matches", Type.FLAG, "the serial number is the one sold", nullable=True),
    ),
    Kind.ROUTING: (
        *_SCOPE,
        *_SALE,
        Fact("hazardous", Type.FLAG, "carriers treat it as dangerous goods", nullable=True),
        Fact("weight_g", Type.INTEGER, "weight of one piece in grams", nullable=True, least=0),
    ),
    Kind.INSPECTION_PLAN: (
        *_SCOPE,
        Fact("node", Type.CODE, "where the unit stands", nullable=True),
        Fact("reason_code", Type.CODE, "why it comes back, as the customer says", nullable=True),
        Fact(
            "found",
            Type.CODE,
            "how it relates to what was expected: expected, excess, wrong_item, blind",
            nullable=True,
        ),
        Fact("value_minor", Type.INTEGER, "what was invoiced for the unit, tax included", nullable=True, least=0),
        Fact("currency", Type.CODE, "currency of value_minor", nullable=True, pattern=CURRENCY),
        Fact("serial_tracked", Type.FLAG, "each piece has a serial number"),
        Fact("fraud_score", Type.INTEGER, "what the fraud table adds up to", nullable=True, least=0, most=100),
    ),
    Kind.APPROVAL: (
        *_SCOPE,
        Fact("act", Type.CHOICE, "what is asked for", ACTS),
        Fact("value_minor", Type.INTEGER, "money at stake", least=0),
        Fact(
            "total_minor",
            Type.INTEGER,
            "the same with what went before: goodwill of the order, or refunds of the return before their milestone",
            nullable=True,
            least=0,
        ),
        Fact("currency", Type.CODE, "currency of value_minor", nullable=True, pattern=CURRENCY),
        Fact("reason_code", Type.CODE, "why it is asked for", nullable=True),
        Fact("node", Type.CODE, "where the goods stand", nullable=True),
        Fact("grade", Type.CHOICE, "quality found at inspection", GRADES, nullable=True),
        Fact("damage_code", Type.CODE, "what is wrong with the goods, if anything", nullable=True),
        Fact(
            "fraud_score",
            Type.INTEGER,
            "what the fraud table adds up to for the return it is about",
            nullable=True,
            least=0,
            most=100,
        ),
        Fact("policy_kind", Type.CODE, "kind of the policy concerned", nullable=True),
    ),
    Kind.SLA: (
        *_SCOPE,
        Fact("stage", Type.CHOICE, "what is being waited for", STAGES),
        Fact("case_kind", Type.CODE, "kind of the case, where the stage is one", nullable=True),
        Fact("severity", Type.CHOICE, "severity of the case", SEVERITIES, nullable=True),
        Fact("channel_kind", Type.CHOICE, "how it was sold", CHANNELS, nullable=True),
        Fact("customer_segment", Type.CODE, "consumer, business, vip and so on", nullable=True),
        Fact("zone", Type.CHOICE, "consumer law that applies", ZONES, nullable=True),
        Fact("node", Type.CODE, "where the goods stand", nullable=True),
        Fact("value_minor", Type.INTEGER, "money at stake", nullable=True, least=0),
        Fact("currency", Type.CODE, "currency of value_minor", nullable=True, pattern=CURRENCY),
    ),
    Kind.FRAUD: (
        *_SCOPE,
        Fact("channel_kind", Type.CHOICE, "how it was sold", CHANNELS),
        Fact("reason_code", Type.CODE, "why it comes back, as the customer says", nullable=True),
        Fact("customer_segment", Type.CODE, "consumer, business, vip and so on", nullable=True),
        Fact("value_minor", Type.INTEGER, "what was invoiced for the pieces asked about", least=0),
        Fact("currency", Type.CODE, "currency of value_minor", nullable=True, pattern=CURRENCY),
        Fact("orders_365", Type.INTEGER, "orders of the customer in a year, this one included", least=0),
        Fact("returns_365", Type.INTEGER, "returns the customer asked for in a year", least=0),
        Fact("return_rate_bp", Type.INTEGER, "pieces returned of pieces bought in a year, in basis points", least=0),
        Fact("returned_minor", Type.INTEGER, "value of what came back in a year", least=0),
        Fact("linked_accounts", Type.INTEGER, "other accounts with the same email, phone or address", least=0),
        Fact("linked_by_email", Type.INTEGER, "of them, those with the same email", nullable=True, least=0),
        Fact("linked_by_phone", Type.INTEGER, "of them, those with the same phone", nullable=True, least=0),
        Fact("linked_by_address", Type.INTEGER, "of them, those with the same address", nullable=True, least=0),
        Fact("linked_return_rate_bp", Type.INTEGER, "pieces returned of pieces bought, over linked accounts", least=0),
        Fact("serial_mismatches", Type.INTEGER, "units that came back with another serial in a year", least=0),
        Fact("empty_boxes", Type.INTEGER, "parcels that came back without what was announced, in a year", least=0),
        Fact("claims_after_delivery", Type.INTEGER, "claims of not received where delivery was proved", least=0),
        Fact("first_order", Type.FLAG, "the customer's first order"),
        Fact("order_age_days", Type.INTEGER, "whole days since delivery", nullable=True),
    ),
}

ANSWER: Mapping[str, tuple[Fact, ...]] = {
    Kind.ELIGIBILITY: (
        Fact("answer", Type.CHOICE, "yes, no, or ask a person", ANSWERS),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
        Fact("window_days", Type.INTEGER, "length of the window that applies", nullable=True, least=0, most=36_500),
    ),
    Kind.REFUND: (
        Fact("milestone", Type.CHOICE, "what releases the credit", MILESTONES),
        Fact("method", Type.CHOICE, "how it is met", METHODS),
        Fact("restocking_fee_bp", Type.INTEGER, "fee in basis points of the goods' value", least=0, most=10_000),
        Fact("shipping_refundable", Type.FLAG, "outbound shipping is credited as well"),
        Fact("returnless", Type.FLAG, "the customer keeps the goods"),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.DISPOSITION: (
        Fact("disposition", Type.CHOICE, "where the unit goes", DISPOSITIONS),
        Fact("needs_approval", Type.FLAG, "a second person has to agree"),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.ROUTING: (
        Fact(
            "to",
            Type.CHOICE,
            "where it goes: where it came from, the nearest node that can, or the one named",
            DESTINATIONS,
        ),
        Fact("node", Type.CODE, "the node, where one is named", nullable=True),
        Fact("label", Type.CHOICE, "who pays for the way back", LABELS),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.INSPECTION_PLAN: (
        Fact("plan", Type.CODE, "code of the inspection plan; unknown for the one of the item's family", nullable=True),
        Fact("second_look", Type.FLAG, "another person has to inspect it as well"),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.APPROVAL: (
        Fact("approvers", Type.INTEGER, "how many other people have to agree; 0 for none", least=0, most=2),
        Fact("role", Type.CHOICE, "role of the first who agrees; unknown for any of them", AGREEING, nullable=True),
        Fact("second_role", Type.CHOICE, "role of the second who agrees", AGREEING, nullable=True),
        Fact("expires_hours", Type.INTEGER, "hours after which nobody can agree any more", least=1, most=8_760),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.SLA: (
        Fact("due_hours", Type.INTEGER, "working hours until it is late", least=1, most=8_760),
        Fact("warn_hours", Type.INTEGER, "working hours before that when it is warned of", least=0, most=8_760),
        Fact("escalate_to", Type.CHOICE, "role that gets it when it is late", tuple(ROLES), nullable=True),
        Fact("opens_case", Type.FLAG, "a case is opened when it is late"),
        Fact("around_the_clock", Type.FLAG, "nights, weekends and holidays count"),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
    Kind.FRAUD: (
        Fact("points", Type.INTEGER, "what it adds to the score", least=-100, most=100),
        Fact("code", Type.CODE, "why, as a word that programs read", pattern=WORD),
    ),
}


_ZONED = frozenset({Kind.ELIGIBILITY, Kind.REFUND, Kind.ROUTING})


def asked(kind: str) -> tuple[Fact, ...]:
    """The facts of a kind that somebody has to say; what follows from another fact is left out."""
    return tuple(fact for fact in FACTS[kind] if not (kind in _ZONED and fact.name == "zone"))


def zone_of(country: str | None) -> str:
    """The consumer law that applies to a country: eea, uk, ch, us, other, or unknown."""
    return "unknown" if country is None else _ZONE_OF.get(country, "other")


def completed(kind: str, facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Facts as tables see them: what no table can read is unknown, and what follows from other facts is added.

    A family called "Home & Garden" is no code; one such item must not keep a whole batch from being decided.
    """
    codes = {fact.name: fact for fact in FACTS[kind] if fact.type is Type.CODE and fact.nullable}
    records = [{name: _known(codes.get(name), value) for name, value in record.items()} for record in facts]
    if kind in _ZONED:
        for record in records:
            record["zone"] = zone_of(record.get("country"))
    return records


def _known(code: Fact | None, value: Any) -> Any:
    """A fact's value; None for an empty text, and for a text that is no code where one is meant."""
    if value == "" or (code is not None and isinstance(value, str) and not code.matches(value)):
        return None
    return value


def schema_of(kind: str) -> dict[str, Any]:
    """The record of facts of a kind as JSON Schema; nothing beyond the list is let in."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "required": [fact.name for fact in FACTS[kind] if not fact.nullable],
        "properties": {fact.name: fact.schema() for fact in FACTS[kind]},
    }
