"""A small company made large: its returns are written again and again, as rows, with ids and names of their own.

Method: ids of all tables come from one sequence, so a copy of a return is its rows with every id that belongs
to a return moved by a distance of its own. Master data, accounts and policies are shared. The journal is copied
with its lines and digests; positions, day sums and seals are made again from the lines, so `verify` holds where
it held before. Runs as the owner on a database made for it, with triggers off. Orders without a return are left out.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

Cursor = psycopg.Connection[Any]

SHARED = ("access_", "catalog_", "facilities_", "django_", "auth_", "policies_", "procrastinate_", "reconciliation_")
COPIED = {"policies_decision"}
COUNTED_APART = ("django_", "auth_", "procrastinate_", "kernel_", "ledger_balance_")
SHARED_TABLES = {
    *(f"kernel_{name}" for name in ("commandkey", "delivery", "epoch")),
    *(f"ledger_{name}" for name in ("account", "balance_day", "balance_delta", "entity", "gl", "hold", "movement")),
    *(f"ledger_{name}" for name in ("position", "reservation", "seal", "state")),
    *("orders_channel", "orders_importrun", "receiving_plan", "receiving_familyplan", "workqueue_savedfilter"),
}
REFERENCES = {"reverses"}
KINDS = {"kind", "source", "carrier", "actor", "command", "state", "cause", "layout", "name"}
"""Words of a unique key that many rows share, so that a copy keeps them."""
UNRETURNED: dict[str, tuple[tuple[str, str], ...]] = {
    "": (("order_id", "order_id"), ("shipment_id", "shipment_id")),
    "orders_order": (("id", "order_id"),),
    "orders_shipment": (("id", "shipment_id"),),
    "ledger_entry": (("id", "entry_id"),),
    "ledger_line": (("entry_id", "entry_id"),),
    "orders_customer": (("id", "customer_id"),),
    "orders_contact": (("customer_id", "customer_id"),),
    "orders_customerlink": (("customer_id", "customer_id"),),
    "kernel_eventrecord": (("subject_id", "order_id"), ("subject_id", "shipment_id"), ("subject_id", "entry_id")),
}
"""By table: its column and the column of `unreturned` that says it belongs to an order nothing came back of."""
NAMED_TOO = {"refunds_payout": {"partner_ref"}, "orders_contact": {"email", "email_key", "phone_key"}}
"""What must differ between copies though no key says so: it is the name of something that does."""
SPELT = {("refunds_payout", "reference"): "s.request_ref || '-' || c || '/' || s.part"}
LINE_HEAD = (
    "concat_ws('|', n, account_id, entity_id, item_id, currency, component, amount, tx_currency, tx_amount,"
    " trim_scale(rate))"
)
"""A line's text as `ledger_line_text` has it, up to its subject."""
ENTRY_DIGEST = """sha256(convert_to(
    ledger_entry_text(s.id + c * s.moves_id, s.recorded_at, s.entity_id, s.kind, s.happened_at, s.accounting_date,
                      s.command_id + c * s.moves_command_id, s.reverses + c * s.moves_reverses, s.lines, s.tx) || E'\n'
    || (SELECT string_agg(h || '|' || (j + c * m), E'\n' ORDER BY p)
        FROM unnest(s.heads, s.subjects, s.moves) WITH ORDINALITY AS u(h, j, m, p)), 'UTF8'))"""
SUMS = (
    "DELETE FROM ledger_balance_delta",
    "DELETE FROM ledger_balance_day",
    """INSERT INTO ledger_balance_day (account_id, component, accounting_date, happened_date, amount)
       SELECT l.account_id, l.component, e.accounting_date, (e.happened_at AT TIME ZONE b.zone)::date, sum(l.amount)
       FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
       JOIN ledger_entity b ON b.id = e.entity_id GROUP BY 1, 2, 3, 4 HAVING sum(l.amount) <> 0""",
    "DELETE FROM ledger_position",
    """INSERT INTO ledger_position (account_id, quantity, cost, allowance)
       SELECT a.id, coalesce(sum(d.amount) FILTER (WHERE d.component = 'qty'), 0),
              coalesce(sum(d.amount) FILTER (WHERE d.component = 'cost'), 0),
              coalesce(sum(d.amount) FILTER (WHERE d.component = 'allowance'), 0)
       FROM ledger_account a LEFT JOIN ledger_balance_day d ON d.account_id = a.id WHERE a.guarded GROUP BY 1""",
)


@dataclass
class Table:
    """What is known of a table that is copied."""

    name: str
    columns: list[tuple[str, str]]
    uniques: list[list[str]]
    apart: set[str] = field(default_factory=set)
    """Of the columns that hold ids, those in which every row has one of its own copy."""

    @property
    def moved(self) -> set[str]:
        """Columns that hold ids of what is copied."""
        return {
            name
            for name, kind in self.columns
            if kind == "bigint" and (name == "id" or name.endswith("_id") or name in REFERENCES)
        }

    @property
    def named(self) -> set[str]:
        """Texts and numbers that must differ between copies, because a unique key has nothing else that does."""
        kinds, found = dict(self.columns), set[str]()
        for key in self.uniques:
            if not self.apart & set(key):
                found |= {c for c in key if kinds[c] == "text" or kinds[c].startswith("character varying")}
        return (found - KINDS) | NAMED_TOO.get(self.name, set())

    @property
    def counted(self) -> dict[str, list[str]]:
        """Numbers that count up within a key, each with the key; copies go on counting."""
        kinds = dict(self.columns)
        return {
            c: key for key in self.uniques for c in key if kinds[c] == "bigint" and c not in self.moved and len(key) > 1
        }


def multiply(connection: Cursor, returns: int, say: Callable[[str], None]) -> int:
    """Copy the returns that are here until there are about so many; how many there are then."""
    have = _one(connection, "SELECT count(*) FROM returns_rma")
    copies = round(returns / have) - 1
    if copies < 1:
        return have
    distance = _one(connection, "SELECT last_value FROM kernel_id_seq")
    for setting in ("session_replication_role = replica", "synchronous_commit = off", "work_mem = '256MB'"):
        connection.execute(f"SET {setting}")
    connection.execute("SET maintenance_work_mem = '1GB'")
    tables = _tables(connection)
    _note_shared_ids(connection)
    _note_unreturned(connection)
    _note_seeds(connection, tables, distance)
    indexes = _without_indexes(connection, [table.name for table in tables])
    for table in tables:
        began = time.monotonic()
        written = _copy(connection, table, copies)
        say(f"{table.name}: {written:,} rows in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    for definition in indexes:
        connection.execute(definition)
    say(f"{len(indexes)} indexes in {time.monotonic() - began:.0f} s")
    connection.execute("SELECT setval('kernel_id_seq', %s)", [distance * (copies + 1)])
    began = time.monotonic()
    _sums(connection)
    connection.execute("SET session_replication_role = origin")
    connection.execute("VACUUM ANALYZE")
    say(f"positions, day sums, seals and statistics in {time.monotonic() - began:.0f} s")
    return have * (copies + 1)


def _one(connection: Cursor, question: str) -> int:
    found = connection.execute(question).fetchone()
    return int(found[0]) if found else 0


def _tables(connection: Cursor) -> list[Table]:
    """What is copied, with the keys that copies must not share."""
    names = connection.execute(
        "SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 2"
    ).fetchall()
    found = []
    for oid, name in names:
        if _is_shared(name):
            continue
        columns = connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [oid],
        ).fetchall()
        uniques = connection.execute(
            "SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            " AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s AND i.indisunique GROUP BY i.indexrelid",
            [oid],
        ).fetchall()
        found.append(Table(name, columns, [row[0] for row in uniques]))
    return found


def _is_shared(table: str) -> bool:
    return table not in COPIED and (table in SHARED_TABLES or table.startswith(SHARED))


def _note_shared_ids(connection: Cursor) -> None:
    """Ids that belong to what is shared: references to them stay as they are."""
    having = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'bigint'::regtype"
        " AND NOT c.relispartition"
    ).fetchall()
    # Not what counts for itself, as the tables of Django do, nor what shares the id of a command.
    shared = [name for (name,) in having if _is_shared(name) and not name.startswith(COUNTED_APART)]
    connection.execute("CREATE TEMP TABLE shared_ids AS " + " UNION ".join(f"SELECT id FROM {name}" for name in shared))
    connection.execute("ANALYZE shared_ids")


def _note_unreturned(connection: Cursor) -> None:
    """Orders that nothing came back of, and the entries by which their goods left: these are not copied."""
    connection.execute(
        "CREATE TEMP TABLE unreturned AS SELECT o.id AS order_id, s.id AS shipment_id, l.issued_entry_id AS entry_id,"
        " CASE WHEN EXISTS (SELECT FROM orders_order m JOIN returns_rma r ON r.order_id = m.id"
        " WHERE m.customer_id = o.customer_id) THEN NULL ELSE o.customer_id END AS customer_id"
        " FROM orders_order o LEFT JOIN orders_shipment s ON s.order_id = o.id"
        " LEFT JOIN orders_shipmentline l ON l.shipment_id = s.id"
        " WHERE NOT EXISTS (SELECT FROM returns_rma r WHERE r.order_id = o.id)"
    )
    connection.execute("ANALYZE unreturned")


def _note_seeds(connection: Cursor, tables: Sequence[Table], distance: int) -> None:
    """Keep the rows to copy aside, with how far each of their ids moves from copy to copy."""
    for table in tables:
        shared = "<= 0 OR {0} IN (SELECT id FROM shared_ids)"
        moves = "".join(
            f", CASE WHEN {c} {shared.format(c)} THEN 0 ELSE {distance} END::bigint AS moves_{c}"
            for c in sorted(table.moved)
        ) + "".join(
            f", max({column}) OVER (PARTITION BY {', '.join({*key} - {column}) or 'true'}) AS most_{column}"
            for column, key in table.counted.items()
        )
        names = {name for name, _ in table.columns}
        tests = [
            f"{mine} NOT IN (SELECT {theirs} FROM unreturned WHERE {theirs} IS NOT NULL)"
            for mine, theirs in (*UNRETURNED.get(table.name, ()), *UNRETURNED[""])
            if mine in names
        ]
        where = " AND ".join(f"({column} IS NULL OR {test})" for test in tests for column in [test.split()[0]])
        connection.execute(
            f"CREATE TEMP TABLE seed_{table.name} AS SELECT *{moves} FROM {table.name} WHERE {where or 'true'}"
        )
        connection.execute(f"ANALYZE seed_{table.name}")
        own = ", ".join(f"bool_and(moves_{c} > 0) AS {c}" for c in sorted(table.moved)) or "false"
        found = connection.execute(f"SELECT {own} FROM seed_{table.name}").fetchone()
        table.apart = {c for c, moves in zip(sorted(table.moved), found or (), strict=False) if moves}
    connection.execute(
        "CREATE TEMP TABLE seed_bodies AS SELECT entry_id, array_agg(n ORDER BY n) AS n,"
        f" array_agg({LINE_HEAD} ORDER BY n) AS heads, array_agg(subject_id ORDER BY n) AS subjects,"
        " array_agg(moves_subject_id ORDER BY n) AS moves FROM seed_ledger_line GROUP BY 1"
    )
    connection.execute("CREATE UNIQUE INDEX ON seed_bodies (entry_id)")
    connection.execute("ANALYZE seed_bodies")


def _without_indexes(connection: Cursor, tables: Sequence[str]) -> list[str]:
    """Drop the indexes that guard nothing, and say how to make them again."""
    found = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = ANY(%s) AND NOT i.indisunique",
        [list(tables)],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition.replace(" ON ONLY ", " ON ") for _, definition in found]


def _copy(connection: Cursor, table: Table, copies: int) -> int:
    """Write the rows of a table again, copy by copy; how many were written."""
    chosen = []
    for column, _ in table.columns:
        if column == "digest" and table.name == "ledger_entry":
            chosen.append(ENTRY_DIGEST)
        elif (table.name, column) in SPELT:
            chosen.append(SPELT[table.name, column])
        elif column in table.moved:
            chosen.append(f"s.{column} + c * s.moves_{column}")
        elif column in table.counted:
            chosen.append(f"s.{column} + c * s.most_{column}")
        elif column in table.named:
            chosen.append(f"CASE WHEN s.{column} = '' THEN '' ELSE s.{column} || '-' || c END")
        else:
            chosen.append(f"s.{column}")
    columns = ", ".join(column for column, _ in table.columns)
    bodies = " JOIN seed_bodies b ON b.entry_id = s.id" if table.name == "ledger_entry" else ""
    return connection.execute(
        f"INSERT INTO {table.name} ({columns}) SELECT {', '.join(chosen)}"
        f" FROM generate_series(1, {copies}) c CROSS JOIN LATERAL"
        f" (SELECT s.*{', b.*' if bodies else ''} FROM seed_{table.name} s{bodies} OFFSET 0) s"
    ).rowcount


def _sums(connection: Cursor) -> None:
    """Positions and day sums again from the lines, and the seals again from the entries."""
    for statement in SUMS:
        connection.execute(statement)
    last = connection.execute("SELECT max(month) + interval '1 month' FROM ledger_seal").fetchone()
    if last and last[0]:
        connection.execute("DELETE FROM ledger_seal")
        connection.execute("SELECT ledger_seal_before(%s::date, now())", [last[0]])
