"""Chance with a seed: the same name always falls the same way, so that a demo can be repeated."""

from random import Random


def dice(name: str | int) -> Random:
    """A source of chance for one thing, by its name; no secrets are made of it."""
    return Random(name)  # noqa: S311 - a simulation
