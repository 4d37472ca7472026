"""The laws of evidence: every photo was kept by a command that the audit knows, when it says."""

from typing import Final

from counterflow.kernel.laws import Law

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
]
