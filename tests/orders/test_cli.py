"""The command `counterflow import orders`, as far as it is this room's."""

import argparse

import pytest

from counterflow.kernel.errors import DomainError
from counterflow.orders.importing import cli
from orders.books import line

pytestmark = pytest.mark.usefixtures("database_copy")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.main(parser.parse_args(words))


def test_it_says_what_became_of_each_file_and_of_refused_rows(imports, capsys):
    good, bad = imports.file(line("1")), imports.file(line("2", quantity="x"), line("3"))
    channel = ("--channel", imports.channel, "--report", str(imports.report))
    assert run(str(good), *channel) == 0
    said = capsys.readouterr().out
    assert "1 rows = 1 imported + 0 refused + 0 duplicate (1 sale)" in said
    assert not imports.report.exists()
    assert run(str(good), str(bad), *channel) == 1
    said = capsys.readouterr().out
    assert "2 rows = 1 imported + 1 refused + 0 duplicate" in said
    assert "report.csv" in said
    assert imports.refusals() == [(2, "quantity_malformed")]


def test_a_bad_file_is_named_on_the_error_stream(imports, capsys):
    assert run("/nowhere/book.csv", str(imports.file(line("1"))), "--channel", imports.channel) == 2
    seen = capsys.readouterr()
    assert "There is no file /nowhere/book.csv" in seen.err
    assert "1 imported" in seen.out


def test_a_wrong_wish_is_explained(imports, make_channel):
    make_channel("another")
    path = str(imports.file(line("1")))
    with pytest.raises(DomainError, match=r"--channel which channel .* another"):
        run(path)
    with pytest.raises(DomainError, match="no channel nowhere"):
        run(path, "--channel", "nowhere")
    with pytest.raises(DomainError, match="not a date or time"):
        run(path, "--channel", imports.channel, "--replay-from", "soon")
