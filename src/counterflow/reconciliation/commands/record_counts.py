"""Record what somebody counted: pieces of a SKU or a licence plate, added to a line of a count."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.reconciliation import rules_counts as rules
from counterflow.reconciliation.lookups_counts import codes, entries, lines, lock_counts
from counterflow.reconciliation.models import CountEntry, CountLine
from counterflow.reconciliation.states import LINE, Line
from counterflow.reconciliation.states import Count as CountState


@dataclass(frozen=True)
class RecordCount:
    """Pieces that were counted. `code` is a SKU, a GTIN or a licence plate; 0 pieces say that none is there.

    Pieces are added to what was counted of the line before, whoever counted it. `ref` names this entry within its
    count for ever. `state` may be left out where the count is of one state only, `quantity` where it is one piece or
    the whole unit. With `voids` the entry of that reference is taken back, and the rest is not asked for.
    """

    count_id: int
    ref: str
    code: str = ""
    quantity: int | None = None
    state: str = ""
    counted_at: datetime | None = None
    voids: str = ""

    @property
    def identity(self) -> str:
        """One entry of one count, for ever."""
        return f"{self.count_id}:{self.ref}"


@dataclass
class _Line:
    """A line as earlier items of the batch have left it."""

    id: int
    count_id: int
    item_id: int
    sku: str
    stock_state: str
    planned: bool
    state: str
    round: int
    counted: int
    entries: int
    first_at: datetime | None
    last_at: datetime | None
    fresh: bool = False
    changed: bool = False

    def row(self) -> dict[str, Any]:
        """What is written of it."""
        row = {
            "id": self.id,
            "state": self.state,
            "round": self.round,
            "counted": self.counted,
            "entries": self.entries,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }
        if self.fresh:
            row |= {
                "count_id": self.count_id,
                "item_id": self.item_id,
                "stock_state": self.stock_state,
                "planned": False,
            }
        return row


@dataclass
class _Known:
    """Everything that deciding needs, and what is to be written."""

    counts: dict[int, Any]
    codes: dict[str, list[Any]]
    entries: dict[tuple[int, str], Any]
    plates: dict[tuple[int, str, int], Any]
    lines: dict[tuple[int, int, str], _Line]
    by_id: dict[int, _Line]
    taken: set[int]
    added: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """An entry of this batch, in the shape of those from the table."""

    id: int
    line_id: int
    content_hash: bytes
    round: int
    quantity: int
    lpn: str
    voids: int | None
    counted_at: datetime
    counted_by: str


@command(needs="counts.count")
def record_counts(ctx: Context, *, items: Sequence[RecordCount]) -> Batch:
    """Add each entry to its line; a SKU that is not on the list gets a line of its own.

    Refuses `CountNotFound`, `CountEnded`, `ReferenceInvalid`, `CodeUnknown`, `CodeTwice`, `StateUnclear`,
    `CountedInvalid`, `InstantInvalid`, `PlateCountedTwice`, `LineSettled`, `EntryNotFound`, `EntryTaken`,
    `IdentityReused`. SQL: counts under lock, three look-ups, two writes.
    """
    known = _know(ctx, items)
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, known))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    touched = known.by_id.values()
    db.insert(CountLine, [line.row() for line in touched if line.fresh])
    db.insert(CountEntry, known.added)
    db.update(CountLine, [line.row() for line in touched if line.changed and not line.fresh])
    return Batch(results)


def _know(ctx: Context, items: Sequence[RecordCount]) -> _Known:
    counts = lock_counts(ctx, (item.count_id for item in items))
    meant = codes(item.code for item in items if item.code)
    refs = [(item.count_id, ref) for item in items for ref in (item.ref, item.voids) if ref]
    lpns = [found[0].lpn for found in meant.values() if found and found[0].lpn]
    before = entries(refs, lpns)
    taken = {entry.id for entry in before if entry.taken}
    wanted = {found[0].item_id for found in meant.values() if found}
    rows = lines(sorted(counts), sorted(wanted), sorted({entry.line_id for entry in before}))
    made = [_Line(*row) for row in rows]
    return _Known(
        counts=counts,
        codes=meant,
        entries={(entry.count_id, entry.ref): entry for entry in before},
        plates={
            (entry.count_id, entry.lpn, entry.round): entry
            for entry in before
            if entry.lpn and entry.voids is None and entry.id not in taken
        },
        lines={(line.count_id, line.item_id, line.stock_state): line for line in made},
        by_id={line.id: line for line in made},
        taken=taken,
    )


def _record(ctx: Context, item: RecordCount, known: _Known) -> Done:
    count = known.counts.get(item.count_id)
    if count is None:
        raise rules.CountNotFound(id=item.count_id)
    if not 1 <= len(item.ref) <= rules.REFERENCE_MAX:
        raise rules.ReferenceInvalid(most=rules.REFERENCE_MAX)
    before = known.entries.get((item.count_id, item.ref))
    if before is not None:
        if bytes(before.content_hash) != content_hash(item):
            raise IdentityReused(what="count entry", identity=item.identity)
        return Done(item.identity, _facts(known.by_id[before.line_id], before), replayed=True)
    if count.state != CountState.OPEN:
        raise rules.CountEnded(reference=count.reference, state=count.state)
    if item.voids:
        return _take_back(ctx, item, count, known)
    found, quantity = _what(item, known)
    at = _when(ctx, item)
    state = _where(item, count)
    _require_fresh_plate(item, found, count, known)
    line = known.lines.get((count.id, found.item_id, state)) or _new_line(ctx, count, found, state, known)
    due = line.state == Line.RECOUNT or (line.round == count.round and LINE.can("count", line.state))
    if not due:
        raise rules.LineSettled(sku=line.sku, state=state)
    _begin_round(line, count)
    return _add(ctx, item, known, line, _Draft(quantity, found.lpn, None, at))


@dataclass(frozen=True)
class _Draft:
    """What an entry is to say."""

    quantity: int
    lpn: str
    voids: int | None
    at: datetime


def _what(item: RecordCount, known: _Known) -> tuple[Any, int]:
    """The item or unit of a code, and how many pieces were counted."""
    meant = known.codes.get(item.code, [])
    if not meant:
        raise rules.CodeUnknown(code=item.code[:80])
    if len(meant) > 1:
        raise rules.CodeTwice(code=item.code[:80])
    found = meant[0]
    quantity = item.quantity if item.quantity is not None else (found.quantity or 1)
    if isinstance(quantity, bool) or not 0 <= quantity <= rules.QUANTITY_MAX:
        raise rules.CountedInvalid(most=rules.QUANTITY_MAX, quantity=str(quantity)[:20])
    return found, quantity


def _when(ctx: Context, item: RecordCount) -> datetime:
    if item.counted_at is None:
        return ctx.at
    if item.counted_at.tzinfo is None or item.counted_at > ctx.at:
        raise rules.InstantInvalid()
    return item.counted_at


def _where(item: RecordCount, count: Any) -> str:
    states = count.scope["states"]
    if item.state in states:
        return item.state
    if not item.state and len(states) == 1:
        return str(states[0])
    raise rules.StateUnclear(states=rules.states_in_words(states), code=item.code[:80])


def _require_fresh_plate(item: RecordCount, found: Any, count: Any, known: _Known) -> None:
    other = known.plates.get((count.id, found.lpn, count.round)) if found.lpn else None
    if other is not None and other.id not in known.taken:
        raise rules.PlateCountedTwice(lpn=found.lpn, at=f"{other.counted_at:%Y-%m-%d %H:%M} UTC", by=other.counted_by)


def _new_line(ctx: Context, count: Any, found: Any, state: str, known: _Known) -> _Line:
    line = _Line(
        ctx.new_id(),
        count.id,
        found.item_id,
        found.sku,
        state,
        False,
        str(Line.DUE),
        count.round,
        0,
        0,
        None,
        None,
        True,
    )
    known.lines[count.id, found.item_id, state] = line
    known.by_id[line.id] = line
    return line


def _begin_round(line: _Line, count: Any) -> None:
    """A recount forgets what was counted before; the entries stay."""
    if line.state == Line.RECOUNT:
        line.round, line.counted, line.entries, line.first_at, line.last_at = count.round, 0, 0, None, None


def _add(ctx: Context, item: RecordCount, known: _Known, line: _Line, draft: _Draft) -> Done:
    line.state = str(LINE.move("count", line.state))
    line.counted += draft.quantity
    line.entries += 1
    line.first_at = min(line.first_at or draft.at, draft.at)
    line.last_at = max(line.last_at or draft.at, draft.at)
    line.changed = True
    entry = _Entry(
        ctx.new_id(),
        line.id,
        content_hash(item),
        line.round,
        draft.quantity,
        draft.lpn,
        draft.voids,
        draft.at,
        ctx.actor,
    )
    known.entries[item.count_id, item.ref] = entry
    if draft.lpn and draft.voids is None:
        known.plates[item.count_id, draft.lpn, line.round] = entry
    known.added.append(
        {
            "id": entry.id,
            "count_id": item.count_id,
            "line_id": line.id,
            "ref": item.ref,
            "content_hash": entry.content_hash,
            "round": entry.round,
            "quantity": entry.quantity,
            "lpn": entry.lpn,
            "voids": entry.voids,
            "counted_at": entry.counted_at,
            "recorded_at": ctx.at,
            "counted_by": ctx.actor,
            "command_id": ctx.command_id,
        }
    )
    return Done(item.identity, _facts(line, entry))


def _take_back(ctx: Context, item: RecordCount, count: Any, known: _Known) -> Done:
    """Take an entry of this round back; a line without any other is to be counted again."""
    before = known.entries.get((item.count_id, item.voids))
    if before is None:
        raise rules.EntryNotFound(ref=item.voids[:80])
    line = known.by_id[before.line_id]
    spent = before.id in known.taken or before.voids is not None
    if spent or before.round != line.round or line.state != Line.COUNTED:
        raise rules.EntryTaken(ref=item.voids[:80])
    known.taken.add(before.id)
    known.plates.pop((item.count_id, before.lpn, line.round), None)
    done = _add(ctx, item, known, line, _Draft(-before.quantity, before.lpn, before.id, line.last_at or ctx.at))
    line.entries -= 2
    if not line.entries:
        line.state = str(LINE.move("uncount" if line.round == 1 else "recount", line.state))
        line.first_at = line.last_at = None
    return Done(done.identity, {**done.facts, "counted": line.counted})


def _facts(line: _Line, entry: Any) -> dict[str, Any]:
    """What the caller is told: nothing of what the books expect."""
    return {
        "line": line.id,
        "sku": line.sku,
        "state": line.stock_state,
        "quantity": entry.quantity,
        "counted": line.counted,
        "lpn": entry.lpn,
        "planned": line.planned,
    }
