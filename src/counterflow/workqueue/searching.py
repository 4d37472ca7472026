"""What people type to find cases: numbers of what they are about, whole or begun, and words of what kind they are.

Every word has to fit. A number fits a case that has it among its facts (as a lexeme of one index, so that its
beginning finds it too), or that is about the return, order, parcel, unit, credit or payout of that number; a word fits
the kinds that say it.
"""

import re
from typing import Any, Final

from counterflow.kernel.found import id_of
from counterflow.workqueue.kinds import KINDS

WORDS_MAX: Final = 5
BEGINNING_MIN: Final = 3
_CASE: Final = re.compile(r"(?:case\s*#?|#)\s*([0-9]+)")
# Rooms above own these; a case knows of its subject but the id. Each is found by an index of its own.
_SUBJECTS: Final = """
WITH wanted AS (SELECT unnest(%s::text[]) AS number),
orders AS (
    SELECT o.id FROM wanted w CROSS JOIN orders_channel c
    JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
),
rmas AS (
    SELECT r.id FROM wanted w JOIN returns_rma r ON r.number = w.number
    UNION SELECT r.id FROM orders o JOIN returns_rma r ON r.order_id = o.id
),
credits AS (SELECT c.id FROM rmas r JOIN refunds_credit c ON c.rma_id = r.id)
SELECT id FROM rmas
UNION ALL SELECT id FROM credits
UNION ALL SELECT p.id FROM credits c JOIN refunds_payout p ON p.credit_id = c.id
UNION ALL SELECT u.id FROM wanted w JOIN receiving_unit u ON u.lpn = w.number
UNION ALL SELECT p.id FROM wanted w JOIN logistics_parcel p ON p.tracking = w.number
UNION ALL SELECT f.id FROM orders o JOIN orders_tender t ON t.order_id = o.id
    JOIN refunds_moneyfact f ON f.tender_id = t.id
"""
_NUMBERS: Final = "array_to_tsvector(c.numbers) @@ %s::tsquery"


def conditions(search: str) -> tuple[list[str], list[Any]]:
    """A condition on `c`, and what it takes: all that was typed is one number, or each of its first words fits."""
    typed = " ".join(search.split())[:200]
    if case := _CASE.fullmatch(typed.lower()):
        return ["c.id = %s"], [id_of(case[1]) or 0]
    words = typed.split(" ")[:WORDS_MAX] if typed else []
    fitting = [_fits(word) for word in words]
    every = " AND ".join(f"({' OR '.join(parts)})" for parts, _ in fitting)
    params = [value for _, given in fitting for value in given]
    if len(words) < 2:
        return ([every] if every else []), params
    whole, given = _fits(typed)
    return [f"({' OR '.join(whole)} OR {every})"], [*given, *params]


def _fits(word: str) -> tuple[list[str], list[Any]]:
    small = word.lower()
    parts: list[str] = [_NUMBERS]
    params: list[Any] = [_lexeme(small)]
    if kinds := _kinds_saying(small):
        parts.append("c.kind = ANY(%s::text[])")
        params.append(kinds)
    if any(char.isdigit() for char in word):
        parts.append(f"c.subject_id = ANY(ARRAY({_SUBJECTS}))")
        params.append(sorted({word, small, word.upper()}))
    if (number := id_of(word)) is not None:
        parts.append("c.id = %s")
        params.append(number)
    return parts, params


def _lexeme(word: str) -> str:
    """A word as a query of the index: what begins with it, where it is long enough to say something."""
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*" if len(word) >= BEGINNING_MIN else f"'{quoted}'"


def _kinds_saying(word: str) -> list[str]:
    """The kinds whose code, queue or meaning has a word that begins so."""
    if len(word) < BEGINNING_MIN:
        return []
    said = {
        kind.code: re.findall(r"[a-z]+", f"{kind.code} {kind.queue} {kind.meaning}".lower()) for kind in KINDS.values()
    }
    return [code for code, words in said.items() if any(one.startswith(word) for one in words)]
