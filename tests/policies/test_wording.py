"""Cells, facts and answers read as sentences."""

import pytest

from counterflow.policies import wording
from counterflow.policies.facts import ANSWER, FACTS, Kind
from counterflow.policies.tables import shipped

REFUND, ELIGIBILITY = wording.facts_of("refund"), wording.facts_of("eligibility")


@pytest.mark.parametrize(
    ("fact", "text", "words"),
    [
        ("value_minor", ">= 200000", "at least 2,000.00"),
        ("value_minor", "[1500..3000)", "15.00 to 29.99"),
        ("order_age_days", "<= 14", "at most 14"),
        ("order_age_days", "null", "unknown"),
        ("order_age_days", "!= null", "known"),
        ("order_age_days", "7", "7"),
        ("reason_code", "'wrong_item', 'defective'", "defective or wrong item"),
        ("customer_segment", "not in ['business']", "not business"),
        ("zone", "'uk', 'eea'", "EEA or UK"),
        ("final_sale", "true", "yes"),
        ("sold_mmdd", ">= 1101", "from 1 Nov"),
        ("country", "null, 'DE'", "DE or unknown"),
        ("value_minor", "$ > 3 and $ < 9", "Value > 3 and Value < 9"),
        ("order_age_days", "$ * 12 <= warranty_months * 365", "Days since delivery * 12 <= Warranty months * 365"),
        ("brand", "startsWith($, 'brand')", "startsWith(Brand, 'brand')"),
        ("brand", "", ""),
    ],
)
def test_a_cell_in_words(fact: str, text: str, words: str) -> None:
    assert wording.cell_words(REFUND[fact], text) == words


def test_values_in_words() -> None:
    parts = {part.name: part for part in ANSWER["refund"]}
    assert wording.value_words(parts["restocking_fee_bp"], 1_500) == "15 %"
    assert wording.value_words(parts["restocking_fee_bp"], 0) == "0 %"
    assert wording.value_words(parts["milestone"], "carrier_scan") == "carrier scan"
    assert wording.value_words(parts["returnless"], False) == "no"
    assert wording.condition_words(ELIGIBILITY["blind"], "") == "No sale behind it: any"


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_question_and_its_columns_differ_in_words(kind: Kind) -> None:
    assert wording.QUESTIONS[kind].endswith("?")
    for facts in (FACTS[kind], ANSWER[kind]):
        assert len({wording.label(fact) for fact in facts}) == len(facts)
    facts_of = wording.facts_of(kind)
    said = [wording.cell_words(facts_of[n], cell) for row in shipped(kind).rows for n, cell in row.when.items()]
    assert all(said)
    assert not [words for words in said if "'" in words]
