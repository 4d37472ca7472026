"""The laws of the work queue: cases are what was opened and what was done with them, and stand where they belong."""

from typing import Final

from counterflow.kernel.laws import Law
from counterflow.workqueue.rules import act_by_sql

_CASES: Final = "SELECT count(*) FROM workqueue_case"
_ACT_BY: Final = act_by_sql(due="c.due_at", opened="c.opened_at", severity="c.severity", money="c.money_at_risk_minor")

LAWS: Final[list[Law]] = [
    Law(
        "workqueue.cases_stand_where_they_belong",
        "Every case is ranked by its due time, severity and money at risk.",
        f"""
        SELECT format('case %s: ranked %s, should be %s', c.id, c.rank_at, {_ACT_BY}) AS what
        FROM workqueue_case c WHERE c.rank_at <> {_ACT_BY}
        """,
        _CASES,
    ),
    Law(
        "workqueue.cases_were_opened",
        "Every case was opened by a command on record, as its event tells, and every opening has its case.",
        """
        SELECT format('case %s: opened by command %s as %s', coalesce(c.id, e.subject_id), c.command_id,
                      coalesce(e.facts::text, 'nothing')) AS what
        FROM workqueue_case c
        FULL JOIN (SELECT * FROM kernel_eventrecord WHERE kind = 'CaseOpened') e
            ON e.subject_id = c.id AND e.command_id = c.command_id
        WHERE e.id IS NULL OR c.id IS NULL OR e.recorded_at <> c.opened_at
           OR (e.facts ->> 'kind', e.facts ->> 'queue', e.facts ->> 'subject_id')
              IS DISTINCT FROM (c.kind, c.queue, c.subject_id::text)
        """,
        _CASES,
    ),
    Law(
        "workqueue.cases_end_as_they_were_ended",
        "A case is closed, when, by whom and how the last step that ended it says; otherwise it is open.",
        """
        SELECT format('case %s: %s as %s, last step %s', c.id, c.state, c.outcome, coalesce(s.action, 'none')) AS what
        FROM workqueue_case c
        LEFT JOIN LATERAL (SELECT * FROM workqueue_casestep x WHERE x.case_id = c.id
            AND x.action IN ('close', 'settle', 'merge', 'reopen') ORDER BY x.id DESC LIMIT 1) s ON true
        WHERE CASE WHEN coalesce(s.action, 'reopen') = 'reopen' THEN c.state <> 'open'
              ELSE (c.state, c.closed_at, c.closed_by) IS DISTINCT FROM ('closed', s.at, s.by)
                OR c.outcome <> CASE s.action WHEN 'merge' THEN 'merged' ELSE s.facts ->> 'outcome' END
                OR (s.action = 'merge') <> (c.merged_into_id IS NOT NULL) END
        """,
        _CASES,
    ),
    Law(
        "workqueue.cases_are_whose_they_were_given",
        "A case is assigned, owned by a role and put off as the last steps say.",
        """
        SELECT format('case %s: %s of %s, put off to %s', c.id, c.assignee, c.owner_role, c.snoozed_until) AS what
        FROM workqueue_case c
        JOIN kernel_eventrecord e ON e.subject_id = c.id AND e.kind = 'CaseOpened' AND e.command_id = c.command_id
        LEFT JOIN LATERAL (SELECT * FROM workqueue_casestep x WHERE x.case_id = c.id
            AND x.action IN ('assign', 'escalate') ORDER BY x.id DESC LIMIT 1) s ON true
        LEFT JOIN LATERAL (SELECT * FROM workqueue_casestep x WHERE x.case_id = c.id
            AND x.action IN ('snooze', 'escalate') ORDER BY x.id DESC LIMIT 1) z ON true
        WHERE c.assignee IS DISTINCT FROM CASE s.action WHEN 'assign' THEN s.facts ->> 'assignee' END
           OR c.owner_role <> coalesce(s.facts ->> 'owner_role', e.facts ->> 'owner_role', c.owner_role)
           OR c.snoozed_until IS DISTINCT FROM CASE z.action WHEN 'snooze' THEN (z.facts ->> 'until')::timestamptz END
           OR c.snooze_reason IS DISTINCT FROM CASE z.action WHEN 'snooze' THEN z.facts ->> 'reason' END
        """,
        _CASES,
    ),
    Law(
        "workqueue.merged_cases_were_absorbed",
        "A case that was merged went into another one, which noted it.",
        """
        SELECT format('case %s: merged into %s', c.id, c.merged_into_id) AS what
        FROM workqueue_case c LEFT JOIN workqueue_case t ON t.id = c.merged_into_id
        WHERE c.merged_into_id IS NOT NULL AND (t.id IS NULL OR t.id = c.id OR NOT EXISTS (
            SELECT FROM workqueue_casestep s WHERE s.case_id = t.id AND s.action = 'absorb' AND s.at = c.closed_at))
        """,
        "SELECT count(*) FROM workqueue_case WHERE merged_into_id IS NOT NULL",
    ),
    Law(
        "workqueue.steps_have_commands",
        "Every step of a case was taken by a command that the audit knows, by its actor, at its instant.",
        """
        SELECT format('step %s of case %s: command %s', s.id, s.case_id, s.command_id) AS what
        FROM workqueue_casestep s
        LEFT JOIN kernel_commandrecord r ON r.id = s.command_id AND r.at = s.at AND r.actor = s.by
        LEFT JOIN workqueue_case c ON c.id = s.case_id
        WHERE r.id IS NULL OR c.id IS NULL
           OR s.action NOT IN ('assign', 'snooze', 'escalate', 'merge', 'absorb', 'close', 'settle', 'gone', 'reopen',
                               'give_back', 'due')
        """,
        "SELECT count(*) FROM workqueue_casestep",
    ),
    Law(
        "workqueue.comments_have_words",
        "Every comment has its words, or they were erased; and no words stand without their comment.",
        """
        SELECT format('comment %s of case %s', coalesce(m.id::text, p.reference), coalesce(m.case_id, p.subject_id))
               AS what
        FROM workqueue_casecomment m
        FULL JOIN (SELECT * FROM kernel_payload WHERE kind = 'case_comment') p
            ON p.id = m.payload_id AND p.subject_id = m.case_id AND p.reference = m.id::text AND p.kept_at = m.at
        WHERE p.id IS NULL OR m.id IS NULL OR (p.body IS NULL) <> (p.erased_at IS NOT NULL)
        """,
        "SELECT count(*) FROM workqueue_casecomment",
    ),
]
