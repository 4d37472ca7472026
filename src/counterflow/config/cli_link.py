"""`counterflow link`: find anew what links customers, after an update that brought links or a change of the secret."""

import argparse

from counterflow.kernel.clock import now
from counterflow.kernel.context import Context
from counterflow.orders.commands.link_customers import LinkCustomer, link_customers
from counterflow.orders.links import reached_after

BATCH = 1_000


def run(options: argparse.Namespace) -> None:
    """Go through all customers who can be reached, a thousand at a time; stopped, it may simply run again."""
    last, done = 0, 0
    while found := reached_after(last, limit=BATCH):
        ctx = Context.make("cli:link", ["orders.contact"], now(), source="cli")
        done += len(link_customers(ctx, items=[LinkCustomer(k.channel, k.customer_ref) for k in found]).done)
        last = found[-1].customer_id
    print(f"{done:,} customers compared anew")
