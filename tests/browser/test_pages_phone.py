"""Every page on a phone: accessible in light and dark, and never wider than the screen."""

import pytest

from counterflow.config.bench.places import places
from looking import faults

SIZE = (390, 844)


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_a_page_is_whole(sit_down, shown, place):
    addresses = shown(place)
    if not addresses:
        return
    desk = sit_down("" if place.name == "sign_in" else "administrator", size=SIZE, traced=False)
    found = {address: faults(desk.open(address), tabs=False) for address in addresses}
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
