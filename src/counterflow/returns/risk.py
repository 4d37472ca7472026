"""Questions about signals: whom a case or a signal is about, the score of a return, and how good the reasons are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.orders.links import linked
from counterflow.policies.queries import DecisionRow, PolicyMissing, active, decisions, version
from counterflow.returns.rules import RmaNotFound
from counterflow.returns.states import SIGNAL_OF_CASE

LISTED_MAX: Final = 20
LATELY_MAX: Final = 5_000
"""Of so many latest scores above nought the reasons are counted."""


def signalling_cases(*, case_ids: Sequence[int]) -> list[int]:
    """Of these cases those whose kind may say something about a customer."""
    sql = "SELECT id FROM workqueue_case WHERE id = ANY(%s::bigint[]) AND kind = ANY(%s::text[]) ORDER BY id"
    return [row.id for row in db.rows(sql, [list(case_ids), list(SIGNAL_OF_CASE)])]


def reviewed_returns(*, case_ids: Sequence[int]) -> list[int]:
    """The returns whose reviews these cases are."""
    sql = """
        SELECT DISTINCT k.rma_id FROM workqueue_case c JOIN returns_risk k ON k.rma_id = c.subject_id
        WHERE c.id = ANY(%s::bigint[]) AND c.kind = 'fraud_review' ORDER BY 1
    """
    return [row.rma_id for row in db.rows(sql, [list(case_ids)])]


def open_returns_of_signals(*, signal_ids: Sequence[int]) -> list[str]:
    """Numbers of the scored returns of the signals' customers of which money may still leave, oldest first."""
    sql = """
        SELECT DISTINCT r.id, r.number FROM returns_signal g
        JOIN returns_risk k ON k.customer_id = g.customer_id JOIN returns_rma r ON r.id = k.rma_id
        WHERE g.id = ANY(%s::bigint[]) AND r.state IN ('requested', 'authorised') AND EXISTS (
            SELECT FROM returns_rmaline l
            WHERE l.rma_id = r.id AND l.credited_qty < l.quantity - l.cancelled_qty)
        ORDER BY r.id
    """
    return [row.number for row in db.rows(sql, [list(signal_ids)])]


def under_review(*, rma_ids: Sequence[int]) -> frozenset[int]:
    """Of these returns those about whose signals a review is open."""
    sql = """
        SELECT subject_id FROM workqueue_case
        WHERE subject_id = ANY(%s::bigint[]) AND kind = 'fraud_review' AND state = 'open'
    """
    return frozenset(row.subject_id for row in db.rows(sql, [list(rma_ids)]))


class CustomerMissing(NotFound):
    """Channel {channel} has no customer {customer_ref}."""


@dataclass(frozen=True)
class Reason:
    """A row that added to a score: its points, and what it says in words."""

    code: str
    points: int
    text: str


@dataclass(frozen=True)
class LinkedReturns:
    """Another account: what it shares, how many returns it has, and the numbers of the newest of them."""

    kinds: Sequence[str]
    returns: int
    numbers: Sequence[str]


@dataclass(frozen=True)
class SignalRow:
    """Something that was seen, on which return if on one, and since when it counts no longer."""

    kind: str
    rma: str
    happened_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class ScoreRow:
    """The latest score of a return. `outcome` is confirmed or cleared, empty where no review has ended."""

    id: int
    rma: str
    channel: str
    state: str
    score: int
    codes: Sequence[str]
    scored_at: datetime
    outcome: str
    reviewed_at: datetime | None
    review_case_id: int | None


@dataclass(frozen=True)
class CustomerRisk:
    """What is known of a customer: the newest scores of returns, signals, and accounts that share something."""

    scores: Sequence[ScoreRow]
    signals: Sequence[SignalRow]
    links: Sequence[LinkedReturns]

    @property
    def link_words(self) -> str:
        """The links in words, by what is shared: same phone and same address as 2 other accounts."""
        counted: dict[str, int] = {}
        for link in self.links:
            shared = " and ".join(f"same {kind}" for kind in link.kinds)
            counted[shared] = counted.get(shared, 0) + 1
        told = [f"{shared} as {n} other account{'s' if n > 1 else ''}" for shared, n in counted.items()]
        return "; ".join(told).capitalize()


@dataclass(frozen=True)
class ReturnRisk:
    """The score of a return with its reasons and facts, its earlier scores, and what is known of the customer.

    `score` and `customer` are empty where nobody knows the customer.
    """

    rma: str
    score: ScoreRow | None
    reasons: Sequence[Reason]
    facts: Mapping[str, Any]
    decisions: Sequence[DecisionRow]
    customer: CustomerRisk | None


@dataclass(frozen=True)
class Judged:
    """How good a reason is: returns it added to lately, and what reviews of a year found where it was one."""

    code: str
    scored: int
    confirmed: int
    cleared: int

    @property
    def precision_bp(self) -> int | None:
        """Confirmed of all reviewed, in basis points; nothing where no review has ended."""
        reviewed = self.confirmed + self.cleared
        return self.confirmed * 10_000 // reviewed if reviewed else None


_SCORES: Final = """
SELECT k.id, r.number AS rma, c.code AS channel, r.state, k.score, k.codes, k.scored_at, k.outcome, k.reviewed_at,
       (SELECT max(w.id) FROM workqueue_case w
        WHERE w.subject_id = r.id AND w.kind = 'fraud_review' AND w.state = 'open') AS review_case_id
FROM returns_risk k JOIN returns_rma r ON r.id = k.rma_id JOIN orders_channel c ON c.id = r.channel_id
"""


def scores(
    *,
    least: int = 1,
    code: str = "",
    outcome: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[ScoreRow]:
    """Latest scores of returns from so many points on, the newest return first; `outcome` may be open as well."""
    where = {
        "k.score > 0 AND k.score >= %(least)s": True,
        "k.codes @> jsonb_build_array(%(code)s::text)": bool(code),
        "k.outcome = %(outcome)s": outcome not in ("", "open"),
        "EXISTS (SELECT FROM workqueue_case w WHERE w.subject_id = r.id AND w.kind = 'fraud_review'"
        " AND w.state = 'open')": outcome == "open",
        "k.id < %(before)s": before_id is not None,
    }
    asked = " AND ".join(text for text, wanted in where.items() if wanted)
    values = {"least": least, "code": code, "outcome": outcome, "before": before_id, "limit": min(limit, 500)}
    found = db.rows(f"{_SCORES} WHERE {asked} ORDER BY k.id DESC LIMIT %(limit)s", values)
    return [ScoreRow(**row._asdict()) for row in found]


def risk_of_return(*, number: str) -> ReturnRisk:
    """The score of a return, and what is behind it. Raises `RmaNotFound`. At most seven statements."""
    found = db.rows("SELECT id, customer_id FROM returns_rma WHERE number = %s", [number])
    if not found:
        raise RmaNotFound(rma=number[:80])
    rma = found[0]
    known = db.rows(f"{_SCORES} WHERE k.rma_id = %s", [rma.id])
    if not known:
        return ReturnRisk(number, None, (), {}, (), None)
    told = decisions(subject_ids=[rma.id], kind="fraud", limit=LISTED_MAX)
    return ReturnRisk(
        number,
        ScoreRow(**known[0]._asdict()),
        [Reason(part["code"], part["points"], text) for part, text in _parts(told[0])],
        told[0].facts,
        told,
        _customer(rma.customer_id),
    )


def _parts(decision: DecisionRow) -> Iterator[tuple[Mapping[str, Any], str]]:
    rows = version(decision.version_id).prepared.rows
    for part in decision.outcome["rows"]:
        yield part, rows[part["row"]].agent


def risk_of_customer(*, channel: str, customer_ref: str) -> CustomerRisk:
    """What is known of a customer of a channel. Raises `CustomerMissing`. Five statements."""
    sql = """
        SELECT k.id FROM orders_customer k JOIN orders_channel c ON c.id = k.channel_id
        WHERE c.code = %s AND k.external_ref = %s
    """
    found = db.rows(sql, [channel, customer_ref])
    if not found:
        raise CustomerMissing(channel=channel[:80], customer_ref=customer_ref[:80])
    return _customer(found[0].id)


def claim_stands(*, channel: str, number: str) -> bool:
    """Whether it counts that the customer said that nothing of an order had arrived."""
    sql = """
        SELECT g.id FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
        JOIN returns_signal g ON g.subject_id = o.id AND g.subject_kind = 'order' AND g.withdrawn_at IS NULL
        WHERE c.code = %s AND o.number = %s
    """
    return bool(db.rows(sql, [channel, number]))


def risk_of_order(*, channel: str, number: str) -> CustomerRisk | None:
    """What is known of the customer of an order; nothing for a guest's, or where there is no such order."""
    sql = """
        SELECT o.customer_id FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
        WHERE c.code = %s AND o.number = %s AND o.customer_id IS NOT NULL
    """
    found = db.rows(sql, [channel, number])
    return _customer(found[0].customer_id) if found else None


def _customer(customer_id: int) -> CustomerRisk:
    found = db.rows(
        f"{_SCORES} WHERE k.customer_id = %s ORDER BY k.id DESC LIMIT %s",
        [customer_id, LISTED_MAX],
    )
    seen = db.rows(
        "SELECT g.kind, coalesce(r.number, '') AS rma, g.happened_at, g.withdrawn_at FROM returns_signal g"
        " LEFT JOIN returns_rma r ON r.id = g.rma_id WHERE g.customer_id = %s ORDER BY g.happened_at DESC LIMIT %s",
        [customer_id, LISTED_MAX],
    )
    return CustomerRisk(
        [ScoreRow(**row._asdict()) for row in found],
        [SignalRow(**row._asdict()) for row in seen],
        _links(customer_id),
    )


def _links(customer_id: int) -> list[LinkedReturns]:
    """Other accounts, those that share most first: told by their returns, never by who they are."""
    others = linked([customer_id])[customer_id]
    sql = f"""
        SELECT w.id, count(r.id) AS returns,
               (array_agg(r.number ORDER BY r.id DESC) FILTER (WHERE r.id IS NOT NULL))[1:{LISTED_MAX}] AS numbers
        FROM unnest(%s::bigint[]) AS w(id) LEFT JOIN returns_rma r ON r.customer_id = w.id GROUP BY 1
    """
    rows = db.rows(sql, [list(others)]) if others else []
    found = [LinkedReturns(others[row.id], row.returns, row.numbers or ()) for row in rows]
    return sorted(found, key=lambda link: (-len(link.kinds), -link.returns))


_JUDGED: Final = f"""
WITH lately AS (
    SELECT codes FROM returns_risk WHERE score > 0 ORDER BY id DESC LIMIT {LATELY_MAX}
), reviewed AS (
    SELECT codes, outcome FROM returns_risk WHERE outcome <> '' AND reviewed_at > %s::timestamptz - interval '365 days'
), counted AS (
    SELECT code, count(*) AS scored, 0 AS confirmed, 0 AS cleared
    FROM lately CROSS JOIN LATERAL jsonb_array_elements_text(codes) AS c(code) GROUP BY 1
    UNION ALL
    SELECT code, 0, count(*) FILTER (WHERE outcome = 'confirmed'), count(*) FILTER (WHERE outcome = 'cleared')
    FROM reviewed CROSS JOIN LATERAL jsonb_array_elements_text(codes) AS c(code) GROUP BY 1
)
SELECT code, sum(scored)::bigint AS scored, sum(confirmed)::bigint AS confirmed, sum(cleared)::bigint AS cleared
FROM counted GROUP BY 1 ORDER BY 2 DESC, 1
"""


def judged_reasons(*, at: datetime) -> list[Judged]:
    """Reasons, the most frequent of the latest scores first, with what reviews of a year found. One statement."""
    return [Judged(*row) for row in db.rows(_JUDGED, [at])]


def reason_words(*, at: datetime) -> dict[str, str]:
    """What each reason in force says, by its code."""
    try:
        in_force = active("fraud", at=at)
    except PolicyMissing:
        return {}
    return {row.then["code"]: row.agent for found in reversed(in_force) for row in found.table.rows}
