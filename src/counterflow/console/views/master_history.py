"""Who changed what about master data, and what every role may do."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.console import cells
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.master.register import TOLD
from counterflow.console.master.told import how, intake_of, label_of
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.stories import who_words
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.registry import queries as registry

Row = registry.ChangeRow
ROOMS = {
    "access": "Access",
    "catalog": "Catalog",
    "evidence": "Photos",
    "registry": "Master data",
    "facilities": "Nodes",
    "orders": "Orders",
    "policies": "Policies",
    "returns": "Returns",
    "logistics": "Parcels",
    "receiving": "Receiving",
    "refunds": "Refunds",
    "recovery": "Recovery",
    "ledger": "Stock and books",
    "reconciliation": "Reconciliation",
    "workqueue": "Cases",
}


def _record(row: Row, names: dict[str, str]) -> cells.Cell:
    kind = TOLD.get(row.kind)
    if row.kind == "user":
        return cells.text(names.get(row.code, row.code))
    code = row.code.replace(": ", ":", 1) if row.kind == "mapping" else row.code
    return cells.code(row.code, href=kind.url("one", code) if kind else "")


def _columns(names: dict[str, str]) -> list[Column[Row]]:
    return [
        Column("When", lambda c: cells.instant(c.at)),
        Column("Kind", lambda c: cells.text(TOLD[c.kind].one.capitalize() if c.kind in TOLD else c.kind)),
        Column("Record", lambda c: _record(c, names)),
        Column("What", lambda c: cells.text(label_of(c) if c.field else "Recorded")),
        Column("From", lambda c: cells.text(c.old if c.kept else "(not kept)")),
        Column("To", lambda c: cells.text(c.new if c.kept else "(not kept)")),
        Column("By", lambda c: cells.text(who_words(c.by, names), note=how(c))),
        Column("Command", lambda c: cells.text(c.command or ""), file_only=True),
        Column("File", lambda c: cells.number(intake_of(c)), file_only=True),
        Column("Version", lambda c: cells.number(c.version), file_only=True),
    ]


@page("registry.view")
def changes(request: HttpRequest) -> HttpResponseBase:
    """Changes of master data, the newest first."""
    who = signed_in(request)
    seen = [told for told, kind in TOLD.items() if who.may(kind.view)]
    filters = (
        Filter("kind", "Kind", [(told, TOLD[told].one.capitalize()) for told in seen]),
        Filter("since", "From", kind="date"),
        Filter("until", "Until", kind="date"),
        Filter("by", "By whom", kind="text"),
    )
    wanted = asked(request, filters)
    by = _actor(wanted.chosen.get("by", ""))

    def found(after: str | None, limit: int) -> list[Row]:
        return registry.changes(
            kinds=seen,
            kind=wanted.chosen.get("kind", ""),
            search=wanted.search,
            by=by,
            since=_day(wanted.chosen.get("since", "")),
            until=_day(wanted.chosen.get("until", ""), days=1),
            before_id=id_of(after),
            limit=limit,
        )

    if wanted.csv:
        rows = pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX)
        return csv_answer("changes", _columns({}), rows)
    rows_shown = found(wanted.place, PAGE_SIZE + 1)
    more = str(rows_shown[PAGE_SIZE - 1].id) if len(rows_shown) > PAGE_SIZE else ""
    users = [row.code for row in rows_shown if row.kind == "user"]
    names = access.names_of([*(row.by for row in rows_shown), *users])
    drawn = listing(
        _columns(names),
        rows_shown[:PAGE_SIZE],
        wanted,
        filters=filters,
        search_label="Code of the record",
        next_place=more,
    )
    return render(request, "console/master/changes.html", {"list": drawn, "simulated": notices(ledger.simulated())})


def _actor(text: str) -> str:
    """An actor by address, or as the audit calls one; nobody known finds nothing."""
    if "@" not in text:
        return text
    found = access.user(email=text)
    return f"user:{found.id}" if found else text


def _day(text: str, *, days: int = 0) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=days)


@page("access.manage")
def roles(request: HttpRequest) -> HttpResponseBase:
    """Every permission and the roles that hold it."""
    groups: dict[str, list[tuple[str, str, list[bool]]]] = {}
    for code, meaning in PERMISSIONS.items():
        room = code.partition(".")[0]
        held = [code in role.permissions for role in ROLES.values()]
        groups.setdefault(ROOMS.get(room, room.capitalize()), []).append((code, meaning, held))
    values = {
        "roles": [(role, f"{reverse('users')}?role={role.code}") for role in ROLES.values()],
        "groups": list(groups.items()),
    }
    return render(request, "console/master/roles.html", values)
