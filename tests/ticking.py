"""A company whose commands are called at an instant that a test sets, and its clocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from company import Company
from counterflow import flows
from counterflow.clocks import laws
from counterflow.clocks.commands.change_calendars import ChangeCalendar, change_calendars
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.clocks.tasks import run_clocks
from counterflow.kernel import db
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

MONDAY = datetime(2026, 6, 8, 9, tzinfo=UTC)
"""A Monday morning on which everything begins; no public holiday in England until the end of August."""
OFFICE = ["08:00-12:00 13:00-17:00"] * 5


def at(company: Company, when: datetime) -> Company:
    """The same company at an instant: its commands are called then."""
    return replace(company, ctx=lambda *a, **more: company.ctx(*a, **{"at": when, **more}))


def office(company: Company, **more: Any) -> str:
    """A calendar of the node, 40 hours a week; its code."""
    code = f"office-{company.tag}"
    made = NewCalendar(code, "Office", "UTC", *OFFICE, nodes=(company.node(),), **more)
    assert record_calendars(company.ctx(at=MONDAY), items=[made]).done
    return code


def close_day(company: Company, code: str, days: str) -> None:
    """Days off besides."""
    assert change_calendars(company.ctx(at=MONDAY), items=[ChangeCalendar(code, closed_days=days)]).done


def react(when: datetime) -> None:
    """Let everything follow from what happened, at an instant; nothing rings."""
    flows.run_pending(at=when)


def tick(when: datetime) -> None:
    """The same, and the minute's run of the clocks."""
    flows.run_pending(at=when)
    run_clocks(at=when)


def opened(company: Company, when: datetime, pieces: int = 2, *, item: str = "tee", kind: str = "own_shop") -> str:
    """A return asked for at an instant; its number."""
    order = company.sell([(item, pieces, 2000, 400)], kind=kind, shipped_at=when - timedelta(days=5))
    line = AskedLine(pieces, "no_longer_wanted", sku=company.sku(item))
    wish = OpenRma(company.channel(kind), company.lpn(), [line], order, when)
    batch = open_rmas(company.ctx(at=when), items=[wish])
    assert batch.done, batch
    return str(batch.done[0].facts["rma"])


def sent(company: Company, rma: str, when: datetime, *, told: datetime | None = None) -> str:
    """A parcel of a return that a carrier took over at an instant; its tracking number."""
    tracking = f"T{company.lpn()}"
    ctx = company.ctx(at=told or when)
    assert announce_parcels(ctx, items=[AnnounceParcel("dhl", tracking, rma, node=company.node())]).done
    report = ParcelReport("dhl", tracking, "accepted", when)
    assert observe_parcels(company.ctx(at=told or when), items=[report]).done
    return tracking


def arrived(
    company: Company, rma: str, when: datetime, *plates: str, told: datetime | None = None, **more: Any
) -> list[str]:
    """Units of a return that came at an instant, one piece each; their plates."""
    lpns = list(plates) or [company.lpn()]
    name = more.pop("name", "tee")
    items = [
        ReceiveUnit(lpn=lpn, node=company.node(), sku=company.sku(name), rma=rma, happened_at=when, **more)
        for lpn in lpns
    ]
    batch = receive_units(company.ctx(at=told or when), items=items)
    assert len(batch.done) == len(items), batch
    return lpns


def inspected(company: Company, lpn: str, when: datetime, *, told: datetime | None = None) -> None:
    """A unit that was looked at, at an instant."""
    item = InspectUnit(lpn, "A", happened_at=when)
    batch = inspect_units(company.ctx(at=told or when), items=[item])
    assert batch.done, batch


def clocks(rma: str = "", stage: str = "", lpn: str = "") -> list[Any]:
    """Clocks of a return or of a unit, in the order they were made."""
    return db.rows(
        "SELECT c.* FROM clocks_clock c LEFT JOIN returns_rma r ON r.id = c.rma_id"
        " LEFT JOIN receiving_unit u ON u.id = c.subject_id"
        " WHERE (%s = '' OR r.number = %s) AND (%s = '' OR c.stage = %s) AND (%s = '' OR u.lpn = %s) ORDER BY c.id",
        [rma, rma, stage, stage, lpn, lpn],
    )


def clock(rma: str = "", stage: str = "", lpn: str = "") -> Any:
    """The only clock of a return, or of a unit, in a stage."""
    (found,) = clocks(rma, stage, lpn)
    return found


def case(key: str) -> Any:
    """The latest case of a cause; None for none."""
    found = db.rows("SELECT * FROM workqueue_case WHERE dedupe_key = %s ORDER BY id DESC LIMIT 1", [key])
    return found[0] if found else None


def broken() -> list[str]:
    """What breaks a law of clocks."""
    return [f"{law.name}: {row.what}" for law in laws.LAWS for row in db.rows(law.sql.replace("%", "%%"))]


@contextmanager
def lawful() -> Iterator[None]:
    """Afterwards the laws of clocks hold."""
    yield
    found = broken()
    assert found == [], "\n".join(found)
