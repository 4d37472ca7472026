"""Switch letters that go by themselves on and off, by occasion and kind of channel; and install the shipped rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.desk.letter_rules import OCCASIONS, letter_rules, shipped_rules
from counterflow.desk.models import LetterRule
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Invalid
from counterflow.orders.states import ChannelKind


@dataclass(frozen=True)
class SwitchLetter:
    """Whether the letter of an occasion goes by itself to customers of channels of a kind."""

    occasion: str
    channel_kind: str
    active: bool


class RuleUnknown(Invalid):
    """There is no rule for {occasion} in channels of kind {channel_kind}."""


# Whoever switches the same rule waits here; what was switched meanwhile is read by the statement after it.
_LOCK = """
SELECT id FROM desk_letterrule WHERE (occasion, channel_kind) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
ORDER BY id FOR NO KEY UPDATE
"""


@command(needs="desk.rules")
def switch_letters(ctx: Context, *, items: Sequence[SwitchLetter]) -> Batch:
    """Switch each rule. One that is so already answers as a replay, and keeps the instant it was switched at.

    Refuses `RuleUnknown`. Two look-ups, the first under lock; one write.
    """
    db.lock(ctx, Rank.KEY, _LOCK, [[item.occasion for item in items], [item.channel_kind for item in items]])
    return _switch(ctx, items)


@command(needs="desk.rules")
def install_default_letters(ctx: Context) -> Batch:
    """Install the shipped rules where no rule was ever switched; they are about what happens from now on."""
    if letter_rules():
        return Batch([])
    return _switch(ctx, [SwitchLetter(*rule) for rule in shipped_rules()])


def _switch(ctx: Context, items: Sequence[SwitchLetter]) -> Batch:
    now = {(rule.occasion, rule.channel_kind): (rule.active, rule.turn) for rule in letter_rules()}
    rows: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        key = (item.occasion, item.channel_kind)
        identity = ":".join(key)[:120]
        if item.occasion not in OCCASIONS or item.channel_kind not in list(ChannelKind):
            error = RuleUnknown(occasion=item.occasion[:40], channel_kind=item.channel_kind[:40])
            results.append(Refused.of(identity, error))
            continue
        active, turn = now.get(key, (None, 0))
        told = {"active": item.active}
        if active == item.active:
            results.append(Done(identity, told, replayed=True))
            continue
        now[key] = item.active, turn + 1
        rows.append(
            {
                "id": ctx.new_id(),
                "occasion": item.occasion,
                "channel_kind": item.channel_kind,
                "turn": turn + 1,
                "active": item.active,
                "switched_at": ctx.at,
                "switched_by": ctx.actor,
                "command_id": ctx.command_id,
            }
        )
        results.append(Done(identity, told))
    db.insert(LetterRule, rows)
    return Batch(results)
