"""A channel to import into."""

import pytest


@pytest.fixture
def make_channel(ctx, owner):
    """Makes a channel of its own for a test."""
    from counterflow.catalog.commands import NewBrand, record_brands
    from counterflow.orders.commands import NewChannel, record_channels

    def make(code: str, zone: str = "Europe/London") -> str:
        owner.execute(
            "INSERT INTO ledger_entity (code, name, currency, zone, closed_through, go_live, simulated) "
            "VALUES ('uk', 'UK', 'GBP', 'Europe/London', '1900-01-01', '2011-06-01', '') ON CONFLICT (code) DO NOTHING"
        )
        record_brands(ctx(), items=[NewBrand("house", "House")])
        batch = record_channels(ctx(), items=[NewChannel(code, code, "own_shop", "house", "uk", "GBP", zone)])
        assert not batch.refused
        return code

    return make


@pytest.fixture
def imports(ctx, make_channel, tmp_path, request):
    """An empty channel to import into."""
    from orders.books import Imports

    return Imports(ctx, tmp_path, make_channel(f"ch-{request.node.name}"))
