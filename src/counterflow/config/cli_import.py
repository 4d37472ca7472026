"""`counterflow import orders FILE...`: read order books into orders.

`counterflow import master KIND FILE` is in `cli_master.py`.
"""

import argparse

from counterflow.catalog.commands.record_brands import NewBrand, record_brands
from counterflow.config import cli_master
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.orders import queries
from counterflow.orders.commands.record_channels import NewChannel, record_channels
from counterflow.orders.importing import cli

ACTOR = "program:import"


class NewChannelUnnamed(Invalid):
    """--new-channel says in which currency; say with --channel how the channel is to be called."""


class ChannelRefused(Invalid):
    """The channel {code} was not made: {reason}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `import` takes: the kind of file first, then its own arguments."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    orders = kinds.add_parser("orders", help="order books: CSV, CSV.gz, Parquet, Excel")
    cli.add_arguments(orders)
    cli_master.import_arguments(kinds.add_parser("master", help="items, suppliers, nodes, users: CSV, Excel"))
    orders.add_argument(
        "--new-channel",
        metavar="CURRENCY",
        help="make the channel named by --channel where there is none, with a brand and a legal entity of its name",
    )


def run(options: argparse.Namespace) -> int:
    """Import; 0 when every row is in or known, 1 when rows were refused, 2 for files that are no order books."""
    if options.kind == "master":
        return cli_master.run_import(options)
    if options.new_channel:
        make_channel(options.channel, options.new_channel.upper())
    return cli.main(options)


def make_channel(code: str | None, currency: str) -> None:
    """A channel to import into, for somebody who has none yet; one that exists stays as it is.

    Its books begin today. Raises `NewChannelUnnamed`, `ChannelRefused`.
    """
    if not code:
        raise NewChannelUnnamed()
    if code in {channel.code for channel in queries.channels()}:
        return
    ctx = Context.make(ACTOR, {"ledger.open", "catalog.edit"}, now(), source="cli")
    entity = KeepEntity(code, code, currency, ctx.at.date())
    _done(code, keep_entities(ctx, items=[entity]))
    _done(code, record_brands(ctx, items=[NewBrand(code, code)]))
    _done(code, record_channels(ctx, items=[NewChannel(code, code, "own_shop", code, code, currency)]))


def _done(code: str, batch: Batch) -> None:
    if batch.refused:
        raise ChannelRefused(code=code, reason=batch.refused[0].message)
