"""Order books replayed in databases of their own, and what a replay came to, asked without the back-test's code."""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql

from counterflow.access import queries as access
from counterflow.config import cli
from counterflow.kernel import db
from counterflow.policies.tables import Row, Table, shipped


@contextlib.contextmanager
def database_of_its_own(server: Mapping[str, str], name: str, *, copy_of: str = "") -> Iterator[str]:
    """A fresh copy of the template, or of another database that nobody uses now, for as long as this lasts; its name.

    The one in use before comes back.
    """
    from django.db import connections

    before = os.environ["DATABASE_URL"], connections["default"].settings_dict["NAME"]
    source = copy_of or server["template"]
    with psycopg.connect(server["server"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    _use(server, name)
    try:
        yield name
    finally:
        os.environ["DATABASE_URL"] = before[0]
        _point(connections, before[1])
        with psycopg.connect(server["server"], autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def aside(server: Mapping[str, str]) -> Iterator[None]:
    """Leave the database in use alone for a while, so that it can be copied."""
    from django.db import connections

    before = str(connections["default"].settings_dict["NAME"])
    _use(server, server["template"])
    for alias in ("default", "owner"):
        connections[alias].close()
    try:
        yield
    finally:
        _use(server, before)


def _use(server: Mapping[str, str], name: str) -> None:
    from django.db import connections

    head, _, _ = server["server"].partition("?")
    os.environ["DATABASE_URL"] = f"{head.rsplit('/', 1)[0]}/{name}"
    _point(connections, name)
    access.forget()


def _point(connections: Any, name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def told(words: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a command."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        code = cli.main(list(words))
    return code, text.getvalue()


def changed(kind: str, change: Any) -> Table:
    """The shipped table of a kind with its rows changed by a function from rows to rows."""
    table = shipped(kind)
    return replace(table, rows=tuple(change(list(table.rows))))


def row(table_kind: str, identity: str, when: Mapping[str, str], **then: Any) -> Row:
    """A row for a shipped table; what its answer does not name is as in the table's last row."""
    last = shipped(table_kind).rows[-1]
    return Row(identity, when, {**last.then, "code": identity.replace("-", "_"), **then}, "A draft.", "A draft.")


def saved(table: Table, path: Path) -> Path:
    """The table in a file."""
    path.write_bytes(orjson.dumps(table.as_json()))
    return path


@dataclass(frozen=True)
class Came:
    """What a replay or a back-test came to."""

    fates: dict[str, int]
    answers: dict[str, int]
    refunded: dict[str, int]
    fees: dict[str, int]
    shipping: dict[str, int]
    disposed: dict[str, tuple[int, int]]


def came_of_the_replay() -> Came:
    """Asked of the tables of returns, refunds and receiving."""
    fates = db.rows(
        "SELECT CASE state WHEN 'declined' THEN 'refused' WHEN 'requested' THEN 'waiting' ELSE 'accepted' END AS fate,"
        " count(*) AS n FROM returns_rma GROUP BY 1"
    )
    answers = db.rows(
        "SELECT answer, count(*) AS n FROM (SELECT CASE WHEN bool_or(d.outcome ->> 'answer' = 'no') THEN 'no'"
        " WHEN bool_or(d.outcome ->> 'answer' = 'ask' OR l.reason_code = '') THEN 'ask' ELSE 'yes' END AS answer"
        " FROM returns_rmaline l JOIN policies_decision d ON d.id = l.eligibility_decision_id GROUP BY l.rma_id) a"
        " GROUP BY 1"
    )
    money = db.rows(
        "SELECT currency, sum(total_minor)::bigint AS total, sum(fee_minor)::bigint AS fee,"
        " sum(shipping_minor + shipping_tax_minor)::bigint AS shipping FROM refunds_credit GROUP BY 1"
    )
    places = db.rows(
        "SELECT d.disposition, sum(u.quantity)::bigint AS pieces,"
        " sum(coalesce((p.facts ->> 'unit_cost_minor')::bigint, 0) * u.quantity)::bigint AS worth"
        " FROM receiving_disposal d JOIN receiving_unit u ON u.id = d.unit_id"
        " JOIN policies_decision p ON p.id = d.decision_id GROUP BY 1"
    )
    return Came(
        {r.fate: r.n for r in fates},
        {r.answer: r.n for r in answers},
        {r.currency: r.total for r in money},
        {r.currency: r.fee for r in money if r.fee},
        {r.currency: r.shipping for r in money if r.shipping},
        {r.disposition: (r.pieces, r.worth) for r in places},
    )


def came_of_the_test(side: Mapping[str, Any]) -> Came:
    """Read from one side of what `counterflow backtest --json` prints."""
    return Came(
        dict(side["returns"]),
        dict(side["answers"]),
        dict(side["refunded"]),
        dict(side["fees"]),
        dict(side["shipping"]),
        {k: (v.get("pieces", 0), sum(v.get("value", {}).values())) for k, v in side["disposed"].items()},
    )
