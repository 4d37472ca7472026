"""The style guide shows the parts themselves, so it cannot go stale."""

import re

import pytest

from counterflow.console.badges import BADGES
from counterflow.console.views.styleguide import SECTIONS, icons


@pytest.fixture
def guide(browse):
    """The page as HTML."""
    return browse("clerk").get("/styleguide").content.decode()


def test_every_badge_of_every_table_is_shown(guide):
    states = guide.split('id="states"')[1].split("</section>")[0]
    for kind, rows in BADGES.items():
        assert f"<dt>{kind.replace('_', ' ').capitalize()}</dt>" in states
        for badge in rows.values():
            assert f'<span class="state state-{badge.tone}">{badge.label.replace(chr(39), "&#x27;")}</span>' in states


def test_every_icon_and_every_section_is_shown(guide):
    shown = set(re.findall(r"icons\.svg#([a-z0-9-]+)", guide.split('id="icons"')[1]))
    assert set(icons()) <= shown
    for section, _ in SECTIONS:
        assert f'id="{section}"' in guide


def test_a_form_with_mistakes_shows_them(guide):
    assert "is-invalid" in guide
    assert "invalid-feedback" in guide


def test_the_station_layout_has_its_parts(browse):
    station = browse("clerk").get("/styleguide/station").content.decode()
    for part in (
        "station-head",
        "station-scan",
        "station-hand",
        "station-queue",
        "station-keys",
        "data-scan-box",
        "verdict",
    ):
        assert part in station, part
    assert browse("clerk").post("/styleguide/station", {"scan": "x"}).status_code == 302
