-- How often each row of each version answered, by day (UTC): every insert of decisions adds one row for each row of a
-- version that answered in it, and policies_roll() moves these into sums. No decision waits for another's sum.
CREATE FUNCTION policies_count_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO policies_decisiondelta (day, version_id, row_id, decided)
    SELECT (decided_at AT TIME ZONE 'UTC')::date, version_id, row_id, count(*) FROM fresh GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

CREATE TRIGGER policies_decision_counted AFTER INSERT ON policies_decision
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION policies_count_decisions();

CREATE FUNCTION policies_roll() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_moved bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7101, 1) THEN
        RETURN 0;
    END IF;
    WITH gone AS (
        DELETE FROM policies_decisiondelta RETURNING day, version_id, row_id, decided
    ), kept AS (
        INSERT INTO policies_decisionday AS d (day, version_id, row_id, decided)
        SELECT day, version_id, row_id, sum(decided) FROM gone GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (day, version_id, row_id) DO UPDATE SET decided = d.decided + EXCLUDED.decided
    )
    SELECT count(*) INTO v_moved FROM gone;
    RETURN v_moved;
END $$;

-- What was decided, and decided otherwise, before there were sums and a record of overrides.
INSERT INTO policies_decisionday (day, version_id, row_id, decided)
SELECT (decided_at AT TIME ZONE 'UTC')::date, version_id, row_id, count(*) FROM policies_decision GROUP BY 1, 2, 3;

INSERT INTO policies_overriderecord (at, act, decision_id, kind, version_id, row_id, said, instead, subject_kind, subject_id,
                                document, rma, reason, "by", money_minor, currency, brand, channel, command_id)
SELECT d.decided_at, CASE WHEN d.kind = 'disposition' THEN 'disposal' ELSE 'return' END, d.id, d.kind, d.version_id,
       d.row_id, d.outcome, d.override, CASE WHEN d.kind = 'disposition' THEN 'unit' ELSE 'rma_line' END, d.subject_id,
       '', '', d.override_reason, d.overridden_by,
       (coalesce(d.facts ->> 'value_minor', d.facts ->> 'unit_cost_minor', '0'))::bigint, d.facts ->> 'currency',
       coalesce(d.facts ->> 'brand', ''), '', d.command_id
FROM policies_decision d WHERE d.override IS NOT NULL;

CREATE TRIGGER policies_override_kept BEFORE UPDATE OR DELETE ON policies_overriderecord
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
