"""The life of a version of a policy."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Version(StrEnum):
    """Where a version of a policy stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ACTIVE = "active"
    RETIRED = "retired"


POLICY = Machine(
    "policy version",
    start={Version.DRAFT},
    final={Version.RETIRED},
    moves=[
        # action    from               to
        ("submit", Version.DRAFT, Version.IN_REVIEW),
        ("reject", Version.IN_REVIEW, Version.DRAFT),
        ("approve", Version.IN_REVIEW, Version.APPROVED),
        ("activate", Version.APPROVED, Version.ACTIVE),
        ("retire", Version.ACTIVE, Version.RETIRED),
        ("publish", Version.DRAFT, Version.ACTIVE),
    ],
)
