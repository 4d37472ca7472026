"""Copy the chart into the database and make partitions ahead; run by every migration, as the owner."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from counterflow.ledger.chart import ASSET, GL_ACCOUNTS, MOVEMENTS, TRAITS, stock_account

SQL = Path(__file__).resolve().parent / "sql"
FILES = ("journal.sql", "post.sql", "upkeep.sql", "overlays.sql")
MONTHS_AHEAD = 6
FOR_THE_APPLICATION = (
    "ledger_post",
    "ledger_reverse",
    "ledger_roll",
    "ledger_close",
    "ledger_keep_entity",
    "ledger_seal_before",
    "ledger_ensure_partitions",
    "ledger_lock",
    "ledger_hold",
    "ledger_release",
)


def install(cursor: Any) -> None:
    """Create or replace the journal's tables, triggers and functions, then the chart and the partitions."""
    for name in FILES:
        cursor.execute((SQL / name).read_text(encoding="utf-8"))
    refresh(cursor)


def refresh(cursor: Any) -> None:
    """Write the chart's rows and make partitions from last month to half a year ahead. Idempotent."""
    cursor.executemany(
        "INSERT INTO ledger_state (state, on_hand, recognised, sellable, guarded, meaning) VALUES (%s,%s,%s,%s,%s,%s)"
        " ON CONFLICT (state) DO UPDATE SET on_hand = EXCLUDED.on_hand, recognised = EXCLUDED.recognised,"
        " sellable = EXCLUDED.sellable, guarded = EXCLUDED.guarded, meaning = EXCLUDED.meaning",
        [(str(s), t.on_hand, t.recognised, t.sellable, t.guarded, t.meaning) for s, t in TRAITS.items()],
    )
    rows = [(str(code), kind, name, "", "") for code, (kind, name) in GL_ACCOUNTS.items()]
    for state, trait in TRAITS.items():
        if trait.recognised:
            label = state.replace("_", " ")
            rows.append((stock_account(state, "cost"), ASSET, f"Stock: {label}", str(state), "cost"))
            name = f"Stock: {label}, allowance"
            rows.append((stock_account(state, "allowance"), ASSET, name, str(state), "allowance"))
    cursor.executemany(
        "INSERT INTO ledger_gl (code, kind, name, state, component) VALUES (%s,%s,%s,%s,%s)"
        " ON CONFLICT (code) DO UPDATE SET kind = EXCLUDED.kind, name = EXCLUDED.name",
        rows,
    )
    cursor.execute("DELETE FROM ledger_movement")
    cursor.executemany(
        "INSERT INTO ledger_movement (kind, source, target, permission, contra) VALUES (%s,%s,%s,%s,%s)",
        [(m.kind, str(m.source), str(m.target), m.permission, str(m.contra or "")) for m in MOVEMENTS],
    )
    today = date.today()  # noqa: DTZ011 - only decides how far ahead partitions are made
    ahead = today + timedelta(days=31 * MONTHS_AHEAD)
    cursor.execute("SELECT ledger_ensure_partitions(%s, %s)", [today - timedelta(days=31), ahead])


def grant(cursor: Any, role: str) -> None:
    """Let the application role read the ledger and call its functions; it may write nothing directly."""
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'ledger\\_%%'"
        " AND pronamespace = 'public'::regnamespace"
    )
    for (signature,) in cursor.fetchall():
        cursor.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        if signature.split("(")[0] in FOR_THE_APPLICATION:
            cursor.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO "{role}"')
    for name in ("ledger_line_text", "ledger_entry_text", "ledger_account_digest", "ledger_month_digest"):
        cursor.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %s", [name])
        cursor.execute(f'GRANT EXECUTE ON FUNCTION {cursor.fetchone()[0]} TO "{role}"')
