"""The law of second looks: what waits was wanted by policy, and who looked is who the audit says."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS_INSPECTION: Final[list[Law]] = [
    Law(
        "receiving.second_looks",
        "An inspection waits where policy wants a second look and nobody else had looked; inspectors are the audit's.",
        """
        WITH seen AS (
            SELECT i.id, i.unit_id, i.round, i.passed, i.waits, i.decision_id, i.inspected_by, c.actor, d.kind,
                   d.subject_id, (d.outcome ->> 'second_look')::boolean AS wanted, t.user_id,
                   EXISTS (SELECT 1 FROM receiving_inspection o WHERE o.unit_id = i.unit_id AND o.round < i.round
                           AND o.inspected_by NOT IN ('', i.inspected_by)) AS another
            FROM receiving_inspection i
            LEFT JOIN kernel_commandrecord c ON c.id = i.command_id
            LEFT JOIN policies_decision d ON d.id = i.decision_id
            LEFT JOIN access_apitoken t ON c.actor = 'token:' || t.id
        )
        SELECT format('inspection %s of unit %s: waits: %s, second look wanted: %s, another looked: %s', id, unit_id,
                      waits, coalesce(wanted, false), another) AS what
        FROM seen
        WHERE inspected_by <> '' AND waits <> (passed AND coalesce(wanted, false) AND NOT another)
        UNION ALL
        SELECT format('inspection %s of unit %s: decision %s is of kind %s about %s', id, unit_id, decision_id, kind,
                      subject_id)
        FROM seen
        WHERE decision_id IS NOT NULL AND (kind IS DISTINCT FROM 'inspection_plan' OR subject_id <> unit_id)
        UNION ALL
        SELECT format('inspection %s: by %s, and the audit says %s', id, inspected_by, actor)
        FROM seen
        WHERE inspected_by <> '' AND inspected_by NOT IN (actor, 'user:' || coalesce(user_id, 0))
        UNION ALL
        SELECT format('inspection %s waits, and nobody knows who looked first', id)
        FROM seen WHERE inspected_by = '' AND waits
        """,
        "SELECT count(*) FROM receiving_inspection",
    ),
]
