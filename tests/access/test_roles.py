"""The table of roles says who may do what; these are the lines nobody may cross by accident."""

import re
from pathlib import Path

from counterflow.access.roles import PERMISSIONS, ROLES, permissions_for
from counterflow.ledger.chart import MOVEMENTS

SOURCES = Path(__file__).resolve().parents[2] / "src" / "counterflow"

ACTS = {permission for permission in PERMISSIONS if not permission.endswith((".view", ".own"))}


def test_every_permission_is_held_by_some_role_besides_the_administrator():
    others = permissions_for(code for code in ROLES if code != "administrator")
    assert set(PERMISSIONS) - others <= {"access.erase", "access.manage", "policies.install"}


def test_the_administrator_holds_all():
    assert ROLES["administrator"].permissions == set(PERMISSIONS)


def test_the_executive_agrees_and_does_nothing_alone():
    agreeing = {"approvals.decide", "approvals.delegate", "policies.review"}
    assert ROLES["executive"].permissions & ACTS == agreeing


def test_who_handles_goods_does_not_move_money():
    for code in ("clerk", "inspector", "inventory_controller", "supplier_manager", "agent", "integrator"):
        moved = {"refunds.release", "refunds.approve", "refunds.pay", "refunds.compensate"}
        assert not ROLES[code].permissions & moved, code


def test_who_moves_money_does_not_handle_goods():
    held = ROLES["finance"].permissions
    assert not any(p.startswith("receiving.") for p in held & ACTS)


def test_a_role_that_is_no_more_carries_nothing():
    assert permissions_for(["alchemist"]) == frozenset()
    assert permissions_for(["clerk", "alchemist"]) == ROLES["clerk"].permissions


def test_every_permission_that_the_code_asks_for_can_be_granted():
    asked = {movement.permission for movement in MOVEMENTS}
    for path in SOURCES.rglob("*.py"):
        asked |= set(re.findall(r'(?:needs=|ctx\.may\()"([a-z_.]+)"', path.read_text()))
    assert asked - set(PERMISSIONS) == set()
