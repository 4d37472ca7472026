"""No table refuses a customer because of a score: what reads `fraud_score` may ask a person, and nothing harder.

Two ways lead from a score to a refusal, and both are found: a row that reads the score and answers no, and a row
that lets low scores through while the high ones fall to a row below that answers no.
"""

from collections.abc import Iterator

from counterflow.policies import cells
from counterflow.policies.coverage import Box, columns_of, left_over
from counterflow.policies.facts import Kind
from counterflow.policies.tables import Row, Table

SCORE = "fraud_score"


def refusals_by_score(table: Table) -> Iterator[tuple[str, str]]:
    """Rows by which a score refuses, each with the reason in words. Assumes sound cells."""
    if table.kind != Kind.ELIGIBILITY:
        return
    harsh = [row for row in table.rows if reads_score(row) and row.then["answer"] == "no"]
    for row in harsh:
        yield row.id, "a row that reads fraud_score may answer ask, never no: nobody is refused because of a score."
    if not harsh and SCORE in table.inputs:
        yield from _falling(table)


def reads_score(row: Row) -> bool:
    """Whether a row looks at the score, in its own column or by name in another."""
    return bool(row.when.get(SCORE, "").strip()) or any(SCORE in cells.names(text) for text in row.when.values())


def _falling(table: Table) -> Iterator[tuple[str, str]]:
    """Rows whose cell stops below the highest score, where a row below refuses what it does not let through."""
    columns = columns_of(table)
    score = table.inputs.index(SCORE)
    boxes = [tuple(column.possible(column.cells[place]) for column in columns) for place in range(len(table.rows))]
    for place, row in enumerate(table.rows):
        if not row.when.get(SCORE, "").strip() or not (above := columns[score].beyond(boxes[place][score])):
            continue
        for later in range(place + 1, len(table.rows)):
            if table.rows[later].then["answer"] != "no":
                continue
            shared: Box = tuple(
                above & theirs if n == score else mine & theirs
                for n, (mine, theirs) in enumerate(zip(boxes[place], boxes[later], strict=True))
            )
            covers = [
                tuple(column.covering(column.cells[n], column.cells[later]) for column in columns) for n in range(later)
            ]
            if all(shared) and left_over(shared, covers):
                who = table.rows[later].id
                yield row.id, f"higher scores fall to row {who}, which answers no; a row between has to ask a person."
                break
