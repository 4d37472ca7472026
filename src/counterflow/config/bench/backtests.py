"""A back-test over a million past returns, and decisions in batches.

The past is simulated: orders of one line, a request each (a tenth of the orders have two), decided by the shipped
tables on facts drawn by a seed, received, inspected, disposed of and credited. It is written as rows by the owner with
triggers off, so it is a past to be read and no books to be verified.
"""

import csv
import os
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any
from uuid import uuid4

import orjson
import psycopg

from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.projection import Decider
from counterflow.backtests.queries import backtest
from counterflow.config.bench.company import CHANNEL, NODE, context, make_company, settled
from counterflow.config.cli_backtest import together
from counterflow.kernel import clock
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.engine import prepare
from counterflow.policies.facts import completed
from counterflow.policies.queries import decide
from counterflow.policies.tables import shipped

SEED = 1
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = 365 * 24 * 60
AT_ONCE = 20_000
RECORDS, BATCH = 100_000, 1_000
PROCESSES = 2
"""How many work on a back-test at once."""
STEP = 20
"""Ids that belong to one return."""


def measure(options: Namespace) -> dict[str, Any]:
    """Make the past, test three drafts on it, and decide in batches; figures for JSON."""
    figures: dict[str, Any] = {"returns": options.returns, "simulated": "facts, grades and times drawn by a seed"}
    if not options.again:
        make_company()
        began = time.monotonic()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
            make_past(owner, options.returns)
        figures["making_the_past_seconds"] = round(time.monotonic() - began, 1)
    figures["backtests"] = [_tested(kind, rows) for kind, rows in _drafts()]
    figures["decisions_a_second_in_batches"] = {
        kind: decisions_a_second(kind) for kind in ("eligibility", "refund", "disposition")
    }
    return figures


def _drafts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Fourteen days for thirty; a fee for everybody; dear goods of grade B sold as they are."""
    for kind, changes in (
        ("eligibility", {"standard": ("when", {"order_age_days": "<= 14"})}),
        (
            "refund",
            {"standard": ("then", {"restocking_fee_bp": 500}), "withdrawal": ("then", {"milestone": "inspected"})},
        ),
        ("disposition", {"cheap-b": ("then", {"disposition": "restock"})}),
    ):
        rows = shipped(kind).as_json()["rows"]
        for row in rows:
            part, values = changes.get(row["id"], ("then", {}))
            row[part] |= values
        if kind == "eligibility":
            rows = [row for row in rows if row["id"] != "just-over"]
        yield kind, rows


def _tested(kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A draft tested on the whole past, by two processes; the time from the start to the result."""
    draft = DraftPolicy(f"bench-{kind}", kind, {**shipped(kind).as_json(), "rows": rows}, "executive")
    (drafted,) = settled(draft_policies(context(), items=[draft])).done
    wish = StartBacktest(f"bench-{kind}-{uuid4().hex}", drafted.facts["version_id"], BEGIN, BEGIN + timedelta(days=800))
    (started,) = settled(start_backtests(context(), items=[wish])).done
    began, busy = time.monotonic(), time.process_time()
    together(started.facts["backtest_id"], PROCESSES, lambda done, total: None)
    seconds = time.monotonic() - began
    found = backtest(started.facts["backtest_id"])
    return {
        "kind": kind,
        "state": found.backtest.state,
        "seconds": round(seconds, 1),
        "of_it_in_this_process": round(time.process_time() - busy, 1),
        "returns": found.returns,
        "returns_a_second": round(found.returns / seconds),
        "differ": dict(found.differ),
        "changes": dict(found.changes),
    }


def decisions_a_second(kind: str) -> int:
    """`decide` on drawn records, in batches, in this process."""
    rng = Random(SEED)  # noqa: S311 - a simulation
    records = [_sale(rng, kind) if kind != "disposition" else _unit(rng) for _ in range(RECORDS)]
    at = clock.now()
    decide(kind, records[:1], at=at)
    began = time.monotonic()
    for start in range(0, RECORDS, BATCH):
        decide(kind, records[start : start + BATCH], at=at)
    return round(RECORDS / (time.monotonic() - began))


def _sale(rng: Random, kind: str) -> dict[str, Any]:
    """Facts of a request for one piece."""
    sale = {
        "brand": rng.choice(("north", "south", "west")),
        "family": rng.choice(("apparel", "electronics", "homeware", "cosmetics")),
        "channel_kind": rng.choice(("own_shop", "own_shop", "marketplace", "b2b")),
        "reason_code": rng.choice(("too_small", "no_longer_wanted", "defective", "not_as_described")),
        "customer_segment": rng.choice(("consumer", "consumer", "vip", "business")),
        "order_age_days": min(400, int(rng.expovariate(1 / 18))),
        "value_minor": int(rng.lognormvariate(8.3, 1)) + 100,
        "currency": "GBP",
        "country": rng.choice(("GB", "DE", "FR", "US")),
        "final_sale": rng.random() < 0.03,
        "blind": False,
        "sold_mmdd": rng.randint(1, 12) * 100 + rng.randint(1, 28),
    }
    return {**sale, "quantity_left": 4} if kind == "eligibility" else {**sale, "serial_tracked": rng.random() < 0.2}


def _unit(rng: Random) -> dict[str, Any]:
    """Facts of a unit on the bench."""
    return {
        "brand": rng.choice(("north", "south", "west")),
        "family": rng.choice(("apparel", "electronics", "homeware", "cosmetics")),
        "node": NODE,
        "grade": rng.choice("AAAABBCD"),
        "damage_code": rng.choice(("none", "none", "worn")),
        "unit_cost_minor": rng.randint(200, 6_000),
        "currency": "GBP",
        "supplier_terms": True,
        "on_hold": False,
        "owner": "us",
    }


def make_past(owner: psycopg.Connection[Any], returns: int) -> None:
    """Write a past of so many returns: what was drawn by COPY, the rows that follow from it by SQL."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("SET work_mem = '256MB'")
    (base,) = owner.execute("SELECT nextval('kernel_id_seq')").fetchone() or (0,)
    owner.execute("SELECT setval('kernel_id_seq', %s)", [base + (returns + 2) * STEP])
    owner.execute(_DRAWN)
    columns = "n, same, asked_at, value, e, e_row, e_then, r, r_row, r_then, d, d_row, d_then"
    with owner.cursor() as cursor, cursor.copy(f"COPY drawn ({columns}) FROM STDIN (FORMAT csv)") as copying:
        for text in _drawn(returns):
            copying.write(text)
    owner.execute("ANALYZE drawn")
    for statement in _FOLLOWS:
        owner.execute(statement, {"base": base, "step": STEP, "channel": CHANNEL, "node": NODE})
    owner.execute("ANALYZE")


def _drawn(returns: int) -> Iterator[str]:
    """Lines of CSV, some thousands at once: facts drawn by the seed and what the shipped tables say to them."""
    rng = Random(SEED)  # noqa: S311 - a simulation
    kinds = ("eligibility", "refund", "disposition")
    deciders = [Decider(prepare(shipped(kind))) for kind in kinds]
    for start in range(0, returns, AT_ONCE):
        records: list[list[dict[str, Any]]] = [[], [], []]
        for n in range(start, min(start + AT_ONCE, returns)):
            sale = _sale(rng, "refund")
            tracked = sale.pop("serial_tracked")
            records[0].append({**sale, "quantity_left": 3 if n % 10 == 1 else 4})
            records[1].append({**sale, "serial_tracked": tracked})
            records[2].append(_unit(rng))
        told = [
            [{k: v for k, v in record.items() if v is not None} for record in completed(kind, found)]
            for kind, found in zip(kinds, records, strict=True)
        ]
        text = StringIO()
        write = csv.writer(text)
        said = [decider.rows(found) for decider, found in zip(deciders, told, strict=True)]
        for offset, (facts, rows) in enumerate(zip(zip(*told, strict=True), zip(*said, strict=True), strict=True)):
            n = start + offset
            at = BEGIN + timedelta(minutes=n * YEAR // returns)
            line = [n, n - 1 if n % 10 == 1 else n, at.isoformat(), facts[0]["value_minor"]]
            for one, row in zip(facts, rows, strict=True):
                line += [orjson.dumps(one).decode(), row.id, orjson.dumps(dict(row.then)).decode()]
            write.writerow(line)
        yield text.getvalue()


_DRAWN = """
CREATE TEMP TABLE drawn (n bigint, same bigint, asked_at timestamptz, value bigint, e jsonb, e_row text, e_then jsonb,
                         r jsonb, r_row text, r_then jsonb, d jsonb, d_row text, d_then jsonb)
"""
# A request is let through where the table said yes, waits where it asked, and is refused where it said no.
_FOLLOWS = (
    """
    CREATE TEMP TABLE past AS
    SELECT d.*, %(base)s + (d.n + 1) * %(step)s AS id, %(base)s + (d.same + 1) * %(step)s AS sale,
           CASE d.e_then ->> 'answer' WHEN 'yes' THEN 'closed' WHEN 'no' THEN 'declined' ELSE 'requested' END AS state,
           d.e_then ->> 'answer' = 'yes' AS through,
           d.e_then ->> 'answer' = 'yes' AND NOT (d.r_then ->> 'returnless')::boolean AS back,
           c.id AS channel, c.entity_id AS entity, i.item, v.e_version, v.r_version, v.d_version, k.node
    FROM drawn d
    CROSS JOIN (SELECT id, entity_id FROM orders_channel WHERE code = %(channel)s) c
    CROSS JOIN (SELECT min(id) AS item FROM catalog_item) i
    CROSS JOIN (SELECT id AS node FROM facilities_node WHERE code = %(node)s) k
    CROSS JOIN (SELECT max(id) FILTER (WHERE kind = 'eligibility') AS e_version,
                       max(id) FILTER (WHERE kind = 'refund') AS r_version,
                       max(id) FILTER (WHERE kind = 'disposition') AS d_version FROM policies_policyversion) v
    """,
    """
    INSERT INTO orders_order (id, channel_id, number, placed_at, currency, country, simulated)
    SELECT id, channel, 'P' || n, asked_at - interval '20 days', 'GBP', 'GB', true FROM past WHERE n = same
    """,
    """
    INSERT INTO orders_orderline (id, order_id, line_no, item_id, sku, kind, quantity, unit_price_minor, discount_minor,
                                  tax_minor, unit_cost_minor, cost_basis)
    SELECT id + 1, id, 1, item, 'BENCH-000', 'product', 4, value, 0, value * 4 / 6, value / 3, 'issued'
    FROM past WHERE n = same
    """,
    """
    INSERT INTO orders_shipment (id, order_id, number, node_id, shipped_at, reported_at)
    SELECT id + 2, id, '1', node, asked_at - interval '18 days', asked_at - interval '18 days' FROM past WHERE n = same
    """,
    """
    INSERT INTO orders_shipmentline (id, shipment_id, order_line_id, item_id, quantity, invoiced_minor, tax_minor,
                                     cost_basis)
    SELECT id + 3, id + 2, id + 1, item, 4, value * 4, value * 4 / 6, 'issued' FROM past WHERE n = same
    """,
    """
    INSERT INTO returns_rma (id, number, channel_id, request_ref, order_id, entity_id, currency, state, happened_at,
                             recorded_at, simulated, opened_by, content_hash)
    SELECT id + 4, 'RMA-' || (id + 4), channel, 'P' || n, sale, entity, 'GBP', state, asked_at, asked_at, true,
           'system:bench', '\\x00' FROM past
    """,
    """
    INSERT INTO returns_rmaline (id, rma_id, line_no, shipment_line_id, item_id, quantity, reason_code, resolution,
                                 milestone, method, restocking_fee_bp, shipping_refundable, returnless,
                                 eligibility_decision_id, refund_decision_id, authorised_qty, allocated_qty, passed_qty,
                                 credited_qty)
    SELECT id + 5, id + 4, 1, sale + 3, item, 1, e ->> 'reason_code', 'refund', r_then ->> 'milestone',
           r_then ->> 'method', (r_then ->> 'restocking_fee_bp')::int, (r_then ->> 'shipping_refundable')::boolean,
           (r_then ->> 'returnless')::boolean, id + 6, id + 7, (NOT back AND state <> 'declined')::int, back::int,
           back::int, through::int FROM past
    """,
    """
    INSERT INTO policies_decision (id, kind, version_id, row_id, subject_id, facts, outcome, decided_at, command_id)
    SELECT id + 6, 'eligibility', e_version, e_row, id + 5, e, e_then, asked_at, 0 FROM past
    UNION ALL SELECT id + 7, 'refund', r_version, r_row, id + 5, r, r_then, asked_at, 0 FROM past
    UNION ALL SELECT id + 8, 'disposition', d_version, d_row, id + 12, d, d_then, asked_at, 0 FROM past WHERE back
    """,
    """
    INSERT INTO returns_milestone (id, rma_line_id, kind, quantity, happened_at, recorded_at, command_id, subject_id)
    SELECT id + 9, id + 5, 'authorised', 1, asked_at, asked_at, 0, 0 FROM past WHERE through
    UNION ALL SELECT id + 10, id + 5, 'received', 1, asked_at + interval '5 days', asked_at, 0, 0 FROM past WHERE back
    UNION ALL SELECT id + 11, id + 5, 'inspection_passed', 1, asked_at + interval '7 days', asked_at, 0, 0 FROM past
    WHERE back
    """,
    """
    INSERT INTO receiving_unit (id, lpn, content_hash, item_id, quantity, node_id, entity_id, owner, lot, serial, found,
                                state, stock_state, cost_minor, allowance_minor, basis, round, grade, damage_code,
                                disposition, rma_line_id, shipment_line_id, receive_entry_id, received_at, simulated)
    SELECT id + 12, 'P' || n, '\\x00', item, 1, node, entity, 'us', '', '', 'expected', 'disposed', '', 0, 0, 'issued',
           1, d ->> 'grade', 'none', d_then ->> 'disposition', id + 5, sale + 3, 0, asked_at + interval '5 days', true
    FROM past WHERE back
    """,
    """
    INSERT INTO receiving_disposal (id, unit_id, round, content_hash, disposition, asked, override_reason, decision_id,
                                    happened_at, recorded_at, command_id, entry_id)
    SELECT id + 13, id + 12, 1, '\\x00', d_then ->> 'disposition', '', '', id + 8, asked_at + interval '8 days',
           asked_at, 0, 0 FROM past WHERE back
    """,
    """
    CREATE TEMP TABLE worth AS
    SELECT *, net * (r_then ->> 'restocking_fee_bp')::bigint / 10000 AS fee FROM (
        SELECT p.*, (k * (value * 4 - value * 4 / 6) / 4 - (k - 1) * (value * 4 - value * 4 / 6) / 4) AS net,
               (k * (value * 4 / 6) / 4 - (k - 1) * (value * 4 / 6) / 4) AS tax
        FROM (SELECT p.*, row_number() OVER (PARTITION BY sale ORDER BY n) AS k FROM past p WHERE through) p
    ) w
    """,
    """
    INSERT INTO refunds_credit (id, entity_id, request_ref, content_hash, rma_id, order_id, cause, method, currency,
                                net_minor, tax_minor, shipping_minor, shipping_tax_minor, fee_minor, total_minor,
                                functional_total_minor, rate, happened_at, recorded_at, command_id, entry_id, simulated)
    SELECT id + 14, entity, 'P' || n, '\\x00', id + 4, sale, 'return', r_then ->> 'method', 'GBP', net, tax, 0, 0, fee,
           net + tax - fee, net + tax - fee, 1, asked_at + interval '8 days', asked_at, 0, 0, true FROM worth
    """,
    """
    INSERT INTO refunds_creditline (id, credit_id, rma_line_id, shipment_line_id, quantity, net_minor, tax_minor,
                                    fee_minor, released_by)
    SELECT id + 15, id + 14, id + 5, sale + 3, 1, net, tax, fee, r_then ->> 'milestone' FROM worth
    """,
)
