-- Claim a transport key and fetch what the command needs to start: an id, a stock of ids, the epoch.
-- A second claimer of the same key waits here for the first one's commit, then reads its answer.
CREATE OR REPLACE FUNCTION kernel_claim(
    p_actor text, p_command text, p_key text, p_hash bytea, p_at timestamptz, p_ids integer
) RETURNS TABLE (
    command_id bigint, fresh boolean, stored_hash bytea, stored_result jsonb, epoch bigint, ids bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := nextval('kernel_id_seq');
BEGIN
    INSERT INTO kernel_commandkey (id, actor, command, key, input_hash, at)
    VALUES (v_id, p_actor, p_command, p_key, p_hash, p_at)
    ON CONFLICT ON CONSTRAINT kernel_key_once DO NOTHING;
    IF FOUND THEN
        RETURN QUERY SELECT v_id, true, NULL::bytea, NULL::jsonb,
            (SELECT value FROM kernel_epoch WHERE id = 1),
            ARRAY(SELECT nextval('kernel_id_seq') FROM generate_series(1, p_ids));
    ELSE
        RETURN QUERY SELECT k.id, false, k.input_hash, k.result, 0::bigint, ARRAY[]::bigint[]
            FROM kernel_commandkey k
            WHERE k.actor = p_actor AND k.command = p_command AND k.key = p_key;
    END IF;
END $$;

-- Close a command: its answer under the key, its audit row, its events and one delivery row for them.
CREATE OR REPLACE FUNCTION kernel_finish(
    p_id bigint, p_name text, p_actor text, p_source text, p_key text, p_at timestamptz,
    p_done integer, p_refused integer, p_trail text, p_result text,
    p_kinds text[], p_subjects bigint[], p_happened timestamptz[], p_facts text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE kernel_commandkey SET result = p_result::jsonb WHERE id = p_id;
    INSERT INTO kernel_commandrecord (id, name, actor, source, key, at, done, refused, trail)
    VALUES (p_id, p_name, p_actor, p_source, p_key, p_at, p_done, p_refused, p_trail::jsonb);
    IF cardinality(p_kinds) > 0 THEN
        INSERT INTO kernel_eventrecord (id, command_id, kind, subject_id, happened_at, recorded_at, facts)
        SELECT nextval('kernel_id_seq'), p_id, e.kind, e.subject, e.happened, p_at, e.facts::jsonb
        FROM unnest(p_kinds, p_subjects, p_happened, p_facts) AS e(kind, subject, happened, facts);
        INSERT INTO kernel_delivery (id, command_id, kinds, at, attempts)
        SELECT nextval('kernel_id_seq'), p_id, to_jsonb(array(SELECT DISTINCT unnest(p_kinds) ORDER BY 1)), p_at, 0;
    END IF;
END $$;
