"""Small tables of dispositions and every record of facts that could matter to them: what properties are tried on."""

from itertools import product

from hypothesis import strategies as st

from counterflow.policies.facts import ANSWER, Kind
from counterflow.policies.tables import Row, Table

COSTS = (None, 0, 4, 5, 6, 9, 10, 11, 50)
COLUMNS = {
    "grade": ["", "'A'", "'A', 'B'", "not in ['D']", "null", "not in ['A', 'B']", "!= null"],
    "on_hold": ["", "true", "false"],
    "unit_cost_minor": ["", "<= 10", "> 5", "[5..10]", "(5..11)", "5", "< 5", "null", "not in [5]"],
    "brand": ["", "'north'", "'north', 'south'", "not in ['north']", "null"],
}
PLAIN = {"supplier_terms": False, "owner": "us"}
THEN = {part.name: (part.choices[0] if part.choices else "held") for part in ANSWER[Kind.DISPOSITION]}
THEN["needs_approval"] = False


def table_of(*whens: dict[str, str]) -> Table:
    rows = [Row(f"r{n}", when, THEN, "says so", "says so") for n, when in enumerate((*whens, {}))]
    return Table("disposition", "small", tuple(COLUMNS), tuple(THEN), tuple(rows))


def everything() -> list[dict]:
    """A record of facts for every combination that could matter."""
    grades, holds, brands = ("A", "B", "C", "D", None), (True, False), ("north", "south", "west", None)
    return [
        {**PLAIN, "grade": g, "on_hold": h, "unit_cost_minor": c, "brand": b}
        for g, h, c, b in product(grades, holds, COSTS, brands)
    ]


cell = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in COLUMNS.items()})
