"""The letters of the receive station: each, followed by Enter, is one act."""

from collections.abc import Callable
from dataclasses import replace

from counterflow.console.receive_acts import DAMAGE, Answer, Station
from counterflow.console.receive_bench import Bench
from counterflow.console.station import Signal
from counterflow.kernel.found import id_of
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.commands.reopen_parcels import ReopenParcel, reopen_parcels
from counterflow.receiving.commands.undo_receipts import UndoReceipt, undo_receipts
from counterflow.receiving.expected import Job, job
from counterflow.receiving.plates import fresh
from counterflow.scans.readings import Facts


def take(station: Station, text: str) -> Answer:
    """What a letter or a scan does."""
    letter = text.strip().lower()
    return LETTERS[letter](station) if letter in LETTERS else station.take(text)


def _at_hand(station: Station) -> Job | None:
    return job(parcel_id=station.bench.parcel_id, rma=station.bench.rma, whole=False) if station.bench.open else None


def _close(station: Station, *, empty: bool, short: bool) -> Answer:
    at_hand = _at_hand(station)
    if at_hand is None:
        return station.say("attention", "Nothing is open", "Scan a parcel or a return first.")
    if at_hand.parcel_id is None:
        if empty or short:
            return station.say("stop", f"{at_hand.rma} has no parcel that could be closed", "F puts it aside.")
        return Answer(station.bench.cleared(), Signal("good", f"{at_hand.rma} is put aside"))
    if not empty and not short and at_hand.left:
        missing = f"{at_hand.left} piece{'s are' if at_hand.left != 1 else ' is'} missing"
        return station.say("attention", missing, "S closes the parcel as short. Scan what is still in it.")
    item = CloseParcel(at_hand.carrier, at_hand.tracking, empty)
    done = station.run(lambda ctx: close_parcels(ctx, items=[item]))
    if isinstance(done, Signal):
        return Answer(station.bench, done)
    bench = replace(station.bench.cleared(), last=f"closing:{at_hand.parcel_id}")
    if empty:
        return Answer(
            bench, Signal("attention", f"{at_hand.tracking} is closed as an empty box", "A case tells the agent.")
        )
    if at_hand.left:
        title = f"{at_hand.tracking} is closed, {at_hand.left} missing"
        return Answer(bench, Signal("attention", title, "A case tells the agent."))
    return Answer(bench, Signal("good", f"{at_hand.tracking} is unpacked", "Scan the next parcel."))


def _mode(mode: str, title: str) -> Callable[[Station], Answer]:
    def say(station: Station) -> Answer:
        bench = station.bench
        if bench.pending and bench.mode != "serial":
            facts = Facts(serial=bench.serial, lot=bench.lot)
            return station.receive(bench.pending, facts, mode)
        return Answer(replace(bench, mode=mode), Signal("attention", title))

    return say


def _blind(station: Station) -> Answer:
    bench = station.bench
    fresh_bench = Bench(
        plate=bench.plate, last=bench.last, unknown=bench.unknown, mode="blind", quantity=bench.quantity
    )
    loose = replace(station, bench=fresh_bench)
    if bench.pending and not bench.open:
        return loose.receive(bench.pending, Facts(serial=bench.serial, lot=bench.lot), "blind")
    return Answer(fresh_bench, Signal("attention", "Without a return", "Scan each item; a case tells the agent."))


def _damaged(station: Station) -> Answer:
    if station.bench.damaged:
        return station.say("good", "The next piece is whole", damaged="")
    return station.say("attention", "The next piece is damaged on its way", "Scan it.", damaged="yes")


def _find(station: Station) -> Answer:
    return station.say("attention", "Type a word of the item's name", mode="search", search="")


def _park(station: Station) -> Answer:
    at_hand = _at_hand(station)
    item = ReceiveUnit(
        station.bench.plate,
        station.node,
        quantity=station.bench.quantity,
        carrier=at_hand.carrier if at_hand else "",
        tracking=at_hand.tracking if at_hand else station.bench.unknown,
        rma=at_hand.rma if at_hand else "",
        damage_code=DAMAGE if station.bench.damaged else "",
    )
    done = station.run(lambda ctx: receive_units(ctx, items=[item]))
    if isinstance(done, Signal):
        return Answer(station.bench, done)
    bench = replace(station.bench.settled(), plate=fresh(1)[0], last=f"receipt:{item.lpn}", label=item.lpn)
    text = "Put the label on. Photos and clues go on its page."
    return Answer(replace(bench, search=""), Signal("attention", f"Parked as {item.lpn}", text))


def _undo(station: Station) -> Answer:
    what, _, name = station.bench.last.partition(":")
    if what == "receipt":
        done = station.run(lambda ctx: undo_receipts(ctx, items=[UndoReceipt(name)]))
        title = f"{name} is taken back"
        text = "Take its label off: the plate is not used again."
    elif what == "closing" and (closed := job(parcel_id=id_of(name), whole=False)) is not None:
        item = ReopenParcel(closed.carrier, closed.tracking)
        done = station.run(lambda ctx: reopen_parcels(ctx, items=[item]))
        title, text = f"{closed.tracking} is open again", "Scan what is in it."
    else:
        return station.say(
            "attention", "There is nothing to undo here", "Older acts are taken back on their own pages."
        )
    if isinstance(done, Signal):
        return Answer(replace(station.bench, last=""), replace(done, text="It can no longer be undone here."))
    bench = replace(station.bench.settled(), last="")
    if what == "closing":
        bench = replace(bench.cleared(), parcel=name, last="")
    return Answer(bench, Signal("good", title, text))


def _leave(station: Station) -> Answer:
    return Answer(station.bench.cleared(), Signal("good", "Put aside", "Scan the next parcel."))


def _print(station: Station) -> Answer:
    what, _, name = station.bench.last.partition(":")
    if what != "receipt":
        return station.say("attention", "There is no label to print again")
    return Answer(replace(station.bench, label=name), Signal("good", f"Label {name}"))


LETTERS: dict[str, Callable[[Station], Answer]] = {
    "f": lambda station: _close(station, empty=False, short=False),
    "s": lambda station: _close(station, empty=False, short=True),
    "e": lambda station: _close(station, empty=True, short=False),
    "o": _mode("over", "The next item is more than expected"),
    "w": _mode("wrong", "The next item is a wrong one"),
    "n": _blind,
    "d": _damaged,
    "b": _find,
    "u": _park,
    "z": _undo,
    "x": _leave,
    "p": _print,
}
