"""The laws of evidence: all of it was kept by a command that the audit knows, when it says."""

from typing import Final

from counterflow.evidence.documents import SORTS
from counterflow.kernel.laws import Law

_SORTS: Final = ", ".join(f"'{code}'" for code in SORTS)

LAWS: Final[list[Law]] = [
    Law(
        "evidence.photos_have_commands",
        "Every photo was recorded by a command that the audit knows, and happened no later.",
        """
        SELECT format('photo %s: command %s is not on record, or it happened later', p.id, p.command_id) AS what
        FROM evidence_photo p
        LEFT JOIN kernel_commandrecord c ON c.id = p.command_id AND c.at = p.recorded_at
        WHERE c.id IS NULL OR p.happened_at > p.recorded_at OR p.erased_at < p.recorded_at
        """,
        "SELECT count(*) FROM evidence_photo",
    ),
    Law(
        "evidence.documents_have_commands",
        "Every document was recorded by a command that the audit knows, and is of a sort that we take.",
        f"""
        SELECT format('document %s: command %s is not on record, or it is a %s', d.id, d.command_id, d.sort) AS what
        FROM evidence_document d
        LEFT JOIN kernel_commandrecord c ON c.id = d.command_id AND c.at = d.recorded_at
        WHERE c.id IS NULL OR d.erased_at < d.recorded_at OR d.sort NOT IN ({_SORTS})
        """,
        "SELECT count(*) FROM evidence_document",
    ),
]
