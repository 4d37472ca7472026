"""`counterflow import orders FILE...`: read order books into orders."""

import argparse

from counterflow.orders.importing import cli


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `import` takes: the kind of file first, then its own arguments."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    cli.add_arguments(kinds.add_parser("orders", help="order books: CSV, CSV.gz, Parquet, Excel"))


def run(options: argparse.Namespace) -> int:
    """Import; 0 when every row is in or known, 1 when rows were refused, 2 for files that are no order books."""
    return cli.main(options)
