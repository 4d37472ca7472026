"""The acts that can be asked for: each command whose items may need other people's agreement.

What an item is called by `policies.approving` when it needs agreement follows from the item alone, so that a request
and the act it becomes are known to be one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import orjson

from counterflow.approvals.reading import read_item
from counterflow.kernel.commands import Batch, canonical
from counterflow.kernel.errors import Invalid, InvariantBroken
from counterflow.policies.commands.activate_policies import activate_policies
from counterflow.policies.commands.end_policies import end_policies
from counterflow.receiving.commands.dispose_units import dispose_units
from counterflow.reconciliation.commands.adjust_stock import adjust_stock
from counterflow.reconciliation.commands.post_adjustments import post_adjustments
from counterflow.refunds.commands.approve_early import approve_early
from counterflow.refunds.commands.grant_goodwill import grant_goodwill
from counterflow.refunds.commands.order_replacements import order_replacements
from counterflow.returns.commands.open_rmas import identity_of, open_rmas


class CommandUnknown(Invalid):
    """Nobody can be asked to agree to {command}; what can be asked for is {known}."""


@dataclass(frozen=True)
class Act:
    """A command that can be asked for, and what it does, in words."""

    command: Callable[..., Batch]
    words: str
    identity: Callable[[Any], str]

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.__name__

    @property
    def item(self) -> type:
        """The dataclass of one item."""
        found: type = get_args(get_type_hints(self.command)["items"])[0]
        return found

    def read(self, given: Mapping[str, Any]) -> Any:
        """The item from JSON. Raises `ItemUnreadable`."""
        return read_item(self.item, given)


_ROWS = (
    Act(grant_goodwill, "Grant goodwill", lambda item: item.request_ref),
    Act(approve_early, "Refund before the milestone", lambda item: item.identity),
    Act(open_rmas, "Open a return against policy", identity_of),
    Act(order_replacements, "Send goods ahead", lambda item: item.request_ref),
    Act(dispose_units, "Send a unit away", lambda item: item.identity),
    Act(post_adjustments, "Post a stock difference", lambda item: str(item.break_id)),
    Act(adjust_stock, "Correct stock by hand", lambda item: item.reference),
    Act(activate_policies, "Let a policy begin", lambda item: item.identity),
    Act(end_policies, "Let a policy end", lambda item: item.identity),
)
ACTS: dict[str, Act] = {act.name: act for act in _ROWS}

if len(ACTS) != len(_ROWS):
    raise InvariantBroken("an act stands there twice")


def written(item: Any) -> dict[str, Any]:
    """An item as JSON has it: what `Act.read` reads."""
    found: dict[str, Any] = orjson.loads(canonical(item)[0])
    return found


def act_of(command: str) -> Act:
    """The act of a command's name. Raises `CommandUnknown`."""
    act = ACTS.get(command)
    if act is None:
        raise CommandUnknown(command=command[:60], known=", ".join(ACTS))
    return act
