"""The command line: every failure one sentence, every row of the table a real function."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from counterflow.config import cli
from counterflow.kernel.errors import NotFound

if TYPE_CHECKING:
    from tests.config.conftest import Machine


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_typo_is_answered_with_the_right_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean `migrate`" in complaint(capsys, "migarte")
    assert "--help" in complaint(capsys, "xyzzy")


def test_a_wrong_argument_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert "counterflow db --help" in complaint(capsys, "db", "url", "--ownr")
    assert "invalid choice: 'up'" in complaint(capsys, "db", "up")


def test_help_lists_what_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert (f"  {name} " in shown) == cli.is_built(command)


@pytest.mark.parametrize("name", [name for name, command in cli.COMMANDS.items() if cli.is_built(command)])
def test_every_command_is_where_the_table_says(name: str, server: dict[str, str]) -> None:
    command = cli.COMMANDS[name]
    assert callable(getattr(import_module(command.module), command.function))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotFound(), "does not exist"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "x.csv: No such file or directory"),
        (ZeroDivisionError("division by zero"), "defect"),
    ],
)
def test_no_failure_shows_a_traceback(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "dispatch", fail)
    monkeypatch.delenv("COUNTERFLOW_DEBUG", raising=False)
    assert said in complaint(capsys, "anything")
    monkeypatch.setenv("COUNTERFLOW_DEBUG", "1")
    with pytest.raises(type(error)):
        cli.main(["anything"])


def test_a_reader_that_leaves_is_no_failure(shared: Machine) -> None:
    process = shared.begin("--help")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=30)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
