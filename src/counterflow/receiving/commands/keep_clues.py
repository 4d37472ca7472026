"""Keep clues about units that nobody could name: codes found on them as rows, names and words where they can go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.kernel.models import Payload
from counterflow.logistics.lookups import hold_names
from counterflow.logistics.rules import require_text
from counterflow.receiving.lookups_receipt import unit_name
from counterflow.receiving.models import Clue
from counterflow.receiving.rules import UnitNotFound
from counterflow.receiving.rules_receipt import CLUE_PAYLOAD

CODES: Final = ("tracking", "order", "sku", "serial")
WORDS: Final = {"name": 120, "postcode": 20, "note": 2_000}
_CODE = re.compile(r"[0-9A-Za-z._:/#+-]{1,80}")


@dataclass(frozen=True)
class KeepClue:
    """What may tell whose a unit is. `order` is an order's or a return's number. `name`, `postcode` and `note` are
    kept as erasable content of the unit."""

    lpn: str
    tracking: str = ""
    order: str = ""
    sku: str = ""
    serial: str = ""
    name: str = ""
    postcode: str = ""
    note: str = ""


class ClueMalformed(Invalid):
    """{name} is not a clue: a code has 1 to 80 letters, digits and signs of . _ : / # + -, words have {most} characters
    at most."""


class NoClue(Invalid):
    """Nothing was told about {lpn}; give at least one clue."""


@dataclass
class _Plan:
    clues: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Known:
    units: dict[str, int]
    clues: set[tuple[int, str, str]]
    words: dict[int, list[dict[str, str]]]


@command(needs="receiving.receive")
def keep_clues(ctx: Context, *, items: Sequence[KeepClue]) -> Batch:
    """Keep what each item tells of its unit, beside what was told before. Told again is a replay.

    Refuses `UnitNotFound`, `ClueMalformed`, `NoClue`, `TextInvalid`. Five statements, whatever the batch.
    """
    hold_names(ctx, (unit_name(item.lpn) for item in items if isinstance(item.lpn, str)))
    known, plan = _look_up(items), _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_keep(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(str(item.lpn)[:120], error))
    db.insert(Clue, plan.clues)
    db.insert(Payload, plan.payloads)
    return Batch(results)


def _look_up(items: Sequence[KeepClue]) -> _Known:
    lpns = sorted({item.lpn for item in items if isinstance(item.lpn, str)})
    units = {row.lpn: row.id for row in db.rows("SELECT lpn, id FROM receiving_unit WHERE lpn = ANY(%s)", [lpns])}
    ids = sorted(units.values())
    sql = "SELECT unit_id, kind, value FROM receiving_clue WHERE unit_id = ANY(%s) ORDER BY id"
    clues = {(row.unit_id, row.kind, row.value) for row in db.rows(sql, [ids])}
    words: dict[int, list[dict[str, str]]] = {}
    sql = "SELECT subject_id, body FROM kernel_payload WHERE subject_id = ANY(%s) AND kind = %s AND erased_at IS NULL"
    for row in db.rows(sql, [ids, CLUE_PAYLOAD]):
        words.setdefault(row.subject_id, []).append(row.body)
    return _Known(units, clues, words)


def _keep(ctx: Context, item: KeepClue, known: _Known, plan: _Plan) -> Done:
    require_text("lpn", item.lpn)
    unit = known.units.get(item.lpn)
    if unit is None:
        raise UnitNotFound(lpn=item.lpn)
    codes = {kind: _code(kind, getattr(item, kind)) for kind in CODES if getattr(item, kind)}
    words = {name: _words(name, getattr(item, name), most) for name, most in WORDS.items() if getattr(item, name)}
    if not codes and not words:
        raise NoClue(lpn=item.lpn)
    fresh = [(unit, kind, value) for kind, value in codes.items() if (unit, kind, value) not in known.clues]
    told = not words or words in known.words.get(unit, [])
    for _, kind, value in fresh:
        row = {"id": ctx.new_id(), "unit_id": unit, "kind": kind, "value": value}
        plan.clues.append({**row, "recorded_at": ctx.at, "command_id": ctx.command_id})
    if not told:
        row = {"id": ctx.new_id(), "kind": CLUE_PAYLOAD, "subject_id": unit, "source": "receiving", "reference": ""}
        plan.payloads.append({**row, "body": words, "kept_at": ctx.at})
        known.words.setdefault(unit, []).append(words)
    known.clues.update(fresh)
    return Done(item.lpn, {"unit_id": unit}, replayed=not fresh and told)


def _code(kind: str, value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not _CODE.fullmatch(text):
        raise ClueMalformed(name=kind, most=80)
    return text.upper() if kind == "tracking" else text


def _words(name: str, value: object, most: int) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not 0 < len(text) <= most or "\0" in text:
        raise ClueMalformed(name=name, most=most)
    return text
