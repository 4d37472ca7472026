"""Every page at a desk: accessible in light and dark, every control reached by the Tab key and seen to be."""

import pytest

from counterflow.config.bench.places import places

SIZE = (1280, 840)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_page_is_whole(faults_at, shown, place):
    role = "" if place.name == "sign_in" else "administrator"
    # Records of master data look alike, and there are forty pages of them.
    most = 1 if place.name.startswith("master_") else 2
    assert faults_at(shown(place, most), role, SIZE, tabs=True) == {}
