"""Texts from outside: ids that addresses spell, and cells that spreadsheets would run."""

import pytest

from counterflow.kernel.found import id_of
from counterflow.kernel.sheets import PIECE, closed, csv_text, opened


@pytest.mark.parametrize("text", [None, "", "-1", "1.5", "²", "٣", "1" * 19, "12a"])
def test_what_spells_no_id(text):
    assert id_of(text) is None


def test_an_id_is_its_digits():
    assert (id_of("0"), id_of("9" * 18)) == (0, 10**18 - 1)


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-x", "@SUM(A1)", "\tx"])
def test_formulas_are_marked_and_come_back_as_they_were(text):
    assert closed(text) == f"'{text}"
    assert opened(closed(text)) == text


@pytest.mark.parametrize("value", ["-1.50", "-7", -7, "plain", "'tis", ""])
def test_what_is_no_formula_stays(value):
    assert closed(value) == value


def test_every_cell_of_a_file_is_marked_and_large_files_come_in_pieces():
    pieces = list(csv_text(["=1", n, "x" * 100] for n in range(2 * PIECE // 100)))
    assert len(pieces) > 2
    assert all(line.startswith("'=1,") for line in "".join(pieces).splitlines())
