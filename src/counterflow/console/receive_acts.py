"""What a scan or a letter does at the receive station: one look into the books, one command, one signal."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from counterflow.catalog import queries as catalog
from counterflow.console.receive_bench import QUANTITY_MAX, Bench
from counterflow.console.station import Signal
from counterflow.kernel.commands import Batch, Done
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.expected import Job, job
from counterflow.receiving.plates import fresh
from counterflow.receiving.resolving import Match, Resolved, resolve
from counterflow.scans.reading import read
from counterflow.scans.readings import Facts, Kind

_CHOSEN = re.compile(r"parcel:(\d{1,18})")
DAMAGE = "damaged_in_transit"
FOUND_MAX = 9


@dataclass(frozen=True)
class Answer:
    """The bench after a scan, its signal, what to choose from, and a plate whose page is to be opened."""

    bench: Bench
    signal: Signal | None = None
    choices: tuple[tuple[str, str, str], ...] = ()
    unit: str = ""
    received: tuple[ReceiveUnit, str] | None = None

    def told(self, at_hand: Job | None) -> Signal | None:
        """The signal; of a receipt, with what is still expected after it."""
        return _told(*self.received, at_hand) if self.received else self.signal


@dataclass(frozen=True)
class Station:
    """One scan at work: the circumstances that every act needs."""

    ctx: Context
    node: str
    bench: Bench
    prefix: str

    def take(self, text: str) -> Answer:
        """What a scanned or typed text does; letters are in `receive_letters.py`."""
        given = text.strip()
        if (chosen := _CHOSEN.fullmatch(given)) is not None:
            return self.open(Bench(parcel=chosen[1]))
        if given.isascii() and given.isdigit() and len(given) <= 3:
            return self._number(int(given))
        scan = read(text, today=self.ctx.at.date(), prefix=self.prefix)
        found = resolve(scans=[scan])[0]
        if self.bench.mode == "serial" and self.bench.pending and not found.matches:
            best = scan.best
            serial = best.facts.serial if best and best.facts.serial else scan.text
            return self.receive(self.bench.pending, Facts(serial=serial, lot=self.bench.lot))
        return self._thing(found)

    def _number(self, number: int) -> Answer:
        if self.bench.mode == "search" and self.bench.search:
            items = _items(self.bench.search)
            if 1 <= number <= len(items):
                return self.receive(items[number - 1].sku, Facts())
        if not 1 <= number <= QUANTITY_MAX:
            return self.say("stop", f"{number} pieces cannot be received")
        return Answer(
            replace(self.bench, quantity=number),
            Signal("good", f"The next scan counts {number} pieces"),
        )

    def say(self, tone: str, title: str, text: str = "", **changes: str) -> Answer:
        """An answer that changes nothing but the bench."""
        return Answer(replace(self.bench, **changes), Signal(tone, title, text))  # type: ignore[arg-type]

    def _thing(self, found: Resolved) -> Answer:
        if units := found.of("unit"):
            return Answer(self.bench, unit=units[0].code)
        if parcels := found.of("parcel"):
            return self._parcels(parcels)
        if returns := found.of("return"):
            return self.open(Bench(rma=returns[0].code))
        if items := found.of("item"):
            facts = found.reading_of(items[0]).facts
            return self._items(items, facts)
        return self._unknown(found)

    def _parcels(self, parcels: Sequence[Match]) -> Answer:
        if len(parcels) == 1:
            return self.open(Bench(parcel=str(parcels[0].id)))
        choices = tuple((f"parcel:{p.id}", f"{p.carrier} {p.code}", p.rma) for p in parcels[:FOUND_MAX])
        return Answer(self.bench, Signal("attention", "Several parcels have this number", "Which one is it?"), choices)

    def open(self, wanted: Bench) -> Answer:
        """Put a parcel or a return on the bench."""
        bench = replace(wanted, plate=self.bench.plate, last=self.bench.last)
        at_hand = job(parcel_id=bench.parcel_id, rma=bench.rma, whole=False)
        if at_hand is None:
            return self.say("stop", "That is not in the books")
        if at_hand.parcel_id and not bench.parcel:
            bench = replace(bench, parcel=str(at_hand.parcel_id))
        bench = replace(bench, rma=at_hand.rma)
        return Answer(bench, _opened(at_hand))

    def _items(self, items: Sequence[Match], facts: Facts) -> Answer:
        bench = self.bench
        if bench.open and len(items) > 1:
            at_hand = job(parcel_id=bench.parcel_id, rma=bench.rma, whole=False)
            likely = {line.item_id for line in at_hand.lines} if at_hand else set()
            items = [item for item in items if item.id in likely] or items
        if len(items) > 1:
            choices = tuple((item.code, item.name, item.code) for item in items[:FOUND_MAX])
            return Answer(bench, Signal("attention", "Several items have this number", "Which one is it?"), choices)
        return self.receive(items[0].code, facts)

    def receive(self, sku: str, facts: Facts, mode: str = "") -> Answer:
        """Receive a piece of an item, or say what has to be said first."""
        bench = replace(self.bench, mode=mode or self.bench.mode)
        count = facts.quantity or bench.quantity
        asked = self._asked(sku, facts, bench)
        if asked is not None:
            return asked
        at_hand = job(parcel_id=bench.parcel_id, rma=bench.rma, whole=False) if bench.open else None
        if at_hand is not None and (doubt := _doubt(at_hand, sku, bench.mode)) is not None:
            return Answer(_pending(bench, sku, facts), doubt)
        item = ReceiveUnit(
            bench.plate,
            self.node,
            sku=sku,
            quantity=count,
            carrier=at_hand.carrier if at_hand else "",
            tracking=at_hand.tracking if at_hand else bench.unknown,
            rma=at_hand.rma if at_hand else "",
            serial=facts.serial,
            lot=facts.lot,
            damage_code=DAMAGE if bench.damaged else "",
        )
        return self._received(item, bench)

    def _asked(self, sku: str, facts: Facts, bench: Bench) -> Answer | None:
        """What has to be known before a piece can be received."""
        if not bench.open and bench.mode != "blind":
            title = "Scan the parcel or the return first"
            text = f"N receives {sku} without one."
            return Answer(_pending(bench, sku, facts), Signal("attention", title, text))
        known = catalog.items_by_sku(skus=[sku]).get(sku)
        if known is None:
            return self.say("stop", f"There is no item {sku}")
        if known.serial_tracked and not facts.serial:
            title = f"Scan the serial number of {known.name or sku}"
            ready = replace(_pending(bench, sku, facts), mode="serial")
            return Answer(ready, Signal("attention", title, "It is tracked piece by piece."))
        return None

    def _received(self, item: ReceiveUnit, bench: Bench) -> Answer:
        done = self.run(lambda ctx: receive_units(ctx, items=[item]))
        if isinstance(done, Signal):
            return Answer(bench, done)
        after = replace(bench.settled(), plate=fresh(1)[0], last=f"receipt:{item.lpn}", label=item.lpn)
        return Answer(after, received=(item, str(done.facts["found"])))

    def run(self, act: Callable[[Context], Batch]) -> Done | Signal:
        """Run a command of one item; its refusal is a signal."""
        try:
            result = act(self.ctx).results[0]
        except DomainError as error:
            return Signal("stop", error.message)
        return result if isinstance(result, Done) else Signal("stop", result.message)

    def _unknown(self, found: Resolved) -> Answer:
        scan, best = found.scan, found.scan.best
        if self.bench.mode == "search":
            return self._search(scan.text)
        if best is not None and best.kind == Kind.PARCEL:
            title = f"No parcel {best.value} is announced"
            text = f"It reads as {best.scheme}. N receives what is in it without a return, U parks it."
            return self.say("stop", title, text, unknown=best.facts.tracking or best.value, parcel="", rma="")
        if best is not None and best.kind == Kind.RETURN:
            return self.say("stop", f"There is no return {best.value}", "Compare it with the label.")
        if best is not None and best.kind == Kind.ITEM:
            title = f"No item has the number {best.value}"
            return self.say("stop", title, "B finds it by its name, U parks it as unidentified.")
        if best is not None:
            return self.say(
                "attention", f"This is {best.scheme}: {best.value}", "It names nothing that is expected here."
            )
        return self.say("stop", f"Nothing here is called {scan.text[:60]}", scan.refusal)

    def _search(self, words: str) -> Answer:
        items = _items(words)
        bench = replace(self.bench, search=words[:80])
        if not items:
            return Answer(bench, Signal("stop", f"No item is called {words[:60]}", "Try another word of its name."))
        choices = tuple((item.sku, item.name, item.sku) for item in items)
        return Answer(bench, Signal("attention", "Which one is it?", "Type its number."), choices)


def _items(words: str) -> list[catalog.ItemRow]:
    return catalog.items(search=words, limit=FOUND_MAX)


def _pending(bench: Bench, sku: str, facts: Facts) -> Bench:
    count = facts.quantity or bench.quantity
    return replace(bench, pending=sku, serial=facts.serial, lot=facts.lot, quantity=min(count, QUANTITY_MAX))


def _opened(at_hand: Job) -> Signal:
    """What to do with what was just put on the bench."""
    name = at_hand.rma or f"{at_hand.carrier} {at_hand.tracking}"
    if at_hand.parcel_state == "emptied":
        return Signal("attention", f"{at_hand.tracking} was unpacked before", "More from it is received as it is.")
    if not at_hand.rma:
        return Signal("attention", f"{name}: nobody announced what is in it", "Scan the items, or U to park it.")
    if at_hand.rma_state != "authorised":
        return Signal("attention", f"{name} is {at_hand.rma_state}", "What comes of it is received as excess.")
    if not at_hand.left:
        return Signal("attention", f"{name}: everything has come already", "More of it is received as too much.")
    pieces = f"{at_hand.left} piece{'s' if at_hand.left != 1 else ''}"
    return Signal("good", f"{name}: {pieces} expected", "Scan each item.")


def _doubt(at_hand: Job, sku: str, mode: str) -> Signal | None:
    """Why a piece may be a mistake; nothing where it is expected, or where somebody said that it is not."""
    if not at_hand.rma:
        return None
    lines = [line for line in at_hand.lines if line.sku == sku]
    if not lines:
        if mode == "wrong":
            return None
        return Signal(
            "attention", f"{sku} is not on {at_hand.rma}", "W receives it as a wrong item. Any other scan drops it."
        )
    if mode == "over" or any(line.left or not line.here for line in lines):
        return None
    count = sum(line.received for line in lines)
    return Signal(
        "attention", f"All {count} of {sku} are here", "O receives one more as too much. Any other scan drops it."
    )


_FOUND = {
    "expected": "good",
    "excess": "attention",
    "wrong_item": "attention",
    "blind": "attention",
    "unidentified": "attention",
}
_AS = {
    "excess": "as more than expected",
    "wrong_item": "as a wrong item",
    "blind": "without a return",
    "unidentified": "as unidentified",
}


def _told(item: ReceiveUnit, found: str, at_hand: Job | None) -> Signal:
    pieces = f"{item.quantity} × {item.sku}" if item.sku else "One piece"
    title = " ".join(filter(None, (f"Received: {pieces}", _AS.get(found, ""))))
    if item.damage_code:
        title += ", damaged on its way"
    text = f"Label {item.lpn}."
    if at_hand is not None and at_hand.rma:
        left = at_hand.left
        text += f" {left} more expected." if left else " Everything is here: F finishes it."
    return Signal(_FOUND.get(found, "attention"), title, text)
