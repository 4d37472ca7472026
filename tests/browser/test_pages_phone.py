"""Every page on a phone: accessible in light and dark, and never wider than the screen."""

import pytest

from counterflow.config.bench.places import places

SIZE = (390, 844)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_page_is_whole(faults_at, shown, place):
    role = "" if place.name == "sign_in" else "administrator"
    assert faults_at(shown(place, 1), role, SIZE, tabs=False) == {}
