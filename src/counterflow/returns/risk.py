"""Questions about signals: whom a case or a signal is about, the score of a return, and how good the reasons are."""

from collections.abc import Sequence
from typing import Final

from counterflow.kernel import db
from counterflow.returns.states import SIGNAL_OF_CASE

LISTED_MAX: Final = 20


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
