"""The reference of the columns of master data files, from the register itself."""

from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import Kind
from counterflow.console.master.register import KINDS

HEAD = """# Master data files

Generated from the register by `python tools/master_files.py`; a test fails when this page is stale.

A file is CSV (UTF-8, UTF-16 or Windows-1252; comma, semicolon, tab or bar) or an Excel workbook (`.xlsx`). Its first
row names the columns, in any order; case, blanks and punctuation do not matter, and the other names below are
understood too. Columns that nobody knows are named and left aside; columns that are not there stay as they are.

- An empty cell empties the field where it may be empty.
- "Always" columns are the key of a record. "For new ones" is needed where the record is not there yet.
- Yes and no are `yes` and `no`; amounts have a point and no thousands mark; numbers keep their zeros when the
  column is text.
- A cell that begins with `=`, `+`, `-` or `@` is written with an apostrophe before it, and read without.
- At most 50,000 rows and 20 MB.
"""


def page() -> str:
    """The page, as it stands in docs/reference/master-files.md."""
    return HEAD + "".join(_section(kind) for kind in KINDS.values())


def _section(kind: Kind) -> str:
    rows = "\n".join(_row(kind, f) for f in kind.fields)
    return (
        f"\n## {kind.many}\n\n`counterflow import master {kind.name} FILE`. {kind.about}\n\n"
        f"| column | needed | what | also understood |\n|---|---|---|---|\n{rows}\n"
    )


def _row(kind: Kind, f: Field) -> str:
    needed = "always" if f.name in kind.key else "for new ones" if f.required else ""
    said = [f.label, f.help.rstrip(".") if f.help else "", _offered(f), _times(kind, f)]
    what = ". ".join(part[:1].upper() + part[1:] for part in said if part)
    also = ", ".join(dict.fromkeys(word for word in f.also if word != f.column))
    return f"| `{f.column}` | {needed} | {what} | {also} |"


def _offered(f: Field) -> str:
    if f.kind == "yes_no":
        return "yes or no"
    if f.kind in ("choice", "codes") and f.choices:
        return ("one of " if f.kind == "choice" else "codes, apart by blanks: ") + ", ".join(
            f"`{code}`" for code, _ in f.choices()
        )
    return f"such as `{f.example}`" if f.example else ""


def _times(kind: Kind, f: Field) -> str:
    if f.late:
        return "of records that are there"
    return "said once" if f.fixed and f.name not in kind.key else ""
