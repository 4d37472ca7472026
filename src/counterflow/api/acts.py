"""The table of acts: every command that programs may call, by its address."""

from counterflow.api.endpoints import Act
from counterflow.returns.commands.open_rmas import OpenRma, open_rmas

ACTS: list[Act] = [
    Act("/rmas", open_rmas, OpenRma, "returns"),
]
