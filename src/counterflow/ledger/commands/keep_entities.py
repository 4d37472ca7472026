"""Begin the books of legal entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError, Invalid
from counterflow.kernel.money import places


class EntityCodeInvalid(Invalid):
    """An entity needs a code of 1 to 40 letters, digits, dots or dashes, not {code}."""


class ZoneUnknown(Invalid):
    """{zone} is not a time zone of the IANA database, such as Europe/London."""


class BooksFixed(Conflict):
    """The books of {entity} are kept in {currency} and {zone} from {go_live}; that never changes."""


@dataclass(frozen=True)
class KeepEntity:
    """A legal entity: functional currency, IANA zone of its accounting days, first day of its books.

    `simulated` says in words what of its books never happened, such as "costs and opening stock"; once said
    it stays, and an empty one changes nothing.
    """

    code: str
    name: str
    currency: str
    go_live: date
    zone: str = "UTC"
    simulated: str = ""


@command(needs="ledger.open")
def keep_entities(ctx: Context, *, items: Sequence[KeepEntity]) -> Batch:
    """Begin each entity's books, or rename an entity that has some and say what of it is simulated.

    Refuses `EntityCodeInvalid`, `UnknownCurrency`, `ZoneUnknown`, `BooksFixed`. Three statements.
    """
    # Entities are begun one batch after the other, so the second sees what the first began.
    db.rows("SELECT pg_advisory_xact_lock(7003, 0)")
    found = db.rows(
        "SELECT id, code, name, currency, zone, go_live, simulated FROM ledger_entity WHERE code = ANY(%s)",
        [[item.code for item in items]],
    )
    known = {row.code: row._asdict() for row in found}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_keep(ctx, item, known))
        except DomainError as error:
            results.append(Refused.of(item.code, error))
    wanted = [known[code] for code in dict.fromkeys(item.code for item in items) if code in known]
    db.rows(_KEEP, [[row[name] for row in wanted] for name in _KEPT])
    return Batch(results)


_KEPT = ("id", "code", "name", "currency", "zone", "go_live", "simulated")
_KEEP = """
SELECT ledger_keep_entity(u.id, u.code, u.name, u.currency, u.zone, u.go_live, u.simulated)
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[], %s::text[])
    AS u(id, code, name, currency, zone, go_live, simulated)
"""


def _keep(ctx: Context, item: KeepEntity, known: dict[str, dict[str, Any]]) -> Done:
    if not (1 <= len(item.code) <= 40 and item.code.replace("-", "").replace(".", "").isalnum()):
        raise EntityCodeInvalid(code=item.code[:60])
    places(item.currency)
    try:
        ZoneInfo(item.zone)
    except (KeyError, ValueError, OSError) as error:
        raise ZoneUnknown(zone=item.zone[:60]) from error
    row = known.get(item.code)
    wanted = {"name": item.name, "currency": item.currency, "zone": item.zone, "go_live": item.go_live}
    if row is None:
        row = known[item.code] = {"id": ctx.new_id(), "code": item.code, **wanted, "simulated": item.simulated}
        return Done(item.code, {"entity_id": row["id"]})
    if any(row[name] != wanted[name] for name in ("currency", "zone", "go_live")):
        raise BooksFixed(entity=item.code, currency=row["currency"], zone=row["zone"], go_live=str(row["go_live"]))
    simulated = item.simulated or row["simulated"]
    replayed = (row["name"], row["simulated"]) == (item.name, simulated)
    row.update(name=item.name, simulated=simulated)
    return Done(item.code, {"entity_id": row["id"]}, replayed=replayed)
