"""The house rules that a linter does not know."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "counterflow"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils.py", "services.py", "managers.py", "helpers.py", "signals.py"}


def python_files() -> list[Path]:
    return [p for p in sorted(SOURCES.rglob("*.py")) if "migrations" not in p.parts]


def command_files() -> list[Path]:
    return [p for p in python_files() if p.parent.name == "commands" and p.name != "__init__.py"]


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_files_are_small_and_have_names_that_say_something():
    long = {str(p): n for p in python_files() if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX}
    assert not long
    assert not [p for p in python_files() if p.name in BANNED_NAMES]


def test_functions_are_small():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert not long


def test_every_module_says_what_it_is():
    silent = [str(path.relative_to(ROOT)) for path, tree in trees() if tree.body and not ast.get_docstring(tree)]
    assert not silent


def test_no_model_overrides_save():
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in trees()
        if path.name == "models.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete", "clean", "full_clean"}
    ]
    assert not found


def test_rows_are_written_in_commands_only():
    """`db.insert`, `db.update`, `db.add` and `db.execute` belong under commands/, and to the kernel and imports."""
    allowed = {"commands", "kernel", "importing", "config"}
    writing = re.compile(r"\bdb\.(insert|update|add|execute)\(")
    found = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if not allowed & set(path.parts) and writing.search(path.read_text(encoding="utf-8"))
    ]
    assert found in ([], ["src/counterflow/workqueue/cases.py"])


@pytest.mark.parametrize("path", command_files(), ids=lambda p: f"{p.parent.parent.name}.{p.stem}")
def test_every_command_has_tests(path):
    room, name = path.parent.parent.name, path.stem
    if "@command(" not in path.read_text(encoding="utf-8"):
        return
    mentioned = any(
        re.search(rf"\b{name}\b", test.read_text(encoding="utf-8")) for test in (ROOT / "tests").rglob("test_*.py")
    )
    assert mentioned, f"{room}.{name} is called by no test"


def test_every_permission_a_command_needs_can_be_granted():
    from counterflow.access.roles import PERMISSIONS

    pattern = re.compile(r'@command\(needs="([^"]+)"\)|ctx\.may\("([^"]+)"\)')
    named = {a or b for path in python_files() for a, b in pattern.findall(path.read_text(encoding="utf-8"))}
    assert named - set(PERMISSIONS) == set()


def test_movements_of_the_chart_hold_together():
    from counterflow.access.roles import PERMISSIONS
    from counterflow.ledger.chart import MOVEMENTS, problems

    assert problems() == []
    assert {movement.permission for movement in MOVEMENTS} <= set(PERMISSIONS)


def test_locks_name_no_address():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name
    node = ROOT / "frontend" / "package-lock.json"
    assert '"resolved"' not in node.read_text(encoding="utf-8")


def test_no_leftovers():
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(ROOT)}:{n}"
        for path in [*python_files(), *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "docs").rglob("*.md"))]
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]
    assert not found
