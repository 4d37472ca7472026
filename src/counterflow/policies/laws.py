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
        name="policies.decisions_have_commands",
        meaning="Every decision was taken by a command on record, at that instant; an override by its actor.",
        sql="""
            SELECT format('decision %s: command %s is not on record', d.id, d.command_id) AS what
            FROM policies_decision d
            LEFT JOIN kernel_commandrecord c ON c.id = d.command_id AND c.at = d.decided_at
            WHERE c.id IS NULL OR d.overridden_by <> c.actor
        """,
        counted="SELECT count(*) FROM policies_decision",
    ),
]
