"""What `counterflow verify` asks of back-tests."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [
    Law(
        name="backtests.totals_count_what_differs",
        meaning="A back-test counts, by change, exactly the differences that it lists.",
        sql="""
            SELECT format('back-test %s: %s is counted %s times and listed %s times',
                          coalesce(t.id, d.id), coalesce(t.change, d.change), t.counted, d.listed) AS what
            FROM (
                SELECT b.backtest_id AS id, c.key AS change, sum(c.value::bigint)::bigint AS counted
                FROM backtests_chunk b, jsonb_each_text(coalesce(b.totals -> 'changes', '{}')) c GROUP BY 1, 2
            ) t
            FULL JOIN (
                SELECT backtest_id AS id, change, count(*) AS listed FROM backtests_difference GROUP BY 1, 2
            ) d ON d.id = t.id AND d.change = t.change
            WHERE t.counted IS DISTINCT FROM d.listed
            UNION ALL
            SELECT format('back-test %s: its totals are not those of its %s chunks', b.id, b.total)
            FROM backtests_backtest b
            LEFT JOIN LATERAL (
                SELECT count(*) AS parts, count(c.totals) AS done, sum((c.totals ->> 'lines')::bigint) AS lines,
                       sum((c.totals ->> 'returns')::bigint) AS returns
                FROM backtests_chunk c WHERE c.backtest_id = b.id
            ) p ON true
            WHERE p.parts <> b.total OR (b.state = 'done' AND p.done <> b.total) OR (b.ended_at IS NOT NULL AND (
                coalesce(p.lines, 0) IS DISTINCT FROM (b.totals ->> 'lines')::numeric
                OR coalesce(p.returns, 0) IS DISTINCT FROM (b.totals ->> 'returns')::numeric))
        """,
        counted="SELECT count(*) FROM backtests_backtest",
    ),
    Law(
        name="backtests.money_differs_by_what_is_listed",
        meaning="What both sides of a back-test are apart is the sum of what its differences are apart, by currency.",
        sql="""
            SELECT format('back-test %s: %s apart by %s, its differences by %s',
                          coalesce(t.id, d.id), coalesce(t.currency, d.currency), t.apart, d.apart) AS what
            FROM (
                SELECT b.backtest_id AS id, c.key AS currency, sum(c.sign * c.value::bigint)::bigint AS apart
                FROM backtests_chunk b, LATERAL (
                    SELECT -1 AS sign, key, value
                    FROM jsonb_each_text(coalesce(b.totals -> 'before' -> 'refunded', '{}'))
                    UNION ALL
                    SELECT 1, key, value FROM jsonb_each_text(coalesce(b.totals -> 'after' -> 'refunded', '{}'))
                ) c GROUP BY 1, 2
            ) t
            FULL JOIN (
                SELECT backtest_id AS id, currency, sum(refunded_would_minor - refunded_was_minor)::bigint AS apart
                FROM backtests_difference WHERE unit_id IS NULL GROUP BY 1, 2
            ) d ON d.id = t.id AND d.currency = t.currency
            WHERE coalesce(t.apart, 0) <> coalesce(d.apart, 0)
        """,
        counted="SELECT count(*) FROM backtests_difference",
    ),
    Law(
        name="backtests.run_over_versions",
        meaning="Every back-test is of a version of its kind, and of the table that its digest names.",
        sql="""
            SELECT format('back-test %s is of %s, and its version %s of %s', b.id, b.kind, v.id, v.kind) AS what
            FROM backtests_backtest b LEFT JOIN policies_policyversion v ON v.id = b.version_id
            WHERE v.kind IS DISTINCT FROM b.kind OR b.content ->> 'kind' IS DISTINCT FROM b.kind
               OR (v.digest = b.digest AND v.content <> b.content) OR (v.content = b.content AND v.digest <> b.digest)
            UNION ALL
            SELECT format('difference %s is of no back-test, line or unit', d.id)
            FROM backtests_difference d
            LEFT JOIN backtests_backtest b ON b.id = d.backtest_id
            LEFT JOIN returns_rma r ON r.id = d.rma_id AND r.number = d.rma
            LEFT JOIN returns_rmaline l ON l.rma_id = r.id AND l.line_no = d.line_no
            LEFT JOIN receiving_unit u ON u.id = d.unit_id
            WHERE b.id IS NULL OR l.id IS NULL OR (d.unit_id IS NOT NULL AND u.id IS NULL)
        """,
        counted="SELECT count(*) FROM backtests_backtest",
    ),
]
