"""The command line: `counterflow <command>`.

A command is a row in COMMANDS and a file `cli_<command>.py`, imported only when it is called, so that
`counterflow db url` does not wait for Django.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module, metadata
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

from counterflow.kernel.errors import DomainError, Invalid, NotFound

FAILED = 2
INTERRUPTED = 130
MISSING = ("UndefinedTable", "UndefinedColumn", "UndefinedFunction")


@dataclass(frozen=True)
class Command:
    """A row of the table: where the command is and whether it needs database and Django.

    `place` is "module:function". The function takes the parsed arguments and returns the exit code,
    None meaning 0. `arguments(parser)` in the same module, where there is one, declares what it takes.
    """

    place: str
    about: str
    database: bool = True

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    @property
    def function(self) -> str:
        return self.place.partition(":")[2]


COMMANDS: dict[str, Command] = {
    "demo": Command("counterflow.config.cli_demo:run", "make a company and serve it"),
    "serve": Command("counterflow.config.cli_serve:run", "serve API and console"),
    "worker": Command("counterflow.config.cli_worker:run", "run the background work"),
    "import": Command("counterflow.config.cli_import:run", "read order books and master data from files"),
    "export": Command("counterflow.config.cli_export:run", "write the journal or master data to a file"),
    "verify": Command("counterflow.config.cli_verify:run", "prove that the books are right"),
    "backtest": Command("counterflow.config.cli_backtest:run", "replay a policy over past returns"),
    "reconcile": Command("counterflow.config.cli_reconcile:run", "compare a statement with the ledger"),
    "rebuild": Command("counterflow.config.cli_rebuild:run", "drop and replay a projection"),
    "roll": Command("counterflow.config.cli_roll:run", "fold new balances into day roll-ups"),
    "link": Command("counterflow.config.cli_link:run", "find anew which customers share email, phone or address"),
    "users": Command("counterflow.config.cli_users:run", "make accounts and grant roles"),
    "bench": Command("counterflow.config.cli_bench:run", "measure speed, print JSON", False),
    "migrate": Command(
        "counterflow.config.cli_migrate:run",
        "bring the database's tables up to date",
        False,
    ),
    "db": Command("counterflow.config.cli_db:run", "show, start and stop the database", False),
}


class UnknownCommand(NotFound):
    """There is no command `{name}`{hint}; `counterflow --help` lists them all."""


class NotMigrated(DomainError):
    """The database's tables are not those of this version ({what}); run `counterflow migrate` and try again."""


class Defect(DomainError):
    """{kind}: {what}; this is a defect in Counterflow, COUNTERFLOW_DEBUG=1 shows where it happened."""


class ConnectionLost(DomainError):
    """The database stopped answering ({what}); what was not confirmed was not done: `counterflow db status`
    shows its state, and running the command again is safe."""


class BadArguments(Invalid):
    """{what}; `counterflow {name} --help` shows what it takes."""


class Parser(argparse.ArgumentParser):
    """argparse, complaining as everything else here does."""

    def error(self, message: str) -> NoReturn:
        name = self.prog.partition(" ")[2]
        raise BadArguments(what=message[:1].upper() + message[1:], name=name)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; failures are one sentence on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = dispatch(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left (`| head`); Python must not complain while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("COUNTERFLOW_DEBUG") == "1":
            raise
        print(f"counterflow: {sentence(error)}", file=sys.stderr)
        return FAILED


def dispatch(words: list[str]) -> int:
    """Find the command and hand it its arguments."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if words[0] == "--version":
        print(f"counterflow {metadata.version('counterflow')}")
        return 0
    name, *rest = words
    command = COMMANDS.get(name)
    if command is None or not is_built(command):
        raise UnknownCommand(name=name, hint=hint(name))
    if command.database:
        boot(rest)
    module = import_module(command.module)
    parser = Parser(prog=f"counterflow {name}", description=command.about)
    declare: Callable[[argparse.ArgumentParser], None] | None = getattr(module, "arguments", None)
    if declare:
        declare(parser)
    run: Callable[[argparse.Namespace], int | None] = getattr(module, command.function)
    return run(parser.parse_args(rest)) or 0


def boot(rest: list[str]) -> None:
    """Start database and Django; asking for help needs only the latter."""
    starter: ModuleType = import_module("counterflow.config.cli_boot")
    starter.boot(database=not {"-h", "--help"} & set(rest))


def is_built(command: Command) -> bool:
    return find_spec(command.module) is not None


def hint(name: str) -> str:
    close = get_close_matches(name, [n for n, c in COMMANDS.items() if is_built(c)], 1)
    return f", did you mean `{close[0]}`" if close else ""


def overview() -> str:
    """The list of commands."""
    rows = [f"  {n:<10} {c.about}" for n, c in COMMANDS.items() if is_built(c)]
    return "\n".join(
        [
            "usage: counterflow COMMAND ...",
            "",
            *rows,
            "",
            "counterflow COMMAND --help says more.",
        ]
    )


def sentence(error: Exception) -> str:
    """What went wrong, on one line."""
    what = " ".join(str(error).split())
    if isinstance(error, DomainError):
        return what
    kind = type(error)
    if type(error.__cause__).__name__ in MISSING:
        return NotMigrated(what=what).message
    if kind.__name__ in ("OperationalError", "InterfaceError"):
        return ConnectionLost(what=what).message
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return Defect(kind=kind.__name__, what=what or "no details").message


if __name__ == "__main__":
    sys.exit(main())
