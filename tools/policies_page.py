"""Write the generated part of docs/concepts/policies.md: what each kind of table asks, answers and says.

    python tools/policies_page.py

A test fails while the page is not current.
"""

from pathlib import Path

from counterflow.policies.facts import ANSWER, FACTS, Fact, Kind, Type
from counterflow.policies.tables import shipped

PAGE = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "policies.md"
WORDS = {Type.CODE: "code", Type.INTEGER: "whole number", Type.FLAG: "true, false"}


def values(fact: Fact) -> str:
    """What a fact or a part of an answer can be."""
    return (", ".join(fact.choices) or WORDS[fact.type]) + (", or unknown" if fact.nullable else "")


def section(kind: Kind) -> str:
    """One kind as three tables."""
    asked = [f"| `{fact.name}` | {values(fact)} | {fact.meaning} |" for fact in FACTS[kind]]
    answered = [f"| `{part.name}` | {values(part)} | {part.meaning} |" for part in ANSWER[kind]]
    rows = [f"| `{row.id}` | {row.agent} |" for row in shipped(kind).rows]
    head = "| {} | values | meaning |\n|---|---|---|"
    parts = [
        [head.format("fact"), *asked],
        [head.format("answer"), *answered],
        ["| row | what it says |\n|---|---|", *rows],
    ]
    return "\n\n".join([f"### {kind}", *("\n".join(part) for part in parts)])


def main() -> None:
    """Rewrite everything from the first kind on."""
    text = PAGE.read_text(encoding="utf-8")
    written = text[: text.index(f"### {next(iter(Kind))}\n")]
    PAGE.write_text(written + "\n\n".join(section(kind) for kind in Kind) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
