"""The page on policies names every fact, every part of an answer and every shipped row as it is."""

import json
import re
from pathlib import Path

from counterflow.policies import rules
from counterflow.policies.facts import ANSWER, FACTS, Kind
from counterflow.policies.tables import read_table, shipped

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "policies.md"


def test_the_page_is_current() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for kind in Kind:
        section = lines[lines.index(f"### {kind}") :]
        for fact in (*FACTS[kind], *ANSWER[kind]):
            shown = next((line for line in section if line.startswith(f"| `{fact.name}` |")), "")
            assert shown.endswith(f"| {fact.meaning} |"), f"{kind}: {fact.name}"
            assert all(choice in shown for choice in fact.choices), f"{kind}: {fact.name}"
        for row in shipped(kind).rows:
            assert f"| `{row.id}` | {row.agent} |" in section, f"{kind}: {row.id}"


def test_the_example_is_a_fit_table() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert rules.problems(read_table(json.loads(example))) == []
