"""The laws of clocks: what is due can be computed again, late is late, and nothing runs that has ended."""

from typing import Final

from counterflow.clocks.laws_calendars import CALENDARS
from counterflow.clocks.stages import PAUSABLE, STAGES
from counterflow.kernel.laws import Law

_CLOCKS: Final = "SELECT count(*) FROM clocks_clock"


def _worked(at: str) -> str:
    """Working seconds up to an instant, as the clock `c` counts them."""
    return f"""(CASE WHEN c.around_the_clock OR c.calendar_version_id IS NULL THEN extract(epoch FROM {at})
        ELSE coalesce((SELECT o.before_seconds + extract(epoch FROM least({at}, o.closes_at) - o.opens_at)
                       FROM clocks_opening o WHERE o.version_id = c.calendar_version_id AND o.opens_at <= {at}
                       ORDER BY o.opens_at DESC LIMIT 1),
                      (SELECT o.before_seconds FROM clocks_opening o WHERE o.version_id = c.calendar_version_id
                       ORDER BY o.opens_at LIMIT 1)) END)"""


_PAUSABLE: Final = ", ".join(f"'{stage}'" for stage in PAUSABLE)
_PAUSES: Final = f"""
    SELECT unnest(range_agg(tstzrange(p.from_at, least(p.to_at, p.until_at)))) AS r FROM clocks_pause p
    WHERE c.stage IN ({_PAUSABLE}) AND least(p.to_at, p.until_at) > p.from_at
      AND (p.subject_id = c.rma_id OR c.subject_kind = 'case' AND p.subject_id = c.subject_id)"""


def _paused(until: str) -> str:
    """Working seconds of the clock `c` that lay in pauses, up to an instant."""
    lower, upper = _worked("greatest(lower(r), c.started_at)"), _worked(f"least(upper(r), {until})")
    return f"""coalesce((SELECT sum({upper} - {lower}) FROM ({_PAUSES}) p
        WHERE upper(r) > c.started_at AND lower(r) < {until}), 0)"""


def _unpaused(until: str) -> str:
    return f"({_worked(until)} - {_worked('c.started_at')} - {_paused(until)})"


_KINDS: Final = " ".join(f"WHEN '{row.stage}' THEN '{row.subject}'" for row in STAGES.values())
# What was told and is not done yet may still stop a clock; the next run of the flows does.
_TOLD: Final = """EXISTS (SELECT FROM kernel_delivery d JOIN kernel_eventrecord e ON e.command_id = d.command_id
    WHERE e.subject_id IN (c.subject_id, c.rma_id)
       OR e.subject_id IN (SELECT id FROM refunds_credit WHERE rma_id = c.rma_id))"""

LAWS: Final[list[Law]] = [
    *CALENDARS,
    Law(
        "clocks.due_follows",
        "When a clock is due follows from its start, its hours, its calendar and its pauses.",
        f"""
        SELECT format('clock %s: due at %s after %s working seconds, allowed are %s and %s in pauses', id, due_at,
                      round(after), due_hours * 3600, paused_seconds) AS what
        FROM (SELECT c.id, c.due_at, c.due_hours, c.paused_seconds, {_unpaused("c.due_at")} AS after,
                     {_worked("c.due_at")} - {_worked("c.started_at")} AS all_of_it
              FROM clocks_clock c WHERE NOT c.own_due AND c.ending <> 'withdrawn') t
        WHERE after <> due_hours * 3600 OR floor(all_of_it) - due_hours * 3600 <> paused_seconds
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.warnings_follow",
        "A clock warns as many working hours before it is due as the SLA table says, or at its start.",
        f"""
        SELECT format('clock %s: warns at %s after %s working seconds', id, warn_at, round(after)) AS what
        FROM (SELECT c.id, c.warn_at, c.due_hours, c.warn_hours, {_unpaused("c.warn_at")} AS after
              FROM clocks_clock c WHERE NOT c.own_due AND c.ending <> 'withdrawn') t
        WHERE after <> greatest(due_hours - warn_hours, 0) * 3600
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.time_taken_follows",
        "The working time that a stage took is that between its start and its end, outside of pauses.",
        f"""
        SELECT format('clock %s: took %s working seconds, said are %s', id, floor(taken), worked_seconds) AS what
        FROM (SELECT c.id, c.worked_seconds, {_unpaused("c.stopped_at")} AS taken
              FROM clocks_clock c WHERE c.ending = 'done') t
        WHERE floor(taken) <> worked_seconds
        """,
        "SELECT count(*) FROM clocks_clock WHERE stopped_at IS NOT NULL",
    ),
    Law(
        "clocks.late_is_late",
        "A clock is told to be late if and only if it stopped after it was due, or was found running after that.",
        """
        SELECT format('clock %s: due at %s, stopped at %s, late since %s', c.id, c.due_at, c.stopped_at, c.breached_at)
               AS what
        FROM clocks_clock c
        WHERE (c.stopped_at IS NOT NULL
               AND (c.breached_at IS NOT NULL) <> (c.stopped_at > c.due_at AND c.ending <> 'withdrawn'))
           OR (c.stopped_at IS NULL AND c.breached_at <= c.due_at) OR c.breached_at < c.recorded_at
           OR (c.breached_at IS NOT NULL AND c.taken_back_at IS NOT NULL)
           OR (c.escalated_at IS NULL) <> (c.escalated_to = '') OR c.escalated_at < c.breached_at
           OR (c.escalated_at IS NOT NULL AND (c.breached_at IS NULL OR c.escalated_to <> c.escalate_to))
           -- A unit that was late before it was matched keeps the case it had on its own.
           OR (c.case_key <> '' AND (c.breached_at IS NULL OR c.case_key NOT IN (
               format('clock:%s:%s:%s', c.subject_kind, c.subject_id, c.stage),
               format('clock:rma:%s:%s', c.rma_id, c.stage))))
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.go_by_decisions",
        "Every clock goes by a decision of the SLA table about its subject, and every such decision has its clock.",
        """
        SELECT format('clock %s: decision %s says otherwise', c.id, c.decision_id) AS what
        FROM clocks_clock c LEFT JOIN policies_decision d ON d.id = c.decision_id
        LEFT JOIN kernel_commandrecord k ON k.id = c.command_id
        WHERE d.kind IS DISTINCT FROM 'sla' OR d.version_id <> c.version_id OR d.row_id <> c.row_id
           OR d.subject_id <> c.subject_id OR d.facts ->> 'stage' IS DISTINCT FROM c.stage
           OR (d.outcome ->> 'due_hours')::int <> c.due_hours OR (d.outcome ->> 'warn_hours')::int <> c.warn_hours
           OR coalesce(d.outcome ->> 'escalate_to', '') <> c.escalate_to
           OR (d.outcome ->> 'opens_case')::boolean <> c.opens_case
           OR (d.outcome ->> 'around_the_clock')::boolean <> c.around_the_clock
           OR d.command_id <> c.command_id OR k.id IS NULL OR k.at <> c.recorded_at
        UNION ALL
        SELECT format('decision %s: has no clock', d.id) FROM policies_decision d
        WHERE d.kind = 'sla' AND NOT EXISTS (SELECT FROM clocks_clock c WHERE c.decision_id = d.id)
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.rounds_follow",
        "The rounds of a stage of a subject count from 1, in the order of time, and do not overlap.",
        """
        SELECT format('clock %s: round %s of %s begins at %s', id, round, stage, started_at) AS what
        FROM (SELECT c.*, row_number() OVER w AS place, lag(c.stopped_at) OVER w AS stopped_before,
                     count(*) OVER w > 1 AS again
              FROM clocks_clock c WHERE c.ending <> 'withdrawn'
              WINDOW w AS (PARTITION BY c.subject_id, c.stage ORDER BY c.round)) t
        WHERE place > round OR again AND (stopped_before IS NULL OR stopped_before > started_at)
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.are_of_their_subject",
        "A clock is about something that is there, of the kind of its stage; while it runs, it stands where that does.",
        f"""
        SELECT format('clock %s: %s of %s %s, return %s, channel %s, node %s, entity %s', c.id, c.stage,
                      c.subject_kind, c.subject_id, c.rma_id, c.channel_id, c.node_id, c.entity_id) AS what
        FROM clocks_clock c
        LEFT JOIN (
            SELECT 'rma' AS kind, id, id AS rma_id, NULL::bigint AS node_id, entity_id FROM returns_rma
            UNION ALL SELECT 'parcel', id, rma_id, node_id, entity_id FROM logistics_parcel
            UNION ALL SELECT 'unit', u.id, l.rma_id, u.node_id, u.entity_id
                      FROM receiving_unit u LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
            UNION ALL SELECT 'payout', p.id, k.rma_id, NULL, k.entity_id
                      FROM refunds_payout p JOIN refunds_credit k ON k.id = p.credit_id
            UNION ALL SELECT 'case', id, CASE WHEN subject_kind = 'rma' THEN subject_id END, NULL, entity_id
                      FROM workqueue_case
        ) s ON s.kind = c.subject_kind AND s.id = c.subject_id
        LEFT JOIN returns_rma r ON r.id = c.rma_id
        WHERE s.id IS NULL OR c.subject_kind <> CASE c.stage {_KINDS} END OR c.channel_id IS DISTINCT FROM r.channel_id
           OR c.rma_id IS DISTINCT FROM s.rma_id AND NOT {_TOLD}
           OR c.stopped_at IS NULL AND NOT {_TOLD}
              AND (c.node_id IS DISTINCT FROM s.node_id OR c.entity_id IS DISTINCT FROM s.entity_id)
           OR c.calendar_version_id IS NOT NULL
              AND NOT EXISTS (SELECT FROM clocks_calendarversion v WHERE v.id = c.calendar_version_id)
        """,
        _CLOCKS,
    ),
    Law(
        "clocks.stand_still_when_done",
        "No clock runs for a stage that is over.",
        f"""
        SELECT format('clock %s runs: %s of %s %s is over', c.id, c.stage, c.subject_kind, c.subject_id) AS what
        FROM clocks_clock c
        LEFT JOIN returns_rma r ON r.id = c.subject_id LEFT JOIN logistics_parcel p ON p.id = c.subject_id
        LEFT JOIN receiving_unit u ON u.id = c.subject_id LEFT JOIN refunds_payout m ON m.id = c.subject_id
        LEFT JOIN workqueue_case q ON q.id = c.subject_id
        WHERE c.stopped_at IS NULL AND NOT {_TOLD} AND NOT coalesce(CASE c.stage
            WHEN 'asked' THEN r.state = 'requested'
            WHEN 'label' THEN r.state = 'authorised' AND EXISTS (
                SELECT FROM returns_rmaline l WHERE l.rma_id = r.id AND l.authorised_qty > 0 AND NOT l.returnless)
            WHEN 'in_transit' THEN p.state IN ('accepted', 'in_transit', 'delivered')
            WHEN 'received' THEN u.state IN ('received', 'released')
            WHEN 'inspected' THEN u.state = 'inspected'
            WHEN 'set_apart' THEN u.state = 'set_apart'
            WHEN 'credit_due' THEN EXISTS (
                SELECT FROM returns_rmaline l WHERE l.rma_id = r.id AND l.credited_qty < l.quantity)
            WHEN 'payout' THEN m.state IN ('requested', 'in_doubt')
            WHEN 'case' THEN q.state = 'open' END, false)
        """,
        "SELECT count(*) FROM clocks_clock WHERE stopped_at IS NULL",
    ),
    Law(
        "clocks.cases_have_late_clocks",
        "An open case of clocks stands for one that runs and is late, unless people keep it open for more than that.",
        """
        SELECT format('case %s: no clock of %s is late', q.id, q.dedupe_key) AS what FROM workqueue_case q
        WHERE q.state = 'open' AND starts_with(q.dedupe_key, 'clock:')
          AND NOT EXISTS (SELECT FROM clocks_clock c WHERE c.case_key = q.dedupe_key AND c.stopped_at IS NULL)
          AND NOT EXISTS (SELECT FROM workqueue_casestep t WHERE t.case_id = q.id AND t.action IN ('reopen', 'gone'))
        """,
        "SELECT count(*) FROM workqueue_case WHERE starts_with(dedupe_key, 'clock:')",
    ),
    Law(
        "clocks.pauses_are_told_once",
        "Pauses were made by commands, of something that is there; that of a case put off is as it was put off.",
        """
        SELECT format('pause %s of %s %s: from %s to %s', p.id, p.subject_kind, p.subject_id, p.from_at, p.until_at)
               AS what
        FROM clocks_pause p LEFT JOIN kernel_commandrecord k ON k.id = p.command_id
        LEFT JOIN (SELECT 'rma' AS kind, id FROM returns_rma UNION ALL SELECT 'case', id FROM workqueue_case) s
               ON s.kind = p.subject_kind AND s.id = p.subject_id
        LEFT JOIN workqueue_casestep t ON p.request_ref = 'snooze:' || t.id
        WHERE k.at IS DISTINCT FROM p.recorded_at OR s.id IS NULL OR p.from_at > p.recorded_at
           OR starts_with(p.request_ref, 'snooze:') AND (t.case_id IS DISTINCT FROM p.subject_id OR t.at <> p.from_at
              OR t.by <> p.paused_by OR greatest(t.at, (t.facts ->> 'until')::timestamptz) <> p.until_at)
        """,
        "SELECT count(*) FROM clocks_pause",
    ),
]
