"""Taking files of records over: compare first, then take over part by part.

The preview runs the very commands that would take the rows over and rolls them back, so it refuses what they
would refuse. What is taken over later is what was previewed: a record that changed meanwhile is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from counterflow.console.master.fields import CellWrong
from counterflow.console.master.files import Line, Table
from counterflow.console.master.kinds import Key, Kind, Texts, run_changed, run_new
from counterflow.kernel.commands import Batch, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.registry.commands.keep_intakes import KeepIntake, packed

STEP = 5_000
PART_ROWS = 2_500
EXAMPLES = 5
PROBLEMS_MAX = 5_000
HIDDEN = "(not shown)"


@dataclass(frozen=True)
class Problem:
    """A row that is refused: where, what is wrong, how to mend it."""

    line: int
    column: str
    value: str
    wrong: str
    mend: str

    def told(self) -> dict[str, Any]:
        """As it is kept with the file."""
        return {"line": self.line, "column": self.column, "value": self.value, "wrong": self.wrong, "mend": self.mend}


@dataclass
class Preview:
    """What a file would change."""

    kind: Kind
    table: Table
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_new: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, problem: Problem) -> None:
        """Note a row that is refused; the report is bounded, the count is not."""
        self.refused += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)

    def kept(self, name: str) -> KeepIntake:
        """The file as the registry keeps it until it is taken over."""
        summary = {
            "rows": len(self.table.lines),
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "fields": self.fields,
            "first_new": self.first_new,
            "columns": [f.column for f in self.table.fields],
            "unknown": self.table.unknown,
            "notes": self.table.notes,
        }
        parts = [packed(rows) for rows in _cut(self.rows, PART_ROWS)]
        problems = [problem.told() for problem in sorted(self.problems, key=lambda p: p.line)]
        return KeepIntake(self.kind.name, name, self.table.sha256, summary, problems, parts)


def _cut(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def preview(ctx: Context, kind: Kind, table: Table) -> Preview:
    """Compare a file with what is there. Nothing is kept of what the commands did."""
    found, seen = Preview(kind, table), dict[Key, int]()
    for lines in _cut(table.lines, STEP):
        good = [(line, said) for line in lines if (said := _said(found, line, seen)) is not None]
        before = kind.read([_key(kind, said) for _, said in good]) if good else {}
        wanted = [row for line, said in good if (row := _row(found, line, said, before)) is not None]
        refused = _tried(ctx, kind, wanted)
        for row in wanted:
            if (problem := refused.get(row["line"])) is not None:
                found.refuse(problem)
            else:
                _count(found, row)
                found.rows.append({name: row[name] for name in ("line", "new", "item")})
    return found


def _key(kind: Kind, said: Texts) -> Key:
    return tuple(said[name] for name in kind.key)


def _said(found: Preview, line: Line, seen: dict[Key, int]) -> Texts | None:
    """A row's cells in normal form; None where it was refused."""
    if line.wrong:
        found.refuse(Problem(line.number, "", "", line.wrong, "Look at the row in the file."))
        return None
    said: Texts = {}
    for f in found.table.fields:
        try:
            said[f.name] = f.read(line.cells[f.name])
        except CellWrong as error:
            value = HIDDEN if f.private else line.cells[f.name][:60]
            wrong = str(error) if not f.private else f"{f.label} cannot be read"
            found.refuse(Problem(line.number, f.column, value, wrong, error.mend))
            return None
    key = _key(found.kind, said)
    if key in seen:
        column = found.kind.by_name[found.kind.key[-1]].column
        wrong = f"row {seen[key]} speaks of the same {found.kind.one}"
        found.refuse(Problem(line.number, column, "", wrong, "Keep one of the two rows."))
        return None
    seen[key] = line.number
    return said


def _row(found: Preview, line: Line, said: Texts, known: Mapping[Key, Any]) -> dict[str, Any] | None:
    """What a row wants done, as plain values; None where nothing is to be done, or where it is refused."""
    kind, key = found.kind, _key(found.kind, said)
    there = known.get(key)
    try:
        if there is None:
            missing = next((f for f in kind.sayable if f.required and not said.get(f.name)), None)
            if missing is not None:
                raise CellWrong(f"{missing.label.lower()} is missing, and the {kind.one} is new", "Fill the cell.")
            return {"line": line.number, "new": True, "item": kind.new_item(said), "code": ":".join(key)}
        before = kind.texts(there)
        fixed = next((f for f in kind.fields if f.fixed and said.get(f.name, "") not in ("", before[f.name])), None)
        if fixed is not None and fixed.name not in kind.key:
            raise CellWrong(f"{fixed.label.lower()} is {before[fixed.name]} and never changes", "Write what it is.")
        names = {f.name for f in kind.changeable}
        changes = {name: text for name, text in said.items() if name in names and text != before[name]}
        if not changes:
            found.unchanged += 1
            return None
        version = there.version if kind.versioned else None
        whole = {**before, **said} if not kind.versioned else before
        item = kind.changed_item(key, before, changes if kind.versioned else _all(kind, whole), version)
    except (CellWrong, DomainError) as error:
        mend = error.mend if isinstance(error, CellWrong) else "Mend the cell."
        found.refuse(Problem(line.number, "", "", str(error), mend))
        return None
    return {"line": line.number, "new": False, "item": item, "code": ":".join(key), "before": before, "after": changes}


def _all(kind: Kind, texts: Texts) -> Texts:
    """Everything a record says: kinds without versions are recorded again as a whole."""
    return {f.name: texts[f.name] for f in kind.changeable}


def _count(found: Preview, row: dict[str, Any]) -> None:
    private = found.kind.by_name[found.kind.key[0]].private
    code = HIDDEN if private else row["code"]
    if row["new"]:
        found.new += 1
        if len(found.first_new) < EXAMPLES and not private:
            found.first_new.append(code)
        return
    found.changed += 1
    for name, text in row["after"].items():
        f = found.kind.by_name[name]
        told = found.fields.setdefault(name, {"label": f.label, "count": 0, "affects": f.affects, "examples": []})
        told["count"] += 1
        if len(told["examples"]) < EXAMPLES and not f.private and not private:
            told["examples"].append([code, row["before"][name][:80], text[:80]])


def _tried(ctx: Context, kind: Kind, rows: Sequence[dict[str, Any]]) -> dict[int, Problem]:
    """Which rows the commands refuse, by row number; what they did is rolled back."""
    if not rows:
        return {}
    with transaction.atomic():
        refused = dict(_refused(kind, rows, _run(ctx, kind, rows)))
        transaction.set_rollback(True)
    return refused


def _run(ctx: Context, kind: Kind, rows: Sequence[Mapping[str, Any]], *, key: str = "") -> dict[int, Refused]:
    """Take rows over; the refusals, by row number. With a key, the same rows have their effect once."""
    refused: dict[int, Refused] = {}
    for new, run in ((True, run_new), (False, run_changed)):
        part = [row for row in rows if row["new"] is new]
        if part:
            at = Context.make(
                ctx.actor, ctx.permissions, ctx.at, key=f"{key}:{new}" if key else None, source=ctx.source
            )
            batch: Batch = run(at, kind, [row["item"] for row in part])
            refused.update({row["line"]: r for row, r in zip(part, batch, strict=True) if isinstance(r, Refused)})
    return refused


def _refused(
    kind: Kind, rows: Sequence[Mapping[str, Any]], refused: Mapping[int, Refused]
) -> Iterator[tuple[int, Problem]]:
    for row in rows:
        if (said := refused.get(row["line"])) is not None:
            name = kind.rejected.get(said.code, "")
            f = kind.by_name.get(name)
            private = (f is not None and f.private) or kind.by_name[kind.key[0]].private
            wrong = said.message if not private else f"The row was refused: {said.code.replace('_', ' ')}."
            mend = f"Mend {f.column} and send the file again." if f else "Mend the row and send the file again."
            yield row["line"], Problem(row["line"], f.column if f else "", "", wrong, mend)


def take_part(ctx: Context, kind: Kind, rows: Sequence[Mapping[str, Any]], *, key: str) -> list[Problem]:
    """Take the rows of one part over; the rows that were refused by now."""
    return [problem for _, problem in _refused(kind, rows, _run(ctx, kind, rows, key=key))]
