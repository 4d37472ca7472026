"""Every page at a desk: accessible in light and dark, every control reached by the Tab key and seen to be."""

import pytest

from counterflow.config.bench.places import places
from looking import faults

SIZE = (1280, 840)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_page_is_whole(sit_down, shown, place):
    addresses = shown(place)
    if not addresses:
        return
    desk = sit_down("" if place.name == "sign_in" else "administrator", size=SIZE, traced=False)
    found = {address: faults(desk.open(address), tabs=True) for address in addresses}
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
