"""A draft in the hands of its writer: table, examples, scope and owner as one text that the page carries.

The page keeps the text and sends it with every step, so nothing that was typed depends on the server, and undoing
a step is going back to the text before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from counterflow.policies.examples import Example, read_examples
from counterflow.policies.queries_versions import VersionFile
from counterflow.policies.tables import Table, TableMalformed, read_table


@dataclass(frozen=True)
class Wording:
    """What a draft says now. `examples` are in their stored form."""

    table: Table
    examples: Sequence[Mapping[str, Any]]
    scope: Mapping[str, Sequence[str]]
    owner_role: str

    def text(self) -> str:
        """As the page carries it."""
        whole = {
            "table": self.table.as_json(),
            "examples": [dict(each) for each in self.examples],
            "scope": {name: list(codes) for name, codes in self.scope.items()},
            "owner_role": self.owner_role,
        }
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode()

    def read_examples(self) -> list[Example]:
        """Its examples."""
        return read_examples(self.table.kind, self.examples)


def wording_of(found: VersionFile) -> Wording:
    """What a version that is kept says."""
    return Wording(found.read_table(), found.examples, found.scope, found.owner_role)


def read_wording(kind: str, text: str) -> Wording:
    """What a page carries. Raises `TableMalformed` where it is no wording of this kind."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise TableMalformed(reason=f"the text is not JSON: {error}") from error
    members = {"table", "examples", "scope", "owner_role"}
    if not isinstance(found, dict) or set(found) != members:
        raise TableMalformed(reason=f"the text has other members than {', '.join(sorted(members))}")
    table = read_table(found["table"])
    if table.kind != kind:
        raise TableMalformed(reason=f"it is a table of {table.kind}, not of {kind}")
    scope = found["scope"]
    lists = isinstance(scope, dict) and all(isinstance(codes, list) for codes in scope.values())
    if not lists or not all(isinstance(code, str) for codes in scope.values() for code in codes):
        raise TableMalformed(reason="the scope does not map facts to lists of codes")
    read_examples(kind, found["examples"])
    return Wording(table, tuple(found["examples"]), scope, str(found["owner_role"]))
