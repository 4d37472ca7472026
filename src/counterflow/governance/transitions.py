"""Every step in the life of anything: from where to where, by which act, with which permission, held by which roles.

The steps are read from the rooms' state tables, the permission from the command that takes the step, the roles from
the table of roles; so what stands here is what the system does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, Final

import counterflow
from counterflow.access.queries import people_by_role
from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.approvals.commands.decide_approvals import decide_approvals
from counterflow.approvals.commands.expire_approvals import expire_approvals
from counterflow.approvals.commands.withdraw_approvals import withdraw_approvals
from counterflow.backtests.commands.cancel_backtests import cancel_backtests
from counterflow.desk.commands.record_sendings import record_sendings
from counterflow.kernel.states import Machine
from counterflow.logistics.commands.observe_parcels import observe_parcels
from counterflow.policies.commands.activate_policies import activate_policies
from counterflow.policies.commands.edit_drafts import edit_drafts
from counterflow.policies.commands.end_policies import end_policies
from counterflow.policies.commands.publish_policies import publish_policies
from counterflow.policies.commands.review_policies import review_policies
from counterflow.policies.commands.submit_drafts import submit_drafts
from counterflow.receiving.commands.close_parcels import close_parcels
from counterflow.receiving.commands.dispose_units import dispose_units
from counterflow.receiving.commands.inspect_units import inspect_units
from counterflow.receiving.commands.release_units import release_units
from counterflow.receiving.commands.reverse_receipts import reverse_receipts
from counterflow.receiving.commands.send_back_units import send_back_units
from counterflow.receiving.commands.split_units import split_units
from counterflow.reconciliation.commands.cancel_counts import cancel_counts
from counterflow.reconciliation.commands.close_counts import close_counts
from counterflow.reconciliation.commands.compare_counts import compare_counts
from counterflow.reconciliation.commands.post_adjustments import post_adjustments
from counterflow.reconciliation.commands.record_counts import record_counts
from counterflow.recovery.commands.add_refurbishment_costs import add_refurbishment_costs
from counterflow.recovery.commands.cancel_loads import cancel_loads
from counterflow.recovery.commands.cancel_refurbishments import cancel_refurbishments
from counterflow.recovery.commands.close_loads import close_loads
from counterflow.recovery.commands.finish_refurbishments import finish_refurbishments
from counterflow.recovery.commands.load_units import load_units
from counterflow.recovery.commands.reopen_loads import reopen_loads
from counterflow.recovery.commands.sell_lots import sell_lots
from counterflow.recovery.commands.ship_loads import ship_loads
from counterflow.refunds.commands.cancel_replacements import cancel_replacements
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.returns.commands.cancel_rmas import cancel_rmas
from counterflow.returns.commands.close_rmas import close_rmas
from counterflow.returns.commands.decide_rmas import decide_rmas
from counterflow.returns.commands.reopen_rmas import reopen_rmas
from counterflow.workqueue.commands.assign_cases import assign_cases
from counterflow.workqueue.commands.close_cases import close_cases
from counterflow.workqueue.commands.escalate_cases import escalate_cases
from counterflow.workqueue.commands.merge_cases import merge_cases
from counterflow.workqueue.commands.reopen_cases import reopen_cases
from counterflow.workqueue.commands.snooze_cases import snooze_cases

Act = Callable[..., Any]

_LOADED: Final[dict[str, Act]] = {
    "load": load_units,
    "close": close_loads,
    "cancel": cancel_loads,
    "reopen": reopen_loads,
    "ship": ship_loads,
}
TAKEN_BY: Final[Mapping[str, Mapping[str, Act]]] = {
    "RMA": {
        "approve": decide_rmas,
        "decline": decide_rmas,
        "cancel": cancel_rmas,
        "close": close_rmas,
        "reopen": reopen_rmas,
    },
    "unit": {
        "inspect": inspect_units,
        "set_apart": dispose_units,
        "release": release_units,
        "dispose": dispose_units,
        "split": split_units,
        "reverse": reverse_receipts,
        "send_back": send_back_units,
    },
    "parcel": {
        **dict.fromkeys(
            ("accepted", "in_transit", "delivered", "lost", "found", "returned_to_sender"), observe_parcels
        ),
        "empty": close_parcels,
    },
    "payout": dict.fromkeys(("doubt", "paid", "failed", "reverse"), observe_money),
    "replacement": {"cancel": cancel_replacements},
    "policy version": {
        "edit": edit_drafts,
        "submit": submit_drafts,
        "send_back": review_policies,
        "approve": review_policies,
        "activate": activate_policies,
        "retire": end_policies,
        "withdraw": end_policies,
        "publish": publish_policies,
    },
    "back-test": {"cancel": cancel_backtests},
    "break": {"post": post_adjustments},
    "count": {"compare": compare_counts, "cancel": cancel_counts, "close": close_counts},
    "count line": {
        "count": record_counts,
        "uncount": record_counts,
        **dict.fromkeys(("agree", "differ", "recount", "skip"), compare_counts),
    },
    "refurbishment order": {
        "cost": add_refurbishment_costs,
        "finish": finish_refurbishments,
        "cancel": cancel_refurbishments,
    },
    "lot": {**_LOADED, "sell": sell_lots},
    "pallet": _LOADED,
    "case": {
        "assign": assign_cases,
        "snooze": snooze_cases,
        "escalate": escalate_cases,
        "merge": merge_cases,
        "close": close_cases,
        "reopen": reopen_cases,
    },
    "request": {
        **dict.fromkeys(("agree", "do", "overtake", "refuse"), decide_approvals),
        "withdraw": withdraw_approvals,
        "expire": expire_approvals,
    },
    "message": {"send": record_sendings, "give_up": record_sendings},
}
"""Which command takes a step, by machine and action. A step without one is taken by the system itself."""


@dataclass(frozen=True)
class Transition:
    """A step: what takes it, which permission that needs and what it means, who may; empty where the system does it.

    `holders` is how many people hold one of the roles.
    """

    machine: str
    action: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    command: str
    permission: str
    meaning: str
    roles: tuple[str, ...]
    holders: int


def machines() -> Iterator[Machine]:
    """Every state table of every room, by its name."""
    found: dict[str, Machine] = {}
    for room in iter_modules(counterflow.__path__, "counterflow."):
        if room.ispkg and find_spec(f"{room.name}.states"):
            values = vars(import_module(f"{room.name}.states")).values()
            found |= {value.name: value for value in values if isinstance(value, Machine)}
    yield from (found[name] for name in sorted(found, key=str.casefold))


def transitions(*, machine: str = "") -> list[Transition]:
    """Every step of every state table, or of one. One statement."""
    held = people_by_role()
    return [
        _transition(each, action, held)
        for each in machines()
        if machine in ("", each.name)
        for action in dict.fromkeys(action for action, _, _ in each.moves)
    ]


def _transition(machine: Machine, action: str, held: Mapping[str, frozenset[int]]) -> Transition:
    steps = [(source, target) for name, source, target in machine.moves if name == action]
    act = TAKEN_BY.get(machine.name, {}).get(action)
    permission = str(getattr(act, "needs", ""))
    roles = tuple(code for code, role in ROLES.items() if permission in role.permissions)
    people: frozenset[int] = frozenset().union(*(held.get(role, frozenset()) for role in roles))
    return Transition(
        machine=machine.name,
        action=action,
        sources=tuple(dict.fromkeys(str(source) for source, _ in steps)),
        targets=tuple(dict.fromkeys(str(target) for _, target in steps)),
        command=act.__name__ if act else "",
        permission=permission,
        meaning=PERMISSIONS.get(permission, ""),
        roles=roles,
        holders=len(people),
    )
