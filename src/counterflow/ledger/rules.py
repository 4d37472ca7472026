"""Valuation: what a piece taken out of a pool is worth. Pure integers, no database."""

from dataclasses import dataclass

from counterflow.kernel.errors import InvariantBroken


@dataclass(frozen=True)
class Pool:
    """The balance of one position: pieces, cost and allowance in minor units (allowance <= 0)."""

    quantity: int = 0
    cost: int = 0
    allowance: int = 0

    def plus(self, quantity: int, cost: int, allowance: int = 0) -> "Pool":
        """The pool after goods came in."""
        return Pool(self.quantity + quantity, self.cost + cost, self.allowance + allowance)


def take(pool: Pool, quantity: int) -> tuple[int, int, Pool]:
    """Take pieces at the weighted average: (cost, allowance, what is left).

    The last piece takes the remainder, so an empty pool has no value. Floors keep what is left >= 0.
    """
    if not 0 < quantity <= pool.quantity:
        raise InvariantBroken(f"{quantity} pieces cannot be taken from {pool.quantity}")
    cost = pool.cost * quantity // pool.quantity
    allowance = -(-pool.allowance * quantity // pool.quantity)
    left = Pool(pool.quantity - quantity, pool.cost - cost, pool.allowance - allowance)
    return cost, allowance, left
