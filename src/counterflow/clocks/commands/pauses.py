"""Pauses as a command finds them: of which returns and cases, and whose clocks they move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid
from counterflow.returns.rules import RmaNotFound
from counterflow.workqueue.queries import CaseNotFound

Subject = tuple[str, int]


class PauseSubjectUnclear(Invalid):
    """A pause is of a return or of a case; name one of the two and not both."""


@dataclass
class Paused:
    """Pauses in the running state of a batch, by subject and by reference."""

    rmas: dict[str, int]
    cases: set[int]
    pauses: dict[Subject, list[dict[str, Any]]]
    by_reference: dict[str, dict[str, Any]]

    def subject(self, rma: str, case_id: int | None) -> Subject:
        """What a pause is of. Raises `PauseSubjectUnclear`, `RmaNotFound`, `CaseNotFound`."""
        if bool(rma) == (case_id is not None):
            raise PauseSubjectUnclear()
        if case_id is not None:
            if case_id not in self.cases:
                raise CaseNotFound(case_id=case_id)
            return "case", case_id
        if rma not in self.rmas:
            raise RmaNotFound(rma=rma[:80])
        return "rma", self.rmas[rma]

    def add(self, row: dict[str, Any]) -> None:
        """Take up a pause that begins in this batch."""
        self.pauses.setdefault((row["subject_kind"], row["subject_id"]), []).append(row)
        self.by_reference[row["request_ref"]] = row


def find_paused(ctx: Context, asked: Sequence[tuple[str, int | None]], references: Sequence[str]) -> Paused:
    """What these pauses are of, held until the transaction ends so that two cannot begin at once. Three statements."""
    subjects = db.rows(
        "SELECT 'rma' AS kind, id, number AS name FROM returns_rma WHERE number = ANY(%s::text[])"
        " UNION ALL SELECT 'case', id, '' FROM workqueue_case WHERE id = ANY(%s::bigint[]) ORDER BY 2",
        [[rma for rma, _ in asked if rma], [case_id for _, case_id in asked if case_id is not None]],
    )
    # Pauses of one subject begin one after the other; a pause is told by its own row from then on.
    db.rows(
        "SELECT pg_advisory_xact_lock(7032, (s %% 2147483647)::integer) FROM unnest(%s::bigint[]) s",
        [sorted({row.id for row in subjects})],
    )
    known = [
        row._asdict()
        for row in db.rows(
            "SELECT * FROM clocks_pause WHERE subject_id = ANY(%s::bigint[]) OR request_ref = ANY(%s::text[])"
            " ORDER BY id FOR NO KEY UPDATE",
            [sorted({row.id for row in subjects}), list(references)],
        )
    ]
    pauses: dict[Subject, list[dict[str, Any]]] = {}
    for row in known:
        row["content_hash"] = bytes(row["content_hash"])
        pauses.setdefault((row["subject_kind"], row["subject_id"]), []).append(row)
    return Paused(
        {row.name: row.id for row in subjects if row.kind == "rma"},
        {row.id for row in subjects if row.kind == "case"},
        pauses,
        {row["request_ref"]: row for row in known},
    )


def subjects_of(ids: Sequence[int]) -> list[int]:
    """The subjects whose clocks pauses of returns and cases may move. One statement."""
    found = db.rows(
        "SELECT subject_id FROM clocks_clock WHERE rma_id = ANY(%s::bigint[])"
        " UNION SELECT subject_id FROM clocks_clock WHERE subject_id = ANY(%s::bigint[]) ORDER BY 1",
        [list(ids), list(ids)],
    )
    return [row.subject_id for row in found]
