"""Words for a reason that returns came with and nobody has mapped: what they are, and what waits because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.catalog.rules import reason_key
from counterflow.kernel import db

LINES_READ = 5_000


@dataclass(frozen=True)
class UnmappedWord:
    """A channel's word in its normal form, one way it was written, how often it came, and what waits for its meaning.

    `means` is our code where the word was mapped since.
    """

    source: str
    text: str
    example: str
    lines: int
    waiting: tuple[str, ...]
    newest: datetime
    means: str


_LINES = """
SELECT ch.code AS source, p.body ->> 'words' AS words, r.number, r.state = 'requested' AS waits, r.recorded_at
FROM (SELECT id, rma_id FROM returns_rmaline WHERE reason_code = '' ORDER BY id DESC LIMIT %s) l
JOIN returns_rma r ON r.id = l.rma_id
JOIN orders_channel ch ON ch.id = r.channel_id
JOIN kernel_payload p ON p.subject_id = l.id AND p.kind = 'return_reason' AND p.erased_at IS NULL
ORDER BY l.id DESC
"""
_MEANT = """
SELECT m.source, m.text, r.code FROM catalog_reasonmapping m JOIN catalog_reasoncode r ON r.id = m.reason_id
WHERE r.kind = 'return' AND (m.source, m.text) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


def unmapped_words() -> list[UnmappedWord]:
    """Words of returns that nobody had mapped when they came; those that returns wait for first, then the frequent.

    Two statements, over the newest `LINES_READ` such lines.
    """
    rows: dict[tuple[str, str], list[db.Row]] = {}
    for row in db.rows(_LINES, [LINES_READ]):
        rows.setdefault((row.source, reason_key(row.words or "")), []).append(row)
    meant = _meant(list(rows))
    found = [
        UnmappedWord(
            source,
            text,
            said[0].words or "",
            len(said),
            tuple(dict.fromkeys(row.number for row in said if row.waits)),
            said[0].recorded_at,
            meant.get((source, text), ""),
        )
        for (source, text), said in rows.items()
    ]
    return sorted(found, key=lambda word: (not word.waiting, -word.lines, word.source, word.text))


def _meant(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    found = db.rows(_MEANT, [[source for source, _ in keys], [text for _, text in keys]])
    return {(row.source, row.text): row.code for row in found}


def settled_by_mapping(words: Sequence[UnmappedWord]) -> dict[str, str]:
    """Returns that wait although all their words are mapped by now, with our code of the first."""
    codes: dict[str, list[str]] = {}
    for word in words:
        for rma in word.waiting:
            codes.setdefault(rma, []).append(word.means)
    return {rma: means[0] for rma, means in codes.items() if all(means)}
