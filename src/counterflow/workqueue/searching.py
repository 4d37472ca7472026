"""What people type to find cases: numbers of what they are about, whole or begun, and words of what kind they are.

Every word has to fit. A number fits a case that has it among its facts (as a lexeme of one index, so that its
beginning finds it too), or that is about the return, order, parcel, unit, credit or payout of that number; a word
without a digit fits the kinds that say it, and what begins so.
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
_BEGINS: Final = "array_to_tsvector({}.numbers) @@ %s::tsquery"
# Found first and as a set, so that the order of the list is not walked for what is rare.
_NUMBERED: Final = f"""
c.id = ANY(ARRAY(
    SELECT n.id FROM workqueue_case n WHERE {_BEGINS.format("n")}
    UNION ALL SELECT s.id FROM workqueue_case s WHERE s.subject_id = ANY(ARRAY({_SUBJECTS}))
    UNION ALL SELECT %s::bigint
))"""


def conditions(search: str) -> tuple[list[str], list[Any]]:
    """Conditions on `c`, and what they take: one for each of the first words that were typed."""
    typed = " ".join(search.split())[:200]
    if case := _CASE.fullmatch(typed.lower()):
        return ["c.id = %s"], [id_of(case[1]) or 0]
    texts, params = [], []
    for word in typed.split(" ")[:WORDS_MAX] if typed else ():
        text, given = _fits(word)
        texts.append(text)
        params += given
    return texts, params


def _fits(word: str) -> tuple[str, list[Any]]:
    """What a word means: a number where it has a digit, else a word of kinds or the beginning of a number."""
    small = word.lower()
    if any(char.isdigit() for char in word):
        return _NUMBERED, [_lexeme(small), sorted({word, small, word.upper()}), id_of(word) or 0]
    begins = _BEGINS.format("c")
    if kinds := _kinds_saying(small):
        return f"(c.kind = ANY(%s::text[]) OR {begins})", [kinds, _lexeme(small)]
    return begins, [_lexeme(small)]


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
