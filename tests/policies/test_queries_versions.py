"""Versions in any state are read by one statement, and where one stands goes by the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from counterflow.kernel import db
from counterflow.policies import queries_versions as queries
from counterflow.policies.queries import PolicyVersionNotFound
from counterflow.policies.tables import shipped

pytestmark = pytest.mark.usefixtures("installed")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_version_and_the_shelf_take_one_statement_each():
    with db.counting() as seen:
        (row,) = queries.shelf(kind="refund")
        found = queries.version_file(version_id=row.id)
    assert len(seen) == 2
    assert found.read_table() == shipped("refund")
    assert queries.version_of(kind="refund", version=1) == found
    assert len(found.read_examples()) == row.examples


def test_what_is_not_there_is_named():
    with pytest.raises(PolicyVersionNotFound):
        queries.version_file(version_id=0)
    with pytest.raises(queries.PolicyNumberNotFound, match="no version 99 of the policy refund"):
        queries.version_of(kind="refund", version=99)


@pytest.mark.parametrize(
    ("begins", "ends", "stands"),
    [(-1, None, "in_force"), (-1, 1, "in_force"), (1, None, "planned"), (-2, -1, "retired"), (-2, 0, "retired")],
)
def test_where_an_active_version_stands(begins, ends, stands):
    (row,) = queries.shelf(kind="refund")
    until = None if ends is None else NOW + ends * DAY
    assert replace(row, effective_from=NOW + begins * DAY, effective_to=until).stands(NOW) == stands
    assert replace(row, state="draft").stands(NOW) == "draft"
