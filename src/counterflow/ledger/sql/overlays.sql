-- Holds and reservations: rows laid over positions. Goods under them stay where they are and may not be used.

CREATE UNIQUE INDEX IF NOT EXISTS ledger_hold_once ON ledger_hold (reference, account_id);

-- Lock the positions of named accounts, by ascending id, and say what they hold and what lies over them.
-- The second statement reads after the locks are held, so it sees what others did meanwhile.
CREATE OR REPLACE FUNCTION ledger_lock(
    p_entity bigint[], p_gl text[], p_owner text[], p_node bigint[], p_custodian text[], p_state text[],
    p_item bigint[], p_lot text[], p_bucket text[]
) RETURNS TABLE (
    n bigint, account_id bigint, quantity bigint, cost bigint, allowance bigint, held bigint, reserved bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_ids bigint[];
    v_places bigint[];
BEGIN
    SELECT array_agg(a.id), array_agg(d.place) INTO v_ids, v_places
    FROM unnest(p_entity, p_gl, p_owner, p_node, p_custodian, p_state, p_item, p_lot, p_bucket) WITH ORDINALITY
        AS d(entity_id, gl, owner, node_id, custodian, state, item_id, lot, bucket, place)
    JOIN ledger_account a USING (entity_id, item_id, state, node_id, bucket, owner, custodian, lot, gl)
    WHERE a.guarded;
    PERFORM FROM ledger_position p WHERE p.account_id = ANY(v_ids) ORDER BY p.account_id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT d.place, p.account_id, p.quantity, p.cost, p.allowance,
           (SELECT coalesce(sum(h.quantity), 0)::bigint FROM ledger_hold h
            WHERE h.account_id = p.account_id AND h.released_at IS NULL),
           (SELECT coalesce(sum(r.quantity), 0)::bigint FROM ledger_reservation r
            WHERE r.account_id = p.account_id AND r.released_at IS NULL)
    FROM unnest(v_ids, v_places) AS d(id, place) JOIN ledger_position p ON p.account_id = d.id
    ORDER BY d.place;
END $$;

-- Lay holds ('hold') or reservations ('reservation') over positions. A hold never covers more than is there, and a
-- reservation never promises what is held or promised already.
CREATE OR REPLACE FUNCTION ledger_hold(
    p_kind text, p_at timestamptz, p_id bigint[], p_account bigint[], p_quantity bigint[], p_reason text[],
    p_reference text[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_over bigint;
BEGIN
    PERFORM FROM ledger_position p WHERE p.account_id = ANY(p_account) ORDER BY p.account_id FOR NO KEY UPDATE;
    IF p_kind = 'hold' THEN
        INSERT INTO ledger_hold (id, account_id, quantity, reason, reference, placed_at)
        SELECT u.id, u.account_id, u.quantity, u.reason, u.reference, p_at
        FROM unnest(p_id, p_account, p_quantity, p_reason, p_reference)
            AS u(id, account_id, quantity, reason, reference) ORDER BY u.reference, u.account_id;
    ELSIF p_kind = 'reservation' THEN
        INSERT INTO ledger_reservation (id, account_id, quantity, reference, placed_at)
        SELECT u.id, u.account_id, u.quantity, u.reference, p_at
        FROM unnest(p_id, p_account, p_quantity, p_reference) AS u(id, account_id, quantity, reference)
        ORDER BY u.reference;
    ELSE
        RAISE EXCEPTION 'there is no overlay %', p_kind USING ERRCODE = '22023';
    END IF;
    SELECT s.account_id INTO v_over FROM (
        SELECT d.account_id, coalesce(p.quantity, 0) AS quantity,
               (SELECT coalesce(sum(h.quantity), 0) FROM ledger_hold h
                WHERE h.account_id = d.account_id AND h.released_at IS NULL) AS held,
               (SELECT coalesce(sum(r.quantity), 0) FROM ledger_reservation r
                WHERE r.account_id = d.account_id AND r.released_at IS NULL) AS reserved
        FROM (SELECT DISTINCT u AS account_id FROM unnest(p_account) u) d
        LEFT JOIN ledger_position p ON p.account_id = d.account_id
    ) s WHERE s.quantity < s.held + CASE WHEN p_kind = 'hold' THEN 0 ELSE s.reserved END LIMIT 1;
    IF v_over IS NOT NULL THEN
        RAISE EXCEPTION 'a % lays more over account % than is there', p_kind, v_over USING ERRCODE = '23514';
    END IF;
END $$;

-- Lift every hold, or the reservation, of each reference. Rows that were lifted before come back as not fresh.
CREATE OR REPLACE FUNCTION ledger_release(p_kind text, p_at timestamptz, p_reference text[])
RETURNS TABLE (reference text, id bigint, quantity bigint, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_fresh bigint[];
BEGIN
    IF p_kind = 'hold' THEN
        v_fresh := ARRAY(SELECT h.id FROM ledger_hold h WHERE h.reference = ANY(p_reference) AND h.released_at IS NULL
                         ORDER BY h.id FOR NO KEY UPDATE);
        UPDATE ledger_hold h SET released_at = p_at WHERE h.id = ANY(v_fresh);
        RETURN QUERY SELECT h.reference, h.id, h.quantity, h.id = ANY(v_fresh) FROM ledger_hold h
                     WHERE h.reference = ANY(p_reference) ORDER BY h.id;
    ELSIF p_kind = 'reservation' THEN
        v_fresh := ARRAY(SELECT r.id FROM ledger_reservation r
                         WHERE r.reference = ANY(p_reference) AND r.released_at IS NULL
                         ORDER BY r.id FOR NO KEY UPDATE);
        UPDATE ledger_reservation r SET released_at = p_at WHERE r.id = ANY(v_fresh);
        RETURN QUERY SELECT r.reference, r.id, r.quantity, r.id = ANY(v_fresh) FROM ledger_reservation r
                     WHERE r.reference = ANY(p_reference) ORDER BY r.id;
    ELSE
        RAISE EXCEPTION 'there is no overlay %', p_kind USING ERRCODE = '22023';
    END IF;
END $$;
