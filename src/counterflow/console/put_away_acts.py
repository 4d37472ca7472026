"""What a scan at the put-away station means: a plate takes a unit in hand, a tote confirms, a letter does the rest."""

from dataclasses import dataclass, replace
from typing import Any, Final

from counterflow.approvals.acts import written
from counterflow.approvals.commands.ask_approvals import AskApproval, ask_approvals
from counterflow.approvals.rules import AskedAlready
from counterflow.console.station import Signal, codes_in, plate_in
from counterflow.facilities import queries as facilities
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.policies.approving import ApprovalNeeded
from counterflow.receiving import queries
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.put_away_units import PutUnitAway, put_away_units
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.commands.undo_disposals import REASON, UndoDisposal, undo_disposals
from counterflow.receiving.queries_station import LastDisposal, NextStep, last_disposal, next_step
from counterflow.receiving.rules import TARGETS
from counterflow.receiving.states import Unit

ASKS: Final = "policy_asks"
"""Why agreement is asked for where nobody chose to differ from policy."""
NOTE_MAX: Final = 2_000
CARRIED: Final = ("lpn", "send", "why", "last")


@dataclass(frozen=True)
class Hand:
    """What a station carries from scan to scan.

    The unit in hand, where staff send it, why, and what they say about it where that is not what policy says, and what
    was put away last.
    """

    lpn: str = ""
    send: str = ""
    why: str = ""
    last: str = ""
    note: str = ""
    signal: Signal | None = None

    @property
    def carried(self) -> dict[str, str]:
        """What travels with the next scan."""
        return {**self.addressed, "note": self.note}

    @property
    def addressed(self) -> dict[str, str]:
        """What may stand in an address: no free words, which may be about a person."""
        return {name: getattr(self, name) for name in CARRIED}


def read(values: Any) -> Hand:
    """The hand as an address or a form tells it."""
    told = {name: str(values.get(name, "")).strip()[:120] for name in CARRIED}
    note = str(values.get("note", "")).strip()[:NOTE_MAX]
    return Hand(told["lpn"], told["send"] if told["send"] in TARGETS else "", told["why"], told["last"], note)


def words(code: str) -> str:
    """A code as people say it."""
    return code.replace("_", " ")


def take(ctx: Context, hand: Hand, text: str) -> Hand:
    """Take one scan or letter; the hand afterwards, with what to tell."""
    letter = text.strip().lower()
    if letter == "z":
        return undo(ctx, hand)
    if letter == "x":
        return Hand(last=hand.last, signal=Signal("good", "Put aside", "Scan the next plate."))
    if letter == "d" and hand.lpn:
        return _confirm(ctx, hand, "")
    code, today = text.strip()[:120], ctx.at.date()
    if plate := plate_in(text[:2000], today=today):
        return _in_hand(ctx, hand, plate)
    codes = codes_in(code, today=today)
    totes = facilities.totes_by_code(codes=codes)
    if totes:
        code = next(each for each in codes if each in totes)
        if not hand.lpn:
            return replace(hand, signal=Signal("attention", "First the unit", f"{code} is a tote. Scan a plate first."))
        return _confirm(ctx, hand, code)
    return replace(hand, signal=Signal("stop", "Not known here", f"{code} is neither a plate nor a tote."))


def _in_hand(ctx: Context, hand: Hand, lpn: str) -> Hand:
    """A unit is picked up; what will happen to it is said before anything does."""
    fresh = Hand(lpn=lpn, last=hand.last)
    step = next_step(lpn=lpn, at=ctx.at)
    if step is None:
        return replace(fresh, signal=_not_here(lpn))
    if step.file.unit.round == 0:
        return replace(fresh, signal=Signal("stop", "Not inspected", f"{lpn} goes to the inspect station first."))
    if step.on_hold:
        return replace(fresh, signal=Signal("stop", "On hold", f"A hold lies on {lpn}; it may only be set apart."))
    if step.needs_approval and not ctx.may("receiving.approve"):
        note = f"Policy wants a second person before it is sent to {words(step.disposition)}."
        return replace(fresh, signal=Signal("attention", words(step.disposition).capitalize(), note))
    return replace(fresh, signal=Signal("good", words(step.disposition).capitalize(), "Scan the tote."))


def _not_here(lpn: str) -> Signal:
    unit = queries.unit(lpn=lpn).unit
    if unit.state in (Unit.DISPOSED, Unit.SET_APART):
        where = words(unit.disposition)
        return Signal("attention", f"Already sent to {where}", "Scan a tote to say in which one it lies.")
    return Signal("stop", "Nothing to put away", f"{lpn} is {words(unit.state)}; it goes to the inspect station first.")


def _confirm(ctx: Context, hand: Hand, tote: str) -> Hand:
    """Post the disposal and the put-away, or say why not; the unit stays in hand where nothing was done."""
    step = next_step(lpn=hand.lpn, at=ctx.at, disposition=hand.send)
    item = None if step is None else _disposal(hand, step, tote)
    result = _run(ctx, hand, item, tote)
    if isinstance(result, Refused) and result.code == ApprovalNeeded.code and item and ctx.may("approvals.ask"):
        return replace(hand, signal=_asked(ctx, item, result))
    if isinstance(result, Refused):
        return replace(hand, signal=Signal("stop", _title(result.code), result.message))
    where = words(step.disposition if step else queries.unit(lpn=hand.lpn).unit.disposition)
    into = f" into {tote}" if tote else ""
    return Hand(last=hand.lpn, signal=Signal("good", f"{where.capitalize()}{into}", f"{hand.lpn} is done. Next plate."))


def _disposal(hand: Hand, step: NextStep, tote: str) -> DisposeUnit:
    seen = step.file.unit.round
    return DisposeUnit(hand.lpn, seen, hand.send, hand.why, tote=tote, attempt=step.attempt, note=hand.note)


def _asked(ctx: Context, item: DisposeUnit, needed: Refused) -> Signal:
    """Ask for agreement in the same scan; whoever stands here puts the unit aside, so no tote is named yet."""
    reason = item.override_reason or ASKS
    wish = AskApproval(f"put-away:{ctx.key}", "dispose_units", written(replace(item, tote="")), reason)
    result = ask_approvals(ctx, items=[wish]).results[0]
    if isinstance(result, Refused) and result.code != AskedAlready.code:
        return Signal("stop", _title(result.code), result.message)
    title = "Asked for agreement" if isinstance(result, Done) else "Asked already"
    return Signal("attention", title, f"{needed.message} Put it aside; it is sent when they agree.")


def _run(ctx: Context, hand: Hand, item: DisposeUnit | None, tote: str) -> Done | Refused:
    try:
        if item is None:
            return put_away_units(ctx, items=[PutUnitAway(hand.lpn, tote)]).results[0]
        return dispose_units(ctx, items=[item]).results[0]
    except DomainError as error:
        return Refused.of(hand.lpn, error)


def _title(code: str) -> str:
    return {"wrong_tote": "Wrong tote", "tote_full": "Tote full", "approval_needed": "Second person needed"}.get(
        code, words(code).capitalize()
    )


def undo(ctx: Context, hand: Hand) -> Hand:
    """Take back what was put away last, by the command that reverses it."""
    found = last_disposal(lpn=hand.last) if hand.last else None
    if found is None or found.taken_back:
        return replace(hand, signal=Signal("attention", "Nothing to undo", "Nothing was put away here since."))
    try:
        batch = _take_back(ctx, found)
    except DomainError as error:
        return replace(hand, signal=Signal("stop", "Not taken back", error.message))
    if batch.refused:
        return replace(hand, signal=Signal("stop", "Not taken back", batch.refused[0].message))
    said = f"{found.lpn} is as it was before it was sent to {words(found.disposition)}."
    return Hand(lpn=found.lpn, signal=Signal("attention", "Taken back", said))


def _take_back(ctx: Context, found: LastDisposal) -> Batch:
    """By the right to reverse, where one has it; else one's own act of the last hour."""
    if ctx.may("receiving.reverse"):
        item = ReverseDisposal(found.lpn, REASON, found.round, found.attempt)
        return reverse_disposals(ctx, items=[item])
    return undo_disposals(ctx, items=[UndoDisposal(found.lpn, found.round, found.attempt)])
