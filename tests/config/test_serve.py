"""A database that is older than the code is not served."""

import pytest

from counterflow.config.cli_serve import DatabaseBehind, require_current

pytestmark = pytest.mark.usefixtures("database_copy")


def test_a_database_that_lacks_a_change_is_told_by_name(owner):
    require_current()
    assert owner.execute("DELETE FROM django_migrations WHERE app = %s", ["desk"]).rowcount
    with pytest.raises(DatabaseBehind, match="run `counterflow migrate`") as caught:
        require_current()
    assert caught.value.facts["first"].startswith("desk.0001")
