"""The table of keys is what the help shows and what the script presses."""

import re
from pathlib import Path

from counterflow.access.roles import ROLES
from counterflow.console.navigation import GROUPS
from counterflow.console.shortcuts import GENERAL, LISTS, ROOM_KEYS, shortcuts

SCRIPT = (Path(__file__).resolve().parents[2] / "frontend" / "src" / "keys.js").read_text()


def test_every_act_of_the_table_is_one_of_the_script_and_the_other_way_round():
    block = SCRIPT[SCRIPT.index("const ACTS = {") : SCRIPT.index("\n};", SCRIPT.index("const ACTS = {"))]
    known = set(re.findall(r"^  (\w+):", block, flags=re.M))
    assert {row.act for row in (*GENERAL, *LISTS) if row.act} == known


def test_no_key_means_two_things():
    for role in ROLES.values():
        keys = [row.keys for group in shortcuts(role.permissions) for row in group.rows]
        assert len(keys) == len(set(keys))


def test_a_letter_leads_to_a_room_that_is_there():
    assert set(ROOM_KEYS) <= {link.url for group in GROUPS for link in group.links}


def test_the_help_of_a_page_is_that_table_for_that_role(browse):
    text = browse("clerk").get("/").content.decode()
    told = set(re.findall(r'data-shortcut="([^"]+)"', text))
    rows = [row for group in shortcuts(ROLES["clerk"].permissions) for row in group.rows]
    assert told == {row.keys for row in rows if row.act or row.href}
    assert "g u" not in told


def test_settings_keep_the_zone_of_whoever_is_signed_in(browse):
    client = browse("executive")
    assert client.post("/settings", {"time_zone": "Asia/Tokyo"}).status_code == 302
    assert '<option value="Asia/Tokyo" selected' in client.get("/settings").content.decode()
    assert client.post("/settings", {"time_zone": "Mars/Base"}).status_code == 422
