"""What `counterflow verify` asks of policies."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [
    Law(
        name="policies.decisions_quote_their_table",
        meaning="Every decision names a row of its version, and its outcome is what that row says.",
        sql="""
            SELECT format('decision %s: version %s, row %s, says %s', d.id, d.version_id, d.row_id, d.outcome) AS what
            FROM policies_decision d
            LEFT JOIN (
                SELECT v.id AS version_id, v.kind, r ->> 'id' AS row_id, r -> 'then' AS outcome
                FROM policies_policyversion v, jsonb_array_elements(v.content -> 'rows') r
            ) said ON said.version_id = d.version_id AND said.row_id = d.row_id
            WHERE d.kind <> 'fraud' AND (said.kind, said.outcome) IS DISTINCT FROM (d.kind, d.outcome)
        """,
        counted="SELECT count(*) FROM policies_decision WHERE kind <> 'fraud'",
    ),
    Law(
        name="policies.scores_add_up",
        meaning="Every score names rows of its version with their points, and is their sum, 0 to 100.",
        sql="""
            SELECT format('decision %s: version %s, rows %s, says %s', d.id, d.version_id, d.row_id, d.outcome) AS what
            FROM policies_decision d
            LEFT JOIN policies_policyversion v ON v.id = d.version_id AND v.kind = d.kind
            CROSS JOIN LATERAL (
                SELECT coalesce(sum((r -> 'then' ->> 'points')::int), 0) AS points,
                       coalesce(string_agg(r ->> 'id', ' + ' ORDER BY place), 'none') AS rows,
                       coalesce(jsonb_agg(jsonb_build_object('row', r -> 'id') || (r -> 'then') ORDER BY place),
                                '[]') AS parts
                FROM jsonb_array_elements(v.content -> 'rows') WITH ORDINALITY AS t(r, place)
                WHERE d.outcome -> 'rows' @> jsonb_build_array(jsonb_build_object('row', r -> 'id'))
            ) said
            WHERE d.kind = 'fraud' AND (
                v.id IS NULL
                OR (d.row_id, d.outcome) IS DISTINCT FROM (said.rows, jsonb_build_object(
                    'points', greatest(0, least(100, said.points)), 'rows', said.parts))
            )
        """,
        counted="SELECT count(*) FROM policies_decision WHERE kind = 'fraud'",
    ),
    Law(
        name="policies.one_table_answers",
        meaning="No two versions of a policy are in force in one scope at one instant.",
        sql="""
            SELECT format('%s: versions %s and %s', a.kind, a.version, b.version) AS what
            FROM policies_policyversion a
            JOIN policies_policyversion b ON b.kind = a.kind AND b.scope = a.scope AND b.version > a.version
                AND tstzrange(a.effective_from, a.effective_to) && tstzrange(b.effective_from, b.effective_to)
            WHERE a.state IN ('active', 'retired') AND b.state IN ('active', 'retired')
        """,
        counted="SELECT count(*) FROM policies_policyversion WHERE state IN ('active', 'retired')",
    ),
    Law(
        name="policies.two_people_stand_behind_a_version",
        meaning="What began by people was agreed to in the wording that began, by a person who had no part in it.",
        sql="""
            SELECT format('%s %s: %s agreed to revision %s of theirs', v.kind, v.version, s.actor, s.revision) AS what
            FROM policies_policystep s JOIN policies_policyversion v ON v.id = s.version_id
            LEFT JOIN access_apitoken k ON s.actor = 'token:' || k.id
            WHERE s.action = 'approve' AND EXISTS (
                SELECT FROM policies_policystep w LEFT JOIN access_apitoken t ON w.actor = 'token:' || t.id
                WHERE w.version_id = s.version_id AND w.id < s.id AND w.action IN ('draft', 'edit', 'submit')
                  AND coalesce('user:' || t.user_id, w.actor) = coalesce('user:' || k.user_id, s.actor))
            UNION ALL
            SELECT format('%s %s: began at revision %s, and nobody agreed to that', v.kind, v.version, s.revision)
            FROM policies_policystep s JOIN policies_policyversion v ON v.id = s.version_id
            WHERE s.action = 'activate' AND NOT EXISTS (
                SELECT FROM policies_policystep a WHERE a.version_id = s.version_id AND a.action = 'approve'
                  AND a.id < s.id AND (a.revision, a.digest) = (s.revision, s.digest))
        """,
        counted="SELECT count(*) FROM policies_policystep",
    ),
    Law(
        name="policies.decisions_have_commands",
        meaning="Every decision was taken by a command on record, at that instant; an override by its actor.",
        sql="""
            SELECT format('decision %s: command %s is not on record', d.id, d.command_id) AS what
            FROM policies_decision d
            LEFT JOIN kernel_commandrecord c ON c.id = d.command_id AND c.at = d.decided_at
            WHERE c.id IS NULL OR (d.overridden_by <> c.actor
                  AND NOT c.trail @> jsonb_build_array(jsonb_build_object('as', d.overridden_by)))
        """,
        counted="SELECT count(*) FROM policies_decision",
    ),
    Law(
        name="policies.day_sums_are_decisions",
        meaning="Day sums and what is not folded into them yet count every decision once, by day, version and row.",
        sql="""
            SELECT format('%s, version %s, row %s: %s decisions, sums say %s', day, version_id, row_id, sum(decided),
                          sum(summed)) AS what
            FROM (
                SELECT (decided_at AT TIME ZONE 'UTC')::date AS day, version_id, row_id, count(*) AS decided,
                       0::numeric AS summed
                FROM policies_decision GROUP BY 1, 2, 3
                UNION ALL SELECT day, version_id, row_id, 0, decided FROM policies_decisionday
                UNION ALL SELECT day, version_id, row_id, 0, decided FROM policies_decisiondelta
            ) counted
            GROUP BY day, version_id, row_id HAVING sum(decided) <> sum(summed)
        """,
        counted="SELECT (SELECT count(*) FROM policies_decisionday) + (SELECT count(*) FROM policies_decisiondelta)",
    ),
    Law(
        name="policies.overrides_set_decisions_aside",
        meaning="Every override in the report quotes the decision it sets aside; overridden decisions are all in it.",
        sql="""
            SELECT format('override %s: decision %s of version %s, row %s says %s, not %s', o.id, o.decision_id,
                          o.version_id, o.row_id, d.outcome, o.said) AS what
            FROM policies_overriderecord o LEFT JOIN policies_decision d ON d.id = o.decision_id
            WHERE (d.kind, d.version_id, d.row_id, d.outcome, d.subject_id)
                  IS DISTINCT FROM (o.kind, o.version_id, o.row_id, o.said, o.subject_id)
               OR (d.override IS NOT NULL
                   AND (d.override, d.override_reason, d.overridden_by) IS DISTINCT FROM (o.instead, o.reason, o.by))
            UNION ALL
            SELECT format('override %s: command %s is not on record', o.id, o.command_id)
            FROM policies_overriderecord o
            LEFT JOIN kernel_commandrecord c ON c.id = o.command_id AND c.at = o.at
             AND (c.actor = o.by OR c.trail @> jsonb_build_array(jsonb_build_object('as', o.by)))
            WHERE c.id IS NULL
            UNION ALL
            SELECT format('decision %s: overridden, and not in the report', d.id)
            FROM policies_decision d
            WHERE d.override IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM policies_overriderecord o WHERE o.decision_id = d.id)
        """,
        counted="SELECT count(*) FROM policies_overriderecord",
    ),
    Law(
        name="policies.shadows_count_what_differs",
        meaning="What a shadow counts as different is what is listed of it, beside decisions of the same commands.",
        sql="""
            SELECT format('shadow %s, command %s: %s counted, %s listed', coalesce(c.shadow_id, x.shadow_id),
                          coalesce(c.command_id, x.command_id), c.differed, x.listed) AS what
            FROM (
                SELECT shadow_id, command_id, sum(differed) AS differed, sum(agreed + differed + failed) AS asked
                FROM policies_shadowcount GROUP BY 1, 2
            ) c
            FULL JOIN (
                SELECT x.shadow_id, d.command_id, count(*) AS listed
                FROM policies_shadowdifference x LEFT JOIN policies_decision d ON d.id = x.decision_id GROUP BY 1, 2
            ) x ON x.shadow_id = c.shadow_id AND x.command_id = c.command_id
            WHERE coalesce(c.differed, 0) <> coalesce(x.listed, 0)
            UNION ALL
            SELECT format('shadow difference %s quotes row %s of version %s, which says something else', x.id, x.row_id,
                          s.version_id)
            FROM policies_shadowdifference x
            LEFT JOIN policies_shadow s ON s.id = x.shadow_id
            LEFT JOIN LATERAL (
                SELECT r -> 'then' AS outcome
                FROM policies_policyversion v, jsonb_array_elements(v.content -> 'rows') r
                WHERE v.id = s.version_id AND v.digest = s.digest AND r ->> 'id' = x.row_id
            ) said ON true
            WHERE s.id IS NULL OR (said.outcome IS NOT NULL AND said.outcome <> x.outcome)
        """,
        counted="SELECT count(*) FROM policies_shadow",
    ),
]
