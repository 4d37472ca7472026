"""Every page at a desk: accessible in light and dark, every control reached by the Tab key and seen to be."""

import pytest

from counterflow.config.bench.places import places

SIZE = (1280, 840)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_page_is_whole(faults_at, shown, place):
    role = "" if place.name == "sign_in" else "administrator"
    assert faults_at(shown(place, 2), role, SIZE, tabs=True) == {}
