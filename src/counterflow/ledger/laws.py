"""The laws of the ledger: what must hold between entries, lines, positions, day sums and seals.

Each is one set-wise question over the whole journal. Sealed months are proved again, digest by digest,
where `counterflow.verify_full` is on or where they are small; their sums are proved always.
"""

from typing import Final

from counterflow.kernel.laws import Law

SEALED_ENTRIES_MAX: Final = 1_000_000

# From which instant digests are recomputed: everything, unless much is sealed and nobody asked for all.
_SINCE: Final = f"""(SELECT CASE
    WHEN current_setting('counterflow.verify_full', true) = 'on' OR coalesce(sum(entries), 0) <= {SEALED_ENTRIES_MAX}
    THEN '-infinity'::timestamptz ELSE (max(month) + interval '1 month') AT TIME ZONE 'UTC' END FROM ledger_seal)"""

_ENTRIES: Final = "SELECT count(*) FROM ledger_entry"
_LINES: Final = "SELECT count(*) FROM ledger_line"

LAWS: Final[list[Law]] = [
    Law(
        "ledger.entries_balance",
        "Every entry balances: each SKU in pieces, each legal entity in its currency.",
        """
        SELECT format('entry %s: %s off by %s', entry_id,
                      CASE WHEN item_id = 0 THEN format('entity %s %s', books, currency)
                           ELSE format('item %s', item_id) END, sum(amount)) AS what
        FROM (SELECT entry_id, item_id, CASE WHEN item_id = 0 THEN entity_id ELSE 0 END AS books, currency, amount
              FROM ledger_line) l
        GROUP BY entry_id, item_id, books, currency HAVING sum(amount) <> 0
        """,
        _ENTRIES,
    ),
    Law(
        "ledger.entries_whole",
        "Every entry has all its lines, numbered from one without gaps, and every line has its entry.",
        """
        SELECT format('entry %s: %s lines where %s belong', coalesce(e.id, l.entry_id), coalesce(l.found, 0),
                      coalesce(e.lines::text, 'no entry')) AS what
        FROM ledger_entry e
        FULL JOIN (SELECT entry_id, recorded_at, count(*) AS found, min(n) AS low, max(n) AS high
                   FROM ledger_line GROUP BY 1, 2) l
            ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
        WHERE e.id IS NULL OR l.entry_id IS NULL OR l.found <> e.lines OR l.low <> 1 OR l.high <> l.found
        """,
        _ENTRIES,
    ),
    Law(
        "ledger.entries_once",
        "Every entry has an id of its own, whatever the month it was recorded in.",
        """
        SELECT format('entry %s: recorded %s times', id, count(*)) AS what
        FROM ledger_entry GROUP BY id HAVING count(*) > 1
        """,
        _ENTRIES,
    ),
    Law(
        "ledger.digests_hold",
        "Every entry still reads, column by column and line by line, as it was written.",
        f"""
        SELECT format('entry %s: digest differs from its content', e.id) AS what
        FROM ledger_entry e
        LEFT JOIN (
            SELECT entry_id, recorded_at,
                   string_agg(ledger_line_text(n, account_id, entity_id, item_id, currency, component, amount,
                                               tx_currency, tx_amount, rate, subject_id), E'\\n' ORDER BY n) AS body
            FROM ledger_line WHERE recorded_at >= {_SINCE} GROUP BY 1, 2
        ) l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
        WHERE e.recorded_at >= {_SINCE}
          AND e.digest IS DISTINCT FROM sha256(convert_to(
              ledger_entry_text(e.id, e.recorded_at, e.entity_id, e.kind, e.happened_at, e.accounting_date,
                                e.command_id, e.reverses, e.lines, e.tx) || E'\\n' || coalesce(l.body, ''), 'UTF8'))
        """,
        f"{_ENTRIES} WHERE recorded_at >= {_SINCE}",
    ),
    Law(
        "ledger.accounts_hold",
        "Every account still names the dimensions it was made with.",
        """
        SELECT format('account %s: digest differs from its dimensions', id) AS what FROM ledger_account
        WHERE digest IS DISTINCT FROM ledger_account_digest(id, entity_id, gl, owner, node_id, custodian, state,
                                                            item_id, lot, bucket, guarded, valued)
        """,
        "SELECT count(*) FROM ledger_account",
    ),
    Law(
        "ledger.lines_fit_accounts",
        "Every line is on an account of its entity, SKU and component, in the entity's currency.",
        """
        SELECT format('line %s.%s does not fit account %s', l.entry_id, l.n, l.account_id) AS what
        FROM ledger_line l
        LEFT JOIN ledger_account a ON a.id = l.account_id
        LEFT JOIN ledger_entity b ON b.id = a.entity_id
        WHERE a.id IS NULL OR b.id IS NULL OR l.entity_id <> a.entity_id
           OR CASE l.component WHEN 'qty' THEN a.state = '' OR l.item_id <> a.item_id
                               WHEN 'money' THEN a.gl = '' OR l.currency <> b.currency
                               ELSE NOT a.valued OR l.currency <> b.currency END
        """,
        _LINES,
    ),
    Law(
        "ledger.amounts_agree",
        "Every value line names a currency, an amount and a rate above 0, the books' own as it was booked.",
        """
        SELECT format('line %s.%s: %s %s is %s %s at %s', entry_id, n, amount, currency, tx_amount, tx_currency, rate)
            AS what
        FROM ledger_line
        WHERE CASE WHEN component = 'qty' THEN tx_currency <> '' OR tx_amount <> amount OR rate <> 1
                   ELSE tx_currency !~ '^[A-Z]{3}$' OR rate <= 0 OR rate = 'NaN'
                        OR (tx_currency = currency AND (tx_amount <> amount OR rate <> 1)) END
        """,
        _LINES,
    ),
    Law(
        "ledger.positions_are_lines",
        "Every position holds exactly what its lines sum to, in pieces, cost and allowance.",
        """
        SELECT format('account %s: position (%s, %s, %s), lines (%s, %s, %s)', coalesce(p.account_id, l.account_id),
                      p.quantity, p.cost, p.allowance, l.quantity, l.cost, l.allowance) AS what
        FROM (
            SELECT l.account_id, coalesce(sum(l.amount) FILTER (WHERE l.component = 'qty'), 0) AS quantity,
                   coalesce(sum(l.amount) FILTER (WHERE l.component = 'cost'), 0) AS cost,
                   coalesce(sum(l.amount) FILTER (WHERE l.component = 'allowance'), 0) AS allowance
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id AND a.guarded GROUP BY 1
        ) l
        FULL JOIN ledger_position p ON p.account_id = l.account_id
        WHERE p.account_id IS NULL OR p.quantity <> coalesce(l.quantity, 0) OR p.cost <> coalesce(l.cost, 0)
           OR p.allowance <> coalesce(l.allowance, 0)
        """,
        "SELECT count(*) FROM ledger_position",
    ),
    Law(
        "ledger.no_goods_no_value",
        "No position is below zero, none has value without goods, and goods that are not ours have none.",
        """
        SELECT format('account %s: %s pieces, cost %s, allowance %s', p.account_id, p.quantity, p.cost, p.allowance)
            AS what
        FROM ledger_position p LEFT JOIN ledger_account a ON a.id = p.account_id
        WHERE p.quantity < 0 OR p.allowance > 0 OR p.cost + p.allowance < 0
           OR (p.quantity = 0 AND (p.cost <> 0 OR p.allowance <> 0))
           OR a.guarded IS NOT TRUE OR (NOT a.valued AND (p.cost <> 0 OR p.allowance <> 0))
        """,
        "SELECT count(*) FROM ledger_position",
    ),
    Law(
        "ledger.day_sums_are_lines",
        "Day sums and what is not rolled yet equal the lines, by account, component and both dates.",
        """
        WITH days AS (
            SELECT account_id, component, accounting_date, happened_date, sum(amount) AS amount
            FROM (SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_day
                  UNION ALL
                  SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_delta) d
            GROUP BY 1, 2, 3, 4
        ), lines AS (
            SELECT l.account_id, l.component, e.accounting_date, e.day AS happened_date, sum(l.amount) AS amount
            FROM ledger_line l
            JOIN (SELECT e.id, e.recorded_at, e.accounting_date, (e.happened_at AT TIME ZONE b.zone)::date AS day
                  FROM ledger_entry e JOIN ledger_entity b ON b.id = e.entity_id) e
                ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
            GROUP BY 1, 2, 3, 4
        )
        SELECT format('account %s %s booked %s, happened %s: day sum %s, lines %s', account_id, component,
                      accounting_date, happened_date, coalesce(d.amount, 0), coalesce(l.amount, 0)) AS what
        FROM days d FULL JOIN lines l USING (account_id, component, accounting_date, happened_date)
        WHERE coalesce(d.amount, 0) <> coalesce(l.amount, 0)
        """,
        "SELECT (SELECT count(*) FROM ledger_balance_day) + (SELECT count(*) FROM ledger_balance_delta)",
    ),
    Law(
        "ledger.stock_is_gl",
        "By entity, state and component, the value of our positions equals its GL sub-account.",
        """
        WITH positions AS (
            SELECT a.entity_id, a.state, v.component, sum(v.amount) AS amount
            FROM ledger_position p JOIN ledger_account a ON a.id = p.account_id
            CROSS JOIN LATERAL (VALUES ('cost', p.cost), ('allowance', p.allowance)) AS v(component, amount)
            GROUP BY 1, 2, 3
        ), books AS (
            SELECT a.entity_id, a.state, d.component, sum(d.amount) AS amount
            FROM (SELECT account_id, component, amount FROM ledger_balance_day
                  UNION ALL SELECT account_id, component, amount FROM ledger_balance_delta) d
            JOIN ledger_account a ON a.id = d.account_id
            WHERE d.component IN ('cost', 'allowance') GROUP BY 1, 2, 3
        )
        SELECT format('entity %s %s %s: positions %s, GL %s', entity_id, state, component, coalesce(p.amount, 0),
                      coalesce(g.amount, 0)) AS what
        FROM positions p FULL JOIN books g USING (entity_id, state, component)
        WHERE coalesce(p.amount, 0) <> coalesce(g.amount, 0)
        """,
        "SELECT count(DISTINCT (entity_id, state)) FROM ledger_account WHERE valued",
    ),
    Law(
        "ledger.movements_follow_chart",
        "Goods moved only along paths of the chart; what reverses an entry may go back.",
        """
        SELECT format('entry %s: %s from %s to %s', s.entry_id, e.kind, a.state, b.state) AS what
        FROM ledger_line s
        JOIN ledger_entry e ON e.id = s.entry_id AND e.recorded_at = s.recorded_at AND e.reverses = 0
        LEFT JOIN ledger_line t ON t.entry_id = s.entry_id AND t.recorded_at = s.recorded_at AND t.n = s.n + 1
             AND t.component = 'qty' AND t.item_id = s.item_id AND t.amount = -s.amount
        LEFT JOIN ledger_account a ON a.id = s.account_id
        LEFT JOIN ledger_account b ON b.id = t.account_id
        LEFT JOIN ledger_movement m ON m.kind = e.kind AND m.source = a.state AND m.target = b.state
        WHERE s.component = 'qty' AND s.n % 2 = 1 AND (s.amount > 0 OR m.id IS NULL)
        """,
        "SELECT count(*) FROM ledger_line WHERE component = 'qty' AND n % 2 = 1",
    ),
    Law(
        "ledger.dates_follow_facts",
        "No entry is booked before it happened or before its entity's go-live, nor happened after it was recorded.",
        """
        SELECT format('entry %s: happened %s, booked %s', e.id, e.happened_at, e.accounting_date) AS what
        FROM ledger_entry e LEFT JOIN ledger_entity b ON b.id = e.entity_id
        WHERE b.id IS NULL OR e.accounting_date < (e.happened_at AT TIME ZONE b.zone)::date
           OR e.accounting_date < b.go_live OR e.happened_at > e.recorded_at + interval '1 hour'
        """,
        _ENTRIES,
    ),
    Law(
        "ledger.reversals_cancel",
        "A later entry of the same kind undoes each reversed one, once, line by line.",
        """
        SELECT format('entry %s reversed by %s: they do not cancel', r.entry_id, r.by_entry_id) AS what
        FROM ledger_reversal r
        LEFT JOIN ledger_entry a ON a.id = r.entry_id
        LEFT JOIN ledger_entry b ON b.id = r.by_entry_id AND b.reverses = r.entry_id AND b.lines = a.lines
             AND b.kind = a.kind AND b.id > a.id
        WHERE b.id IS NULL OR EXISTS (
            SELECT FROM ledger_line x
            LEFT JOIN ledger_line y ON y.entry_id = b.id AND y.recorded_at = b.recorded_at AND y.n = x.n
                 AND y.account_id = x.account_id AND y.component = x.component AND y.amount = -x.amount
                 AND y.tx_currency = x.tx_currency AND y.tx_amount = -x.tx_amount AND y.subject_id = x.subject_id
            WHERE x.entry_id = a.id AND x.recorded_at = a.recorded_at AND y.entry_id IS NULL)
        UNION ALL
        SELECT format('entry %s says it reverses %s, which is not on record', e.id, e.reverses)
        FROM ledger_entry e LEFT JOIN ledger_reversal r ON r.by_entry_id = e.id AND r.entry_id = e.reverses
        WHERE e.reverses <> 0 AND r.entry_id IS NULL
        """,
        "SELECT count(*) FROM ledger_reversal",
    ),
    Law(
        "ledger.entries_have_commands",
        "Every entry was written by a command that the audit knows, at the same instant.",
        """
        SELECT format('entry %s: command %s is not on record', e.id, e.command_id) AS what
        FROM ledger_entry e LEFT JOIN kernel_commandrecord c ON c.id = e.command_id AND c.at = e.recorded_at
        WHERE c.id IS NULL
        """,
        _ENTRIES,
    ),
    Law(
        "ledger.seals_hold",
        "Every sealed month still has the entries it was sealed with, and the chain of seals has no gap.",
        f"""
        WITH chain AS (
            SELECT month, entries, digest, previous, lag(digest) OVER (ORDER BY month) AS before,
                   lag(month) OVER (ORDER BY month) AS month_before
            FROM ledger_seal
        ), counted AS (
            SELECT date_trunc('month', recorded_at AT TIME ZONE 'UTC')::date AS month, count(*) AS entries
            FROM ledger_entry GROUP BY 1
        )
        SELECT format('month %s: %s', to_char(c.month, 'YYYY-MM'),
                      CASE WHEN coalesce(n.entries, 0) <> c.entries OR d.digest <> c.digest
                           THEN 'entries differ from the seal' ELSE 'the chain is cut' END) AS what
        FROM chain c
        LEFT JOIN counted n ON n.month = c.month
        LEFT JOIN LATERAL ledger_month_digest(c.month, c.previous) d
            ON (c.month::timestamp AT TIME ZONE 'UTC') >= {_SINCE}
        WHERE c.previous <> coalesce(c.before, ''::bytea) OR c.month <> c.month_before + interval '1 month'
           OR d.digest <> c.digest OR coalesce(n.entries, 0) <> c.entries
        """,
        "SELECT count(*) FROM ledger_seal",
    ),
]
