"""Everybody sets their own clock; an administrator sets anybody's."""

from datetime import UTC, datetime

from counterflow.access import queries
from counterflow.access.commands import NewUser, SetTimeZone, create_users, set_time_zones
from counterflow.access.roles import ROLES
from counterflow.kernel.context import Context

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_ones_own_zone_is_set_and_that_of_another_refused(ctx):
    create_users(ctx(), items=[NewUser(f"{name}@demo.example", name, ("clerk",)) for name in ("mine", "other")])
    me = queries.user(email="mine@demo.example")
    clerk = Context.make(f"user:{me.id}", ROLES["clerk"].permissions, AT)
    items = [SetTimeZone("mine@demo.example", "Europe/Paris"), SetTimeZone("other@demo.example", "Europe/Paris")]
    batch = set_time_zones(clerk, items=items)
    assert [refused.code for refused in batch.refused] == ["account_of_another"]
    assert queries.user(email="mine@demo.example").time_zone == "Europe/Paris"
    assert queries.user(email="other@demo.example").time_zone == "UTC"


def test_an_administrator_sets_anybodys_and_no_zone_is_invented(ctx):
    create_users(ctx(), items=[NewUser("far@demo.example", "Far", ("agent",))])
    assert set_time_zones(ctx(), items=[SetTimeZone("far@demo.example", "Asia/Tokyo")]).done
    refused = set_time_zones(ctx(), items=[SetTimeZone("far@demo.example", "Mars/Base")]).refused
    assert refused[0].code == "time_zone_unknown"
    assert queries.user(email="far@demo.example").time_zone == "Asia/Tokyo"
