"""The laws of approvals: what needed agreement had it, from other people, and states say what was agreed."""

from typing import Final

from counterflow.kernel.laws import Law

_REQUESTS: Final = "SELECT count(*) FROM approvals_request"

LAWS: Final[list[Law]] = [
    Law(
        "approvals.nobody_agrees_alone",
        "Who agreed to a request, and for whom, are different people, and none of them asked for it.",
        """
        SELECT format('request %s: %s agreed', r.id, a.actor) AS what
        FROM approvals_agreement a JOIN approvals_request r ON r.id = a.request_id
        WHERE r.asker_id IN (a.user_id, coalesce(a.on_behalf_of_id, 0)) OR a.user_id = a.on_behalf_of_id
        UNION ALL
        SELECT format('request %s: the same person twice', p.request_id)
        FROM (SELECT request_id, user_id AS person FROM approvals_agreement
              UNION ALL SELECT request_id, on_behalf_of_id FROM approvals_agreement
              WHERE on_behalf_of_id IS NOT NULL) p
        GROUP BY p.request_id, p.person HAVING count(*) > 1
        UNION ALL
        SELECT format('agreement %s: %s did not stand in for %s then', a.id, a.actor, a.on_behalf_of_id)
        FROM approvals_agreement a
        WHERE a.on_behalf_of_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM approvals_delegation d
            WHERE d.giver_id = a.on_behalf_of_id AND d.taker_id = a.user_id AND d.role = a.role
              AND d.starts_at <= a.at AND a.at < d.ends_at AND (d.ended_at IS NULL OR a.at <= d.ended_at))
        UNION ALL
        SELECT format('agreement %s of %s was made by no command on record', a.id, a.actor)
        FROM approvals_agreement a
        LEFT JOIN kernel_commandrecord c ON c.id = a.command_id AND c.at = a.at AND c.actor = a.actor
        WHERE c.id IS NULL
           OR a.actor NOT IN ('user:' || a.user_id, coalesce((SELECT 'token:' || t.id FROM access_apitoken t
                               WHERE t.user_id = a.user_id AND 'token:' || t.id = a.actor), ''))
        """,
        "SELECT count(*) FROM approvals_agreement",
    ),
    Law(
        "approvals.states_say_what_was_agreed",
        "Done is what all agreed to in their roles, refused what somebody refused, and what waits lacks somebody.",
        """
        SELECT format('request %s is %s: wanted %s, open %s, agreed %s, refused %s', r.id, r.state, r.roles,
                      r.open_roles, g.agreed, g.refused) AS what
        FROM approvals_request r
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE a.verdict = 'agree') AS agreed,
                   count(*) FILTER (WHERE a.verdict = 'refuse') AS refused,
                   count(*) FILTER (WHERE a.verdict = 'agree' AND a.command_id = r.ended_command_id) AS last,
                   count(*) FILTER (WHERE a.verdict = 'refuse' AND a.command_id = r.ended_command_id
                                    AND a.reason = r.outcome ->> 'reason') AS no,
                   count(*) FILTER (WHERE a.at < r.asked_at OR a.at >= r.expires_at) AS untimely,
                   array_agg(a.role ORDER BY a.role) FILTER (WHERE a.verdict = 'agree') AS filled
            FROM approvals_agreement a WHERE a.request_id = r.id) g
        WHERE g.agreed + cardinality(r.open_roles) <> cardinality(r.roles) OR g.untimely > 0
           OR (SELECT array_agg(x ORDER BY x) FROM unnest(coalesce(g.filled, '{}') || r.open_roles) x)
              IS DISTINCT FROM (SELECT array_agg(x ORDER BY x) FROM unnest(r.roles) x)
           OR CASE r.state
              WHEN 'waiting' THEN g.refused > 0 OR cardinality(r.open_roles) = 0
              WHEN 'done' THEN g.refused > 0 OR cardinality(r.open_roles) > 0 OR g.last = 0
                   OR r.outcome -> 'facts' IS NULL
              WHEN 'overtaken' THEN g.refused > 0 OR cardinality(r.open_roles) > 0 OR g.last = 0
                   OR r.outcome ->> 'message' IS NULL
              WHEN 'refused' THEN g.refused <> 1 OR g.no <> 1
              WHEN 'expired' THEN g.refused > 0 OR r.ended_at < r.expires_at OR r.outcome ->> 'code' <> 'expired'
              WHEN 'withdrawn' THEN g.refused > 0 OR r.outcome ->> 'code' <> 'withdrawn'
              ELSE true END
        """,
        _REQUESTS,
    ),
    Law(
        "approvals.requests_are_what_was_seen",
        "A request has its words, its demand as the row of the table says it, and commands on record.",
        """
        SELECT format('request %s', r.id) AS what
        FROM approvals_request r
        LEFT JOIN kernel_payload p ON p.id = r.payload_id AND p.kind = 'approval_request' AND p.subject_id = r.id
             AND p.reference = 'request:' || r.id
        LEFT JOIN kernel_commandrecord c ON c.id = r.command_id AND c.at = r.asked_at AND c.actor = r.asked_by
        LEFT JOIN kernel_commandrecord e ON e.id = r.ended_command_id AND e.at = r.ended_at AND e.actor = r.ended_by
        LEFT JOIN access_apitoken k ON r.asked_by = 'token:' || k.id
        LEFT JOIN policies_policyversion v ON v.id = r.version_id AND v.kind = 'approval'
        LEFT JOIN LATERAL (SELECT x -> 'then' AS said FROM jsonb_array_elements(v.content -> 'rows') x
                           WHERE x ->> 'id' = r.row_id) t ON true
        WHERE p.id IS NULL OR c.id IS NULL OR (r.state <> 'waiting' AND e.id IS NULL) OR t.said IS NULL
           OR r.asker_id <> coalesce(k.user_id, substring(r.asked_by FROM '^user:([0-9]+)$')::bigint, 0)
           OR (r.state = 'done'
               AND NOT e.trail @> jsonb_build_array(jsonb_build_object('command', r.command, 'as', r.asked_by)))
           OR r.expires_at <> r.asked_at + make_interval(hours => r.expires_hours)
           OR (t.said ->> 'expires_hours')::int <> r.expires_hours OR t.said ->> 'code' <> r.code
           OR (t.said ->> 'approvers')::int > cardinality(r.roles)
           OR (t.said ->> 'approvers')::int = cardinality(r.roles) AND r.roles <> (
                ARRAY[coalesce(t.said ->> 'role', ''), coalesce(t.said ->> 'second_role', '')]
              )[1:cardinality(r.roles)]
           OR coalesce((r.facts ->> 'value_minor')::bigint, 0) <> r.value_minor
           OR coalesce(r.facts ->> 'currency', '') <> r.currency OR r.facts ->> 'act' IS DISTINCT FROM r.act
           OR jsonb_typeof(r.lines) <> 'array'
           OR (SELECT coalesce(sum((l ->> 'amount')::bigint), 0) FROM jsonb_array_elements(
                   CASE WHEN jsonb_typeof(r.lines) = 'array' THEN r.lines ELSE '[]' END) l) <> 0
        UNION ALL
        SELECT format('payload %s is of no request', p.id)
        FROM kernel_payload p LEFT JOIN approvals_request r ON r.payload_id = p.id
        WHERE p.kind = 'approval_request' AND r.id IS NULL
        """,
        _REQUESTS,
    ),
    Law(
        "approvals.no_act_without_agreement",
        "Where the approval table wanted somebody, the act was done by the command in which the last one agreed.",
        """
        SELECT format('decision %s by command %s about %s: nobody agreed', d.id, d.command_id, d.subject_id) AS what
        FROM policies_decision d
        WHERE d.kind = 'approval' AND (d.outcome ->> 'approvers')::int > 0 AND NOT EXISTS (
            SELECT FROM approvals_request r WHERE r.ended_command_id = d.command_id AND r.state = 'done'
               AND r.subject_id = d.subject_id AND r.act = d.facts ->> 'act')
        UNION ALL
        SELECT format('request %s is done, and command %s did no such act', r.id, r.ended_command_id)
        FROM approvals_request r
        WHERE r.state = 'done' AND NOT EXISTS (
            SELECT FROM policies_decision d WHERE d.command_id = r.ended_command_id AND d.kind = 'approval'
               AND d.subject_id = r.subject_id AND d.facts ->> 'act' = r.act)
        """,
        "SELECT count(*) FROM policies_decision WHERE kind = 'approval'",
    ),
    Law(
        "approvals.delegations_are_given",
        "Every delegation was given by a command on record of its giver, and ended no earlier than it was given.",
        """
        SELECT format('delegation %s of %s', d.id, d.role) AS what
        FROM approvals_delegation d
        LEFT JOIN kernel_commandrecord c ON c.id = d.command_id AND c.at = d.given_at
        LEFT JOIN access_apitoken t ON c.actor = 'token:' || t.id
        WHERE c.id IS NULL OR d.ended_at < d.given_at OR d.ends_at <= d.given_at
           OR d.giver_id <> coalesce(t.user_id, substring(c.actor FROM '^user:([0-9]+)$')::bigint, 0)
        """,
        "SELECT count(*) FROM approvals_delegation",
    ),
]
