-- Upkeep of the journal: roll day sums, close periods, seal months, place holds and reservations.

-- Move the deltas into the day sums: one statement, so a reader sees each amount exactly once.
CREATE OR REPLACE FUNCTION ledger_roll() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_moved bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7002, 1) THEN
        RETURN 0;
    END IF;
    WITH gone AS (
        DELETE FROM ledger_balance_delta RETURNING account_id, component, accounting_date, happened_date, amount
    ), kept AS (
        INSERT INTO ledger_balance_day AS d (account_id, component, accounting_date, happened_date, amount)
        SELECT account_id, component, accounting_date, happened_date, sum(amount) FROM gone GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3, 4
        ON CONFLICT (account_id, component, accounting_date, happened_date)
            DO UPDATE SET amount = d.amount + EXCLUDED.amount
    )
    SELECT count(*) INTO v_moved FROM gone;
    RETURN v_moved;
END $$;

-- Close an entity's books through a day, or open them again to an earlier one.
CREATE OR REPLACE FUNCTION ledger_close(p_entity bigint, p_through date) RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_before date;
BEGIN
    PERFORM pg_advisory_xact_lock(7001, (p_entity % 2147483647)::integer);
    SELECT closed_through INTO STRICT v_before FROM ledger_entity WHERE id = p_entity FOR UPDATE;
    UPDATE ledger_entity SET closed_through = p_through WHERE id = p_entity;
    RETURN v_before;
END $$;

-- Make or change an entity's books; currency and zone are fixed once something is posted, and what was said to be
-- simulated is never unsaid.
CREATE OR REPLACE FUNCTION ledger_keep_entity(
    p_id bigint, p_code text, p_name text, p_currency text, p_zone text, p_go_live date, p_simulated text DEFAULT ''
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO ledger_entity (id, code, name, currency, zone, closed_through, go_live, simulated)
    VALUES (p_id, p_code, p_name, p_currency, p_zone, p_go_live - 1, p_go_live, p_simulated)
    ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name,
        simulated = coalesce(nullif(EXCLUDED.simulated, ''), ledger_entity.simulated)
    RETURNING id INTO v_id;
    RETURN v_id;
END $$;

-- Seal every complete month before a day: digests of all entries in id order, chained to the month before.
CREATE OR REPLACE FUNCTION ledger_month_digest(p_month date, p_previous bytea, OUT entries bigint, OUT digest bytea)
LANGUAGE sql STABLE AS $$
    SELECT count(*), sha256(p_previous || coalesce(string_agg(e.digest, ''::bytea ORDER BY e.id), ''::bytea))
    FROM ledger_entry e
    WHERE e.recorded_at >= p_month::timestamp AT TIME ZONE 'UTC'
      AND e.recorded_at < (p_month + interval '1 month') AT TIME ZONE 'UTC'
$$;

CREATE OR REPLACE FUNCTION ledger_seal_before(p_day date, p_at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_month date;
    v_previous bytea;
    v_sealed integer := 0;
BEGIN
    IF p_day > date_trunc('month', LEAST(p_at, now()) AT TIME ZONE 'UTC') THEN
        RAISE EXCEPTION 'only months that are over are sealed, not those before %', p_day USING ERRCODE = '23514';
    END IF;
    LOCK TABLE ledger_seal IN EXCLUSIVE MODE;
    LOCK TABLE ledger_entry IN SHARE MODE;
    FOR v_month IN
        SELECT m::date FROM generate_series(
            date_trunc('month', (SELECT min(recorded_at) FROM ledger_entry) AT TIME ZONE 'UTC'),
            p_day::timestamp - interval '1 month', interval '1 month') m
        WHERE NOT EXISTS (SELECT FROM ledger_seal s WHERE s.month = m::date) ORDER BY 1
    LOOP
        SELECT s.digest INTO v_previous FROM ledger_seal s ORDER BY s.month DESC LIMIT 1;
        INSERT INTO ledger_seal (month, entries, digest, previous, sealed_at)
        SELECT v_month, d.entries, d.digest, coalesce(v_previous, ''::bytea), p_at
        FROM ledger_month_digest(v_month, coalesce(v_previous, ''::bytea)) d;
        v_sealed := v_sealed + 1;
    END LOOP;
    RETURN v_sealed;
END $$;

-- The chart's rows, written by `counterflow migrate` as the owner.
CREATE OR REPLACE FUNCTION ledger_refuse_direct() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a seal is never changed' USING ERRCODE = '23001';
END $$;
CREATE OR REPLACE TRIGGER sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_direct();
