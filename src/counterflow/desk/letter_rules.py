"""Letters that go by themselves: which events write to a customer, by kind of channel, and what is due.

A rule is on or off for an occasion and a kind of channel; every switch is a row, and the latest counts. A letter is
due for what happened after the rule was switched on, and not longer than a day ago: what is imported, replayed or
brought in late writes to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from counterflow.kernel import db
from counterflow.orders import events as orders
from counterflow.orders.states import ChannelKind
from counterflow.receiving import events as receiving
from counterflow.refunds import events as refunds
from counterflow.returns import events as returns

OLDEST: Final = timedelta(days=1)


@dataclass(frozen=True)
class Occasion:
    """What happened that a letter tells of; its code is that of the letter."""

    code: str
    name: str
    events: tuple[str, ...]


OCCASIONS: Final = {
    occasion.code: occasion
    for occasion in (
        Occasion("opened", "A return was authorised", (returns.RMA_OPENED, returns.RMA_APPROVED)),
        Occasion("received", "The first goods of a return are here", (receiving.UNIT_RECEIVED, receiving.UNIT_MATCHED)),
        Occasion("refunded", "Money of a return is on its way", (refunds.PAYOUT_REQUESTED,)),
        Occasion("rejected", "A return was declined", (returns.RMA_OPENED, returns.RMA_DECLINED)),
        Occasion("replacement_shipped", "Goods that go out instead have left", (orders.ORDER_SHIPPED,)),
    )
}
EVENTS: Final = tuple(sorted({kind for occasion in OCCASIONS.values() for kind in occasion.events}))


def shipped_rules() -> list[tuple[str, str, bool]]:
    """The rules that are shipped: all on, but a marketplace writes to its buyers itself."""
    return [(code, str(kind), kind != ChannelKind.MARKETPLACE) for code in OCCASIONS for kind in ChannelKind]


@dataclass(frozen=True)
class LetterRule:
    """Whether a letter goes by itself for a kind of channel, since when, and by whom it was switched last."""

    occasion: str
    channel_kind: str
    active: bool
    switched_at: datetime
    switched_by: str
    turn: int


_LATEST = """
SELECT DISTINCT ON (occasion, channel_kind) occasion, channel_kind, active, switched_at, switched_by, turn
FROM desk_letterrule ORDER BY occasion, channel_kind, turn DESC
"""


def letter_rules() -> list[LetterRule]:
    """The rules as they are now. One statement."""
    return [LetterRule(*row) for row in db.rows(_LATEST)]


def letter_switches(*, limit: int = 50) -> list[LetterRule]:
    """Every switch of a rule, the newest first. One statement."""
    sql = """SELECT occasion, channel_kind, active, switched_at, switched_by, turn FROM desk_letterrule
             ORDER BY id DESC LIMIT %s"""
    return [LetterRule(*row) for row in db.rows(sql, [min(limit, 500)])]


@dataclass(frozen=True)
class DueLetter:
    """A letter that is due: its code, and the return it is about."""

    occasion: str
    rma: str

    @property
    def reference(self) -> str:
        """The request of the letter: one for each return and occasion, for ever."""
        return f"by-itself:{self.occasion}:{self.rma}"


_DUE = f"""
WITH told AS (
    SELECT kind, subject_id, happened_at FROM kernel_eventrecord
    WHERE subject_id = ANY(%(subjects)s::bigint[]) AND kind = ANY(%(kinds)s::text[]) AND happened_at > %(since)s
), concerned AS (
    SELECT kind, happened_at, subject_id AS rma_id FROM told WHERE kind = ANY(%(rmas)s::text[])
    UNION SELECT t.kind, t.happened_at, l.rma_id FROM told t JOIN receiving_unit u ON u.id = t.subject_id
          JOIN returns_rmaline l ON l.id = u.rma_line_id
    UNION SELECT t.kind, t.happened_at, l.rma_id FROM told t JOIN returns_allocation a ON a.unit_id = t.subject_id
          JOIN returns_rmaline l ON l.id = a.rma_line_id
    UNION SELECT t.kind, t.happened_at, c.rma_id FROM told t JOIN refunds_payout p ON p.id = t.subject_id
          JOIN refunds_credit c ON c.id = p.credit_id
    UNION SELECT t.kind, t.happened_at, g.rma_id FROM told t JOIN refunds_replacement g ON g.order_id = t.subject_id
), rule AS ({_LATEST})
SELECT DISTINCT o.code, r.number
FROM concerned t JOIN unnest(%(codes)s::text[], %(heard)s::text[]) AS o(code, kind) ON o.kind = t.kind
JOIN returns_rma r ON r.id = t.rma_id JOIN orders_channel c ON c.id = r.channel_id
JOIN rule ON rule.occasion = o.code AND rule.channel_kind = c.kind AND rule.active AND rule.switched_at <= t.happened_at
JOIN orders_contact a ON a.customer_id = r.customer_id AND a.email <> '' AND a.erased_at IS NULL
WHERE CASE o.code
      WHEN 'opened' THEN r.state = 'authorised' AND EXISTS (
          SELECT FROM returns_rmaline l WHERE l.rma_id = r.id AND NOT l.returnless AND l.authorised_qty > 0)
      WHEN 'rejected' THEN r.state = 'declined' ELSE true END
  AND NOT EXISTS (SELECT FROM desk_message m WHERE m.request_ref = 'by-itself:' || o.code || ':' || r.number)
ORDER BY 2, 1
"""


def letters_due(*, subject_ids: Sequence[int], at: datetime) -> list[DueLetter]:
    """The letters that events of these subjects make due. One statement."""
    heard = [(occasion.code, kind) for occasion in OCCASIONS.values() for kind in occasion.events]
    params = {
        "subjects": list(subject_ids),
        "kinds": list(EVENTS),
        "since": at - OLDEST,
        "rmas": [returns.RMA_OPENED, returns.RMA_APPROVED, returns.RMA_DECLINED],
        "codes": [code for code, _ in heard],
        "heard": [kind for _, kind in heard],
    }
    return [DueLetter(*row) for row in db.rows(_DUE, params)]
