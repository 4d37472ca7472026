"""Questions of programs about inventory: what is where, what moved it, and what is counted."""

from datetime import datetime

from counterflow.api.reading import Read
from counterflow.catalog import queries as catalog
from counterflow.facilities import queries as facilities
from counterflow.inventory import movements as moves
from counterflow.inventory import queries
from counterflow.inventory.causes import subjects_of
from counterflow.inventory.holdings import NOW, Axis, When
from counterflow.kernel import clock
from counterflow.ledger.queries import TwoTimes
from counterflow.reconciliation import queries_counts as counting

MOVEMENTS_MAX = 200


def inventory(
    *,
    node: str = "",
    sku: str = "",
    search: str = "",
    state: str = "",
    family: str = "",
    owner: str = "",
    entity: str = "",
    happened: datetime | None = None,
    known: datetime | None = None,
    after: str = "",
    limit: int = 50,
) -> list[queries.MatrixRow]:
    """Stock by SKU and node: pieces and value in every state, what may be promised; now or at an instant."""
    if happened is not None and known is not None:
        raise TwoTimes()
    when = When(Axis.HAPPENED, happened) if happened else When(Axis.KNOWN, known) if known else NOW
    which = queries.Which(node=node, sku=sku, search=search, state=state, family=family, owner=owner, entity=entity)
    return queries.matrix(which=which, when=when, place=after or None, limit=limit)


def movements(
    *,
    sku: str = "",
    node: str = "",
    document: str = "",
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[moves.MoveRow]:
    """The movements of the last 200 entries of a SKU, node, document or kind, the last recorded first.

    `since` and `until` bound when they were recorded; the whole journal is exported with `counterflow export`.
    """
    items = catalog.items_by_sku(skus=[sku]) if sku else {}
    nodes = facilities.nodes_by_code(codes=[node]) if node else {}
    if (sku and not items) or (node and not nodes):
        return []
    wanted = moves.Wanted(
        item=items[sku].id if sku else 0,
        node=nodes[node].id if node else 0,
        subjects=subjects_of(document=document) if document else None,
        kind=kind,
        since=since,
        until=until,
    )
    return moves.movements(wanted=wanted, now=clock.now(), limit=MOVEMENTS_MAX).rows


def count_lines(*, count: int, state: str | None = None, after: str = "", limit: int = 100) -> list[counting.LineRow]:
    """The lines of a count, with what the books had once it was compared."""
    stock, _, sku = after.partition("|")
    return counting.count_lines(count=count, state=state, after=(sku, stock), limit=limit)


def count_sheet(*, count: int, after: str = "", limit: int = 100) -> list[counting.LineRow]:
    """What of a count waits to be counted; of a blind one nothing is told of what the books expect."""
    stock, _, sku = after.partition("|")
    return counting.count_lines(count=count, left=True, after=(sku, stock), limit=limit)


WHICH = ("node", "sku", "search", "state", "family", "owner", "entity", "happened", "known")
READS: list[Read] = [
    Read("/inventory", inventory, "ledger.view", "ledger", WHICH, ("after", "place")),
    Read("/movements", movements, "ledger.view", "ledger", ("sku", "node", "document", "kind", "since", "until")),
    Read("/counts", counting.counts, "reconciliation.view", "reconciliation", ("node", "state"), ("before", "id")),
    Read("/count-lines", count_lines, "reconciliation.view", "reconciliation", ("count", "state"), ("after", "place")),
    Read("/count-sheet", count_sheet, "counts.view", "reconciliation", ("count",), ("after", "place")),
]
