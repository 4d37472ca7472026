-- The journal: entries and lines, append-only, partitioned by the month they were recorded in.
-- Nothing but the functions in this folder writes here.

CREATE TABLE IF NOT EXISTS ledger_entry (
    id bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    entity_id bigint NOT NULL,
    kind text NOT NULL,
    happened_at timestamptz NOT NULL,
    accounting_date date NOT NULL,
    command_id bigint NOT NULL,
    reverses bigint NOT NULL DEFAULT 0,
    lines smallint NOT NULL,
    digest bytea NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE IF NOT EXISTS ledger_line (
    entry_id bigint NOT NULL,
    n smallint NOT NULL,
    recorded_at timestamptz NOT NULL,
    account_id bigint NOT NULL,
    entity_id bigint NOT NULL,
    item_id bigint NOT NULL,        -- the SKU for a quantity line, else 0
    currency text NOT NULL,         -- the functional currency for a value line, else ''
    component text NOT NULL CHECK (component IN ('qty', 'cost', 'allowance', 'money')),
    amount bigint NOT NULL CHECK (amount <> 0),   -- pieces, or minor units of the functional currency; debit > 0
    tx_currency text NOT NULL,
    tx_amount bigint NOT NULL,
    rate numeric NOT NULL,          -- functional per transaction currency
    subject_id bigint NOT NULL,     -- what the line is about; opaque here
    PRIMARY KEY (entry_id, n, recorded_at),
    CHECK ((component = 'qty') = (currency = '')),
    CHECK ((component = 'qty') = (item_id <> 0))
) PARTITION BY RANGE (recorded_at);
-- What moved on an account, the newest first, and what was recorded since an instant: a page costs a page.
CREATE INDEX IF NOT EXISTS ledger_line_account_recorded ON ledger_line (account_id, recorded_at, entry_id);
CREATE INDEX IF NOT EXISTS ledger_entry_recorded ON ledger_entry (recorded_at, id);
CREATE INDEX IF NOT EXISTS ledger_entry_happened ON ledger_entry USING brin (happened_at) WITH (pages_per_range = 16);
CREATE INDEX IF NOT EXISTS ledger_line_subject ON ledger_line (subject_id) WHERE subject_id <> 0;

-- One line as text, the same for ever: what an entry's digest is made of.
CREATE OR REPLACE FUNCTION ledger_line_text(
    n smallint, account_id bigint, entity_id bigint, item_id bigint, currency text, component text,
    amount bigint, tx_currency text, tx_amount bigint, rate numeric, subject_id bigint
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT concat_ws('|', n, account_id, entity_id, item_id, currency, component, amount, tx_currency, tx_amount,
                     trim_scale(rate), subject_id)
$$;

CREATE OR REPLACE FUNCTION ledger_entry_text(
    id bigint, recorded_at timestamptz, entity_id bigint, kind text, happened_at timestamptz,
    accounting_date date, command_id bigint, reverses bigint, lines smallint, tx xid8
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT concat_ws('|', id, (extract(epoch FROM recorded_at) * 1000000)::bigint, entity_id, kind,
                     (extract(epoch FROM happened_at) * 1000000)::bigint, accounting_date - DATE '2000-01-01',
                     command_id, reverses, lines, tx)
$$;

CREATE OR REPLACE FUNCTION ledger_account_digest(
    id bigint, entity_id bigint, gl text, owner text, node_id bigint, custodian text, state text, item_id bigint, lot text,
    bucket text, guarded boolean, valued boolean
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(concat_ws('|', id, entity_id, gl, owner, node_id, custodian, state, item_id, lot, bucket,
                                       guarded::int, valued::int), 'UTF8'))
$$;

-- Triggers -----------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '23001';
END $$;

-- Every entry touched by one INSERT balances, per SKU in pieces and per entity in its currency, and was
-- made by the same transaction. Index lookups only: the plan is kept for the life of a session.
CREATE OR REPLACE FUNCTION ledger_check_lines() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_bad bigint;
BEGIN
    SELECT entry_id INTO v_bad FROM added
    GROUP BY entry_id, item_id, CASE WHEN item_id = 0 THEN entity_id ELSE 0 END, currency
    HAVING sum(amount) <> 0 LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not balance', v_bad USING ERRCODE = '23514';
    END IF;
    -- A subquery for each entry, never a join: a join's kept plan may read the whole month.
    SELECT a.entry_id INTO v_bad FROM (SELECT DISTINCT entry_id, recorded_at FROM added) a
    WHERE (SELECT e.tx FROM ledger_entry e WHERE e.id = a.entry_id AND e.recorded_at = a.recorded_at)
          IS DISTINCT FROM pg_current_xact_id() LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'a line cannot be added to entry %: it was made by another transaction', v_bad
            USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_guard_table(p_table text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()', p_table);
    IF p_table LIKE 'ledger\_line%' THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER balanced AFTER INSERT ON %I REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lines()', p_table);
    END IF;
END $$;
SELECT ledger_guard_table('ledger_entry'), ledger_guard_table('ledger_line');

-- Make the monthly partitions from one day to another; those that exist stay as they are.
CREATE OR REPLACE FUNCTION ledger_ensure_partitions(p_from date, p_to date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_month date := date_trunc('month', p_from)::date;
    v_made integer := 0;
    v_name text;
    v_parent text;
BEGIN
    IF p_to > p_from + 3700 THEN
        RAISE EXCEPTION 'at most ten years of partitions in one call';
    END IF;
    WHILE v_month <= p_to LOOP
        FOREACH v_parent IN ARRAY ARRAY['ledger_entry', 'ledger_line'] LOOP
            v_name := v_parent || to_char(v_month, '_YYYY_MM');
            IF to_regclass(v_name) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext('ledger_ensure_partitions'));
                IF to_regclass(v_name) IS NULL THEN
                    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', v_name, v_parent,
                        v_month::timestamp AT TIME ZONE 'UTC', (v_month + interval '1 month') AT TIME ZONE 'UTC');
                    PERFORM ledger_guard_table(v_name);
                    v_made := v_made + 1;
                END IF;
            END IF;
        END LOOP;
        v_month := (v_month + interval '1 month')::date;
    END LOOP;
    RETURN v_made;
END $$;
