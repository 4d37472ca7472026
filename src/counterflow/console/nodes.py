"""Nodes as people choose them."""

from collections.abc import Iterable

from counterflow.facilities.queries import NodeRow


def node_choices(nodes: Iterable[NodeRow]) -> list[tuple[str, str]]:
    """Code and words of each, for filters and forms."""
    return [(node.code, f"{node.name} ({node.code})") for node in nodes]
