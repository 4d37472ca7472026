"""`counterflow verify` on a company where all is right, and `counterflow roll`."""

import json

import pytest

from counterflow.config.cli import main
from counterflow.kernel import db


@pytest.fixture
def sold(company):
    """A company that has sold and shipped."""
    company.sell()
    return company


def test_books_that_hold_are_exit_code_0(sold, capsys):
    assert main(["verify", "--full"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "laws hold, 0 breaches" in said[-1]
    assert len(said) - 1 == int(said[-1].split()[0])
    assert any(line.startswith("ledger.digests_hold") and "2 looked at" in line for line in said)


def test_json_says_the_same(sold, capsys):
    assert main(["verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["breaches"], found["laws"]) == (0, len(found["verdicts"]))
    assert {"law", "meaning", "counted", "breaches", "shown", "seconds"} == set(found["verdicts"][0])


def test_rolling_by_hand_changes_nothing_that_can_be_asked(sold, capsys):
    assert main(["roll"]) == 0
    assert "sums folded into their days" in capsys.readouterr().out
    assert not db.rows("SELECT 1 FROM ledger_balance_delta")
    assert main(["verify"]) == 0
