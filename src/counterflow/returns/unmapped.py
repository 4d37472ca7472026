"""Words for a reason that returns came with and nobody has mapped: what waits because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.catalog.rules import reason_key
from counterflow.kernel import db

CASES_READ = 5_000
SHOWN_EACH = 5


@dataclass(frozen=True)
class UnmappedWord:
    """A channel's word in its normal form, one way it was written, and the returns that wait for its meaning."""

    source: str
    text: str
    example: str
    lines: int
    rmas: tuple[str, ...]
    oldest: datetime
    means: str


_WAITING = """
SELECT ch.code AS source, p.body ->> 'words' AS words, r.number, c.opened_at
FROM (SELECT subject_id, opened_at FROM workqueue_case
      WHERE state = 'open' AND kind = 'unmapped_code' AND subject_kind = 'rma' ORDER BY severity, id LIMIT %s) c
JOIN returns_rma r ON r.id = c.subject_id
JOIN orders_channel ch ON ch.id = r.channel_id
JOIN returns_rmaline l ON l.rma_id = r.id AND l.reason_code = ''
JOIN kernel_payload p ON p.subject_id = l.id AND p.kind = 'return_reason' AND p.erased_at IS NULL
ORDER BY c.opened_at, r.id, l.line_no
"""
_MEANT = """
SELECT m.source, m.text, r.code FROM catalog_reasonmapping m JOIN catalog_reasoncode r ON r.id = m.reason_id
WHERE r.kind = 'return' AND (m.source, m.text) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


def unmapped_words() -> list[UnmappedWord]:
    """Words of returns that wait because nobody mapped them, the most frequent first.

    `means` is our code where a word was mapped since; its returns still wait for a person. Two statements, over
    at most `CASES_READ` open cases.
    """
    rows: dict[tuple[str, str], list[db.Row]] = {}
    for row in db.rows(_WAITING, [CASES_READ]):
        rows.setdefault((row.source, reason_key(row.words or "")), []).append(row)
    meant = _meant(list(rows))
    found = [
        UnmappedWord(
            source,
            text,
            said[0].words or "",
            len(said),
            tuple(dict.fromkeys(row.number for row in said)),
            said[0].opened_at,
            meant.get((source, text), ""),
        )
        for (source, text), said in rows.items()
    ]
    return sorted(found, key=lambda word: (-word.lines, word.source, word.text))


def _meant(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    found = db.rows(_MEANT, [[source for source, _ in keys], [text for _, text in keys]])
    return {(row.source, row.text): row.code for row in found}


def settled_by_mapping(words: Sequence[UnmappedWord]) -> dict[str, str]:
    """Returns all of whose unknown words are mapped by now, with our code of the first; they wait for a person only."""
    codes: dict[str, list[str]] = {}
    for word in words:
        for rma in word.rmas:
            codes.setdefault(rma, []).append(word.means)
    return {rma: means[0] for rma, means in codes.items() if all(means)}
