"""No table refuses a customer because of a score: what reads `fraud_score` may ask a person, and nothing harder.

Two ways lead from a score to a refusal, and both are found: a row that reads the score and answers no, and a row
that lets low scores through while the high ones fall to a row below that answers no. A fee of all the money for a
score would be the same by another table.
"""

from collections.abc import Iterator, Sequence

from counterflow.policies import cells
from counterflow.policies.cells import Other
from counterflow.policies.coverage import Box, Column, columns_of, left_over
from counterflow.policies.facts import Kind
from counterflow.policies.tables import Row, Table

SCORE = "fraud_score"
_ALL_BP = 10_000


def refusals_by_score(table: Table) -> Iterator[tuple[str, str]]:
    """Rows by which a score refuses, each with the reason in words. Assumes sound cells."""
    if table.kind == Kind.REFUND:
        yield from _kept_by_score(table)
    if table.kind != Kind.ELIGIBILITY:
        return
    harsh = [row for row in table.rows if reads_score(row) and row.then["answer"] == "no"]
    for row in harsh:
        yield row.id, "a row that reads fraud_score may answer ask, never no: nobody is refused because of a score."
    if not harsh and any(reads_score(row) for row in table.rows):
        yield from _falling(table)


def _kept_by_score(table: Table) -> Iterator[tuple[str, str]]:
    for row in table.rows:
        if reads_score(row) and row.then["restocking_fee_bp"] >= _ALL_BP:
            yield row.id, "a row that reads fraud_score may not keep all of the money: that refuses because of a score."


def reads_score(row: Row) -> bool:
    """Whether a row looks at the score, in its own column or by name in another."""
    return bool(row.when.get(SCORE, "").strip()) or _by_expression(row)


def _by_expression(row: Row) -> bool:
    """Whether a row looks at the score in a way that only the engine understands."""
    return any(
        (name == SCORE or SCORE in cells.names(text)) and isinstance(cells.read(text), Other)
        for name, text in row.when.items()
    )


def _falling(table: Table) -> Iterator[tuple[str, str]]:
    """Rows that let some scores through, where a row below refuses what they do not let through.

    A plain cell lets through up to its highest number. Of an expression nobody knows which scores it lets through.
    """
    columns = columns_of(table)
    boxes = [tuple(column.possible(column.cells[place]) for column in columns) for place in range(len(table.rows))]
    for place, row in enumerate(table.rows):
        missed, which = _missed(row, columns, boxes[place])
        for later in range(place + 1, len(table.rows)):
            if not missed or table.rows[later].then["answer"] != "no":
                continue
            shared: Box = tuple(mine & theirs for mine, theirs in zip(missed, boxes[later], strict=True))
            covers = [
                tuple(column.covering(column.cells[n], column.cells[later]) for column in columns) for n in range(later)
            ]
            if all(shared) and left_over(shared, covers):
                who = table.rows[later].id
                yield row.id, f"{which} scores fall to row {who}, which answers no; a row between has to ask a person."
                break


def _missed(row: Row, columns: Sequence[Column], box: Box) -> tuple[Box, str]:
    """What a row would let through if the score were another, and which those scores are; empty where none are."""
    if _by_expression(row) and row.then["answer"] == "yes":
        return box, "other"
    if not row.when.get(SCORE, "").strip():
        return (), ""
    above = [
        column.beyond(mine) if column.fact.name == SCORE else mine for column, mine in zip(columns, box, strict=True)
    ]
    return tuple(above), "higher"
