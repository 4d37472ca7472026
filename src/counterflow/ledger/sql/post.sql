-- Posting: the only way into the journal. Everything is set-based over arrays, so one call costs the same
-- statements for one entry and for ten thousand.

-- Resolve account dimensions to ids, making what is missing. Order of the result = order of the arrays.
CREATE OR REPLACE FUNCTION ledger_accounts(
    p_entity bigint[], p_gl text[], p_owner text[], p_node bigint[], p_custodian text[], p_state text[],
    p_item bigint[], p_lot text[], p_bucket text[]
) RETURNS bigint[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_ids bigint[];
BEGIN
    FOR i IN 1..2 LOOP
        SELECT array_agg(a.id ORDER BY d.n) INTO v_ids
        FROM unnest(p_entity, p_gl, p_owner, p_node, p_custodian, p_state, p_item, p_lot, p_bucket) WITH ORDINALITY
            AS d(entity_id, gl, owner, node_id, custodian, state, item_id, lot, bucket, n)
        LEFT JOIN ledger_account a USING (entity_id, item_id, state, node_id, bucket, owner, custodian, lot, gl);
        EXIT WHEN array_position(v_ids, NULL) IS NULL;
        INSERT INTO ledger_account (id, entity_id, gl, owner, node_id, custodian, state, item_id, lot, bucket,
                                    guarded, valued, digest)
        SELECT d.id, d.entity_id, d.gl, d.owner, d.node_id, d.custodian, d.state, d.item_id,
               d.lot, d.bucket, coalesce(s.guarded, false), coalesce(s.recognised AND d.owner = 'us', false),
               ledger_account_digest(d.id, d.entity_id, d.gl, d.owner, d.node_id, d.custodian, d.state, d.item_id, d.lot,
                   d.bucket, coalesce(s.guarded, false), coalesce(s.recognised AND d.owner = 'us', false))
        FROM (SELECT nextval('kernel_id_seq') AS id, u.* FROM (
                  SELECT DISTINCT * FROM
                      unnest(p_entity, p_gl, p_owner, p_node, p_custodian, p_state, p_item, p_lot, p_bucket)
                      AS u(entity_id, gl, owner, node_id, custodian, state, item_id, lot, bucket)
                  ORDER BY 1, 7, 6, 4, 9, 3, 5, 8, 2) u) d
        LEFT JOIN ledger_state s ON s.state = d.state
        WHERE CASE WHEN d.gl = '' THEN s.state IS NOT NULL AND d.item_id > 0 AND d.owner <> '' AND d.bucket IN ('pool', 'unit')
                   ELSE d.owner || d.custodian || d.state || d.lot || d.bucket = '' AND d.node_id = 0 AND d.item_id = 0
                        AND EXISTS (SELECT FROM ledger_gl g WHERE g.code = d.gl) END
        ON CONFLICT ON CONSTRAINT ledger_account_once DO NOTHING;
    END LOOP;
    IF array_position(v_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'account % is not in the chart', array_position(v_ids, NULL) USING ERRCODE = '23514';
    END IF;
    RETURN v_ids;
END $$;

-- Write entries with their lines (arrays of equal length), move the positions and the day sums.
-- Lines come sorted by entry; a line's number is its place within its entry.
CREATE OR REPLACE FUNCTION ledger_write(
    p_command bigint, p_at timestamptz,
    e_id bigint[], e_entity bigint[], e_kind text[], e_happened timestamptz[], e_reverses bigint[],
    l_entry integer[], l_account bigint[], l_entity bigint[], l_item bigint[], l_currency text[], l_component text[],
    l_amount bigint[], l_tx_currency text[], l_tx_amount bigint[], l_rate numeric[], l_subject bigint[]
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_dates date[];
    v_days date[];
    v_entity bigint;
    v_wrong record;
BEGIN
    IF to_regclass('ledger_line' || to_char(p_at AT TIME ZONE 'UTC', '_YYYY_MM')) IS NULL THEN
        PERFORM ledger_ensure_partitions((p_at AT TIME ZONE 'UTC')::date, (p_at AT TIME ZONE 'UTC')::date);
    END IF;
    IF EXISTS (SELECT FROM ledger_seal WHERE month = date_trunc('month', p_at AT TIME ZONE 'UTC')::date) THEN
        RAISE EXCEPTION 'the journal of % is sealed', to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM') USING ERRCODE = '23514';
    END IF;
    -- A period that closes waits for those who post, and they for it.
    FOR v_entity IN SELECT DISTINCT u FROM unnest(l_entity) u ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock_shared(7001, (v_entity % 2147483647)::integer);
    END LOOP;
    SELECT array_agg(GREATEST(d.day, b.closed_through + 1) ORDER BY d.n), array_agg(d.day ORDER BY d.n)
    INTO v_dates, v_days
    FROM unnest(e_entity, e_happened) WITH ORDINALITY AS e(entity_id, happened, n)
    JOIN ledger_entity b ON b.id = e.entity_id
    CROSS JOIN LATERAL (SELECT (e.happened AT TIME ZONE b.zone)::date AS day, e.n) d;
    -- An entry between entities is booked to a day that is open in the books of each.
    FOR v_wrong IN
        SELECT l.entry, max(b.closed_through) + 1 AS day
        FROM (SELECT DISTINCT u.entry, u.entity_id FROM unnest(l_entry, l_entity) AS u(entry, entity_id)
              WHERE u.entity_id <> e_entity[u.entry]) l
        JOIN ledger_entity b ON b.id = l.entity_id GROUP BY 1
    LOOP
        v_dates[v_wrong.entry] := GREATEST(v_dates[v_wrong.entry], v_wrong.day);
    END LOOP;

    INSERT INTO ledger_entry (id, recorded_at, entity_id, kind, happened_at, accounting_date, command_id, reverses,
                              lines, digest)
    SELECT e.id, p_at, e.entity_id, e.kind, e.happened, v_dates[e.n], p_command, e.reverses, l.lines,
           sha256(convert_to(ledger_entry_text(e.id, p_at, e.entity_id, e.kind, e.happened, v_dates[e.n], p_command,
                                               e.reverses, l.lines, pg_current_xact_id()) || E'\n' || l.body, 'UTF8'))
    FROM (
        SELECT x.entry, count(*)::smallint AS lines, string_agg(x.body, E'\n' ORDER BY x.n) AS body
        FROM (
            SELECT l.entry, l.n, ledger_line_text((row_number() OVER (PARTITION BY l.entry ORDER BY l.n))::smallint,
                       l.account_id, l.entity_id, l.item_id, l.currency, l.component, l.amount, l.tx_currency,
                       l.tx_amount, l.rate, l.subject_id) AS body
            FROM unnest(l_entry, l_account, l_entity, l_item, l_currency, l_component, l_amount, l_tx_currency,
                        l_tx_amount, l_rate, l_subject) WITH ORDINALITY
                AS l(entry, account_id, entity_id, item_id, currency, component, amount, tx_currency, tx_amount, rate,
                     subject_id, n)
        ) x GROUP BY x.entry
    ) l
    CROSS JOIN LATERAL (SELECT e_id[l.entry] AS id, e_entity[l.entry] AS entity_id, e_kind[l.entry] AS kind,
                               e_happened[l.entry] AS happened, e_reverses[l.entry] AS reverses, l.entry AS n) e;

    INSERT INTO ledger_line (entry_id, n, recorded_at, account_id, entity_id, item_id, currency, component, amount,
                             tx_currency, tx_amount, rate, subject_id)
    SELECT e_id[l.entry], (row_number() OVER (PARTITION BY l.entry ORDER BY l.n))::smallint, p_at, l.account_id,
           l.entity_id, l.item_id, l.currency, l.component, l.amount, l.tx_currency, l.tx_amount, l.rate, l.subject_id
    FROM unnest(l_entry, l_account, l_entity, l_item, l_currency, l_component, l_amount, l_tx_currency, l_tx_amount,
                l_rate, l_subject) WITH ORDINALITY
        AS l(entry, account_id, entity_id, item_id, currency, component, amount, tx_currency, tx_amount, rate,
             subject_id, n);

    INSERT INTO ledger_balance_delta (id, account_id, component, accounting_date, happened_date, amount)
    SELECT nextval('kernel_id_seq'), s.* FROM (
        SELECT l.account_id, l.component, v_dates[l.entry], v_days[l.entry], sum(l.amount) AS amount
        FROM unnest(l_entry, l_account, l_component, l_amount) AS l(entry, account_id, component, amount)
        GROUP BY 1, 2, 3, 4 HAVING sum(l.amount) <> 0) s;

    -- Positions last, by ascending id: the one place where two postings may wait for each other.
    INSERT INTO ledger_position (account_id, quantity, cost, allowance)
    SELECT a.id, 0, 0, 0 FROM (SELECT DISTINCT u AS id FROM unnest(l_account) u) d
    JOIN ledger_account a ON a.id = d.id AND a.guarded
    WHERE NOT EXISTS (SELECT FROM ledger_position p WHERE p.account_id = a.id)
    ORDER BY a.id ON CONFLICT (account_id) DO NOTHING;
    PERFORM FROM ledger_position p WHERE p.account_id = ANY(ARRAY(SELECT DISTINCT u FROM unnest(l_account) u))
    ORDER BY p.account_id FOR NO KEY UPDATE;
    UPDATE ledger_position p
    SET quantity = p.quantity + s.quantity, cost = p.cost + s.cost, allowance = p.allowance + s.allowance
    FROM (SELECT l.account_id,
                 coalesce(sum(l.amount) FILTER (WHERE l.component = 'qty'), 0) AS quantity,
                 coalesce(sum(l.amount) FILTER (WHERE l.component = 'cost'), 0) AS cost,
                 coalesce(sum(l.amount) FILTER (WHERE l.component = 'allowance'), 0) AS allowance
          FROM unnest(l_account, l_component, l_amount) AS l(account_id, component, amount) GROUP BY 1) s
    WHERE p.account_id = s.account_id;
END $$;

-- Arrays that describe the same things are equally long, and there.
CREATE OR REPLACE FUNCTION ledger_check_arrays(p_lengths integer[]) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF array_position(p_lengths, NULL) IS NOT NULL OR p_lengths[1] <> ANY (p_lengths) THEN
        RAISE EXCEPTION 'arrays that belong together are of different lengths: %', p_lengths USING ERRCODE = '22023';
    END IF;
END $$;

-- Post entries made of moves (goods with their value) and money legs. Accounts are named by their place in the
-- a_* arrays, entries by their place in the e_* arrays.
CREATE OR REPLACE FUNCTION ledger_post(
    p_command bigint, p_at timestamptz,
    a_entity bigint[], a_gl text[], a_owner text[], a_node bigint[], a_custodian text[], a_state text[],
    a_item bigint[], a_lot text[], a_bucket text[],
    e_id bigint[], e_entity bigint[], e_kind text[], e_happened timestamptz[],
    m_entry integer[], m_from integer[], m_to integer[], m_from_value integer[], m_to_value integer[],
    m_quantity bigint[], m_cost bigint[], m_allowance bigint[], m_subject bigint[],
    g_entry integer[], g_account integer[], g_amount bigint[], g_tx_currency text[], g_tx_amount bigint[],
    g_rate numeric[], g_subject bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids bigint[] := ledger_accounts(a_entity, a_gl, a_owner, a_node, a_custodian, a_state, a_item, a_lot, a_bucket);
    v_valued boolean[];
    v_currency text[];
    v_wrong record;
BEGIN
    PERFORM ledger_check_arrays(ARRAY[cardinality(e_id), cardinality(e_entity), cardinality(e_kind), cardinality(e_happened)]);
    PERFORM ledger_check_arrays(ARRAY[cardinality(m_entry), cardinality(m_from), cardinality(m_to), cardinality(m_from_value),
        cardinality(m_to_value), cardinality(m_quantity), cardinality(m_cost), cardinality(m_allowance), cardinality(m_subject)]);
    PERFORM ledger_check_arrays(ARRAY[cardinality(g_entry), cardinality(g_account), cardinality(g_amount),
        cardinality(g_tx_currency), cardinality(g_tx_amount), cardinality(g_rate), cardinality(g_subject)]);
    SELECT array_agg(a.valued ORDER BY i.n), array_agg(b.currency ORDER BY i.n) INTO v_valued, v_currency
    FROM unnest(v_ids) WITH ORDINALITY AS i(id, n) JOIN ledger_account a ON a.id = i.id
    JOIN ledger_entity b ON b.id = a.entity_id;

    SELECT e_kind[m.entry] AS kind, a_state[m.source] AS source, a_state[m.target] AS target INTO v_wrong
    FROM unnest(m_entry, m_from, m_to) AS m(entry, source, target)
    LEFT JOIN ledger_movement r
        ON r.kind = e_kind[m.entry] AND r.source = a_state[m.source] AND r.target = a_state[m.target]
    WHERE r.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the chart has no movement % from % to %', v_wrong.kind, v_wrong.source, v_wrong.target
            USING ERRCODE = '23514';
    END IF;
    -- A move keeps its SKU, and its value goes where its goods go; value rests on the stock account where the goods are
    -- ours and in our books, and on the movement's contra account where they are not.
    SELECT m.* INTO v_wrong
    FROM unnest(m_entry, m_from, m_to, m_from_value, m_to_value, m_quantity, m_cost, m_allowance)
        AS m(entry, source, target, source_value, target_value, quantity, cost, allowance)
    LEFT JOIN ledger_movement r
        ON r.kind = e_kind[m.entry] AND r.source = a_state[m.source] AND r.target = a_state[m.target]
    WHERE a_item[m.source] <> a_item[m.target] OR m.quantity < 0 OR (m.quantity = 0 AND m.cost = 0 AND m.allowance = 0)
       OR m.quantity IS NULL OR m.cost IS NULL OR m.allowance IS NULL
       OR (m.quantity > 0 AND (m.allowance > 0 OR m.cost + m.allowance < 0))
       OR ((m.cost <> 0 OR m.allowance <> 0) AND (
              NOT (v_valued[m.source] OR v_valued[m.target])
              OR (v_valued[m.source] AND m.source_value <> m.source)
              OR (v_valued[m.target] AND m.target_value <> m.target)
              OR (NOT v_valued[m.source] AND (a_gl[m.source_value] <> r.contra OR a_entity[m.source_value] <> a_entity[m.source]))
              OR (NOT v_valued[m.target] AND (a_gl[m.target_value] <> r.contra OR a_entity[m.target_value] <> a_entity[m.target]))))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a move of entry % has a wrong SKU, quantity or value account', e_id[v_wrong.entry]
            USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT FROM unnest(g_account) g WHERE a_gl[g] = '' OR a_gl[g] LIKE 'stock.%') THEN
        RAISE EXCEPTION 'a money leg names a stock account' USING ERRCODE = '23514';
    END IF;
    -- What was agreed in another currency says all of it; in the books' own there is nothing else to say.
    IF EXISTS (SELECT FROM unnest(g_account, g_amount, g_tx_currency, g_tx_amount, g_rate)
                   AS g(account, amount, tx_currency, tx_amount, rate)
               WHERE num_nulls(g.tx_currency, g.tx_amount, g.rate) NOT IN (0, 3) OR g.tx_currency !~ '^[A-Z]{3}$'
                  OR g.rate <= 0 OR g.rate = 'NaN'
                  OR (g.tx_currency = v_currency[g.account] AND (g.tx_amount <> g.amount OR g.rate <> 1))) THEN
        RAISE EXCEPTION 'a money leg has a wrong currency, amount or rate' USING ERRCODE = '23514';
    END IF;

    PERFORM ledger_write(p_command, p_at, e_id, e_entity, e_kind, e_happened, array_fill(0::bigint, ARRAY[cardinality(e_id)]),
        array_agg(l.entry ORDER BY l.entry, l.part, l.n, l.side), array_agg(v_ids[l.account] ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(a_entity[l.account] ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(CASE WHEN l.component = 'qty' THEN a_item[l.account] ELSE 0 END ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(CASE WHEN l.component = 'qty' THEN '' ELSE v_currency[l.account] END ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(l.component ORDER BY l.entry, l.part, l.n, l.side), array_agg(l.amount ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(CASE WHEN l.component = 'qty' THEN '' ELSE coalesce(l.tx_currency, v_currency[l.account]) END
                  ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(coalesce(l.tx_amount, l.amount) ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(coalesce(l.rate, 1) ORDER BY l.entry, l.part, l.n, l.side),
        array_agg(l.subject ORDER BY l.entry, l.part, l.n, l.side))
    FROM (
        SELECT m.entry, s.part, m.n, s.side, s.account, s.component, s.amount, NULL::text AS tx_currency,
               NULL::bigint AS tx_amount, NULL::numeric AS rate, m.subject
        FROM unnest(m_entry, m_from, m_to, m_from_value, m_to_value, m_quantity, m_cost, m_allowance, m_subject)
            WITH ORDINALITY
            AS m(entry, source, target, source_value, target_value, quantity, cost, allowance, subject, n)
        CROSS JOIN LATERAL (VALUES
            (1, 1, m.source, 'qty', -m.quantity), (1, 2, m.target, 'qty', m.quantity),
            (2, 1, m.source_value, CASE WHEN v_valued[m.source] THEN 'cost' ELSE 'money' END, -m.cost),
            (2, 2, m.target_value, CASE WHEN v_valued[m.target] THEN 'cost' ELSE 'money' END, m.cost),
            (3, 1, m.source_value, CASE WHEN v_valued[m.source] THEN 'allowance' ELSE 'money' END, -m.allowance),
            (3, 2, m.target_value, CASE WHEN v_valued[m.target] THEN 'allowance' ELSE 'money' END, m.allowance)
        ) AS s(part, side, account, component, amount)
        WHERE s.amount <> 0
        UNION ALL
        SELECT g.entry, 4, g.n, 1, g.account, 'money', g.amount, g.tx_currency, g.tx_amount, g.rate, g.subject
        FROM unnest(g_entry, g_account, g_amount, g_tx_currency, g_tx_amount, g_rate, g_subject) WITH ORDINALITY
            AS g(entry, account, amount, tx_currency, tx_amount, rate, subject, n)
    ) l;
END $$;

-- Reverse whole entries: the same lines with the signs turned, once for each entry.
CREATE OR REPLACE FUNCTION ledger_reverse(
    p_command bigint, p_at timestamptz, p_entries bigint[], p_new bigint[], p_kind text[], p_happened timestamptz[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_found bigint;
BEGIN
    INSERT INTO ledger_reversal (entry_id, by_entry_id) SELECT * FROM unnest(p_entries, p_new) ORDER BY 1;
    SELECT count(*) INTO v_found FROM ledger_entry e WHERE e.id = ANY(p_entries);
    IF v_found <> cardinality(p_entries) THEN
        RAISE EXCEPTION 'only % of % entries to reverse exist', v_found, cardinality(p_entries) USING ERRCODE = '23503';
    END IF;
    IF EXISTS (SELECT FROM unnest(p_entries, p_new, p_kind) AS o(id, by_id, kind) JOIN ledger_entry e ON e.id = o.id
               WHERE o.kind <> e.kind OR o.by_id <= o.id) THEN
        RAISE EXCEPTION 'a reversal is of the kind of what it reverses, and later' USING ERRCODE = '23514';
    END IF;
    PERFORM ledger_check_arrays(ARRAY[cardinality(p_entries), cardinality(p_new), cardinality(p_kind), cardinality(p_happened)]);
    PERFORM ledger_write(p_command, p_at, p_new,
        (SELECT array_agg(e.entity_id ORDER BY o.n) FROM unnest(p_entries) WITH ORDINALITY AS o(id, n)
         JOIN ledger_entry e ON e.id = o.id), p_kind, p_happened, p_entries,
        array_agg(o.n::integer ORDER BY o.n, l.n), array_agg(l.account_id ORDER BY o.n, l.n),
        array_agg(l.entity_id ORDER BY o.n, l.n), array_agg(l.item_id ORDER BY o.n, l.n),
        array_agg(l.currency ORDER BY o.n, l.n), array_agg(l.component ORDER BY o.n, l.n),
        array_agg(-l.amount ORDER BY o.n, l.n), array_agg(l.tx_currency ORDER BY o.n, l.n),
        array_agg(-l.tx_amount ORDER BY o.n, l.n), array_agg(l.rate ORDER BY o.n, l.n),
        array_agg(l.subject_id ORDER BY o.n, l.n))
    FROM unnest(p_entries) WITH ORDINALITY AS o(id, n) JOIN ledger_line l ON l.entry_id = o.id;
END $$;
