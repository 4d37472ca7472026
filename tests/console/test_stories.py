"""Events are told in words, those without a row of their own too."""

import json
from datetime import UTC, datetime
from pathlib import Path

from counterflow.console.stories import TELLINGS, tell
from counterflow.returns.page import Moment as Fact

AT = datetime(2026, 5, 1, tzinfo=UTC)
ICONS = json.loads((Path(__file__).parents[2] / "frontend" / "icons.json").read_text())


def test_no_event_is_told_by_its_name_in_code():
    titles = [
        tell(Fact(AT, AT, "event", kind, 1, None, {}, "user:1"), {}).title for kind in ("MessageSent", "ShelfMoved")
    ]
    assert titles == ["Message sent", "Shelf moved"]


def test_every_telling_has_an_icon_that_is_drawn():
    assert {told.icon for told in TELLINGS.values()} <= set(ICONS)
