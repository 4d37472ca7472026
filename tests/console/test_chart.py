"""The chart's page shows every movement, however it joins them."""

from counterflow.console.views.chart import paths
from counterflow.ledger.chart import MOVEMENTS, OURS, State


def test_joined_rows_say_exactly_the_movement_table():
    said = {
        (row.kind, source, target, row.permission)
        for row in paths(MOVEMENTS)
        for source in row.sources or OURS
        for target in row.targets or OURS
        if source != target
    }
    assert said == {(m.kind, m.source, m.target, m.permission) for m in MOVEMENTS}


def test_every_state_is_on_the_page(browse):
    page = browse("finance").get("/ledger/chart").content.decode()
    for state in State:
        assert f"stock.{state}" in page or state not in OURS
    assert "May be promised: counts as available to sell" in page
