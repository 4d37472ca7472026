"""Write docs/reference/case-kinds.md: every kind of case, who works it, what is done, what helps and how it ends.

    python tools/case_kinds.py

A test fails while the page is not current.
"""

from pathlib import Path

from counterflow.access.roles import ROLES
from counterflow.workqueue.guides import ACTIONS, COMMON, SETTLED, Outcome
from counterflow.workqueue.kinds import KINDS, QUEUES, CaseKind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "case-kinds.md"
HEAD = """# Kinds of cases

Written by `tools/case_kinds.py` from `workqueue/kinds.py` and `workqueue/guides.py`; change those. How cases are worked
stands in [the work queue](../concepts/work-queue.md). The console shows the same at `/cases/kinds`, the API at
`/api/v1/case-kinds`.

Closing refuses an outcome that the kind does not have. Codes stay valid, because closed cases hold them.
"""


def outcomes(rows: tuple[Outcome, ...]) -> str:
    """Outcomes as a table."""
    return "\n".join(["| outcome | meaning |", "|---|---|", *(f"| `{row.code}` | {row.meaning} |" for row in rows)])


def _kept(kind: CaseKind) -> str:
    return f" Seen only with the permission `{kind.needs}`." if kind.needs else ""


def section(kind: CaseKind) -> str:
    """One kind."""
    owner = ROLES[kind.owner_role].name.lower()
    return "\n\n".join(
        [
            f"### {kind.code}",
            f"{kind.meaning}. Worked by the {owner}, {kind.severity.name.lower()}. {kind.opened}{_kept(kind)}",
            "\n".join(f"- {ACTIONS[code]}" for code in kind.guide.actions),
            f"What helps: {'; '.join(words[0].lower() + words[1:] for words in kind.guide.evidence)}.",
            outcomes(kind.guide.outcomes),
        ]
    )


def text() -> str:
    """The whole page."""
    parts = [HEAD.rstrip()]
    parts += ["## Outcomes of every kind", outcomes(COMMON)]
    parts += ["## Outcomes of cases that nobody closed", "They were merged, or their cause is gone.", outcomes(SETTLED)]
    for queue in QUEUES:
        parts.append(f"## Queue: {queue}")
        parts += [section(kind) for kind in KINDS.values() if kind.queue == queue]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
