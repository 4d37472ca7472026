"""Every command by every role, called directly and over the API, against what it declares and a written table."""

import importlib
import pkgutil
import re
from inspect import Parameter, signature

import pytest
from django.test import Client

import counterflow
from bodies import whole
from counterflow.access.commands import IssueToken, issue_tokens
from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.access.secrets import new_token
from counterflow.api.acts import ACTS
from counterflow.api.asks import READS
from counterflow.evidence.rules import TooManyDocuments, TooManyPhotos
from counterflow.kernel import db
from counterflow.kernel.errors import BatchTooLarge, PermissionDenied
from people import email

MONEY = {"refunds.release", "refunds.approve", "refunds.compensate", "refunds.pay"}
BOOKS = {"ledger.open", "ledger.adjust", "ledger.reverse", "ledger.close"}
RULES = {"access.manage", "access.erase", "policies.install"}
POLICIES = {"policies.edit", "policies.review", "policies.activate"}
ACTS_OF = {
    room: {p for p in PERMISSIONS if p.startswith(f"{room}.") and not p.endswith(".view")}
    for room in ("receiving", "returns", "logistics", "refunds", "reconciliation", "ledger", "workqueue")
}
NEVER: dict[str, set[str]] = {
    # Who handles goods decides nothing about money, books or rules, and does not agree with themselves.
    "clerk": {*ACTS_OF["refunds"], *ACTS_OF["ledger"], *ACTS_OF["reconciliation"], *RULES, *POLICIES, "returns.decide"}
    | {"receiving.approve", "receiving.override", "policies.override", "approvals.decide"},
    "inspector": {
        *ACTS_OF["refunds"],
        *ACTS_OF["ledger"],
        *ACTS_OF["reconciliation"],
        *RULES,
        *POLICIES,
        "returns.decide",
    }
    | {"receiving.approve", "receiving.override", "policies.override", "approvals.decide"},
    # Who talks with the customer touches neither the goods nor the money, but for goods promised in place of money.
    "agent": {
        *(ACTS_OF["refunds"] - {"refunds.replace"}),
        *ACTS_OF["receiving"],
        *ACTS_OF["ledger"],
        *ACTS_OF["reconciliation"],
        *RULES,
        *POLICIES,
    }
    | {"logistics.observe", "logistics.ship", "approvals.decide", "orders.record"},
    # Who moves money touches neither the goods nor the decision that the customer gets it.
    "finance": {*ACTS_OF["receiving"], *ACTS_OF["returns"], *ACTS_OF["logistics"], *RULES}
    | {"policies.override", "recovery.ship", "orders.record", "orders.ship"},
    # Who keeps stock true neither pays nor closes the books over it.
    "inventory_controller": {
        *ACTS_OF["refunds"],
        *RULES,
        "policies.install",
        "ledger.reverse",
        "ledger.close",
    }
    | {"returns.open", "returns.decide", "policies.override"},
    "supplier_manager": {*ACTS_OF["refunds"], *ACTS_OF["ledger"], *ACTS_OF["reconciliation"], *RULES, *POLICIES}
    | {"receiving.receive", "receiving.inspect", "receiving.approve", "receiving.reverse", "returns.decide"},
    # Who answers for all of it agrees where a table asks for it, and does nothing alone.
    "executive": {p for p in PERMISSIONS if not p.endswith(".view")}
    - {"access.own", "approvals.decide", "approvals.delegate", "policies.review"},
    # A program reports and asks; it does not decide, pay, correct or approve.
    "integrator": {*MONEY, *BOOKS, *RULES, *POLICIES, "returns.decide", "policies.override", "reconciliation.post"}
    | {"receiving.approve", "receiving.override", "receiving.reverse", "approvals.decide"},
}
NAMED = {
    "clerk": ("release_credits", "request_payouts", "approve_early", "observe_money", "publish_policies"),
    "inspector": ("release_credits", "request_payouts", "approve_early", "decide_rmas", "post_adjustments"),
    "agent": ("receive_units", "inspect_units", "dispose_units", "release_credits", "request_payouts"),
    "finance": ("receive_units", "inspect_units", "dispose_units", "open_rmas", "decide_rmas", "publish_policies"),
    "inventory_controller": ("release_credits", "request_payouts", "approve_early", "close_periods", "create_users"),
    "supplier_manager": ("receive_units", "inspect_units", "release_credits", "request_payouts", "post_adjustments"),
    "executive": ("open_rmas", "receive_units", "release_credits", "request_payouts", "comment_cases"),
    "integrator": (
        "release_credits",
        "request_payouts",
        "approve_early",
        "decide_rmas",
        "set_roles",
        "publish_policies",
    ),
}
"""The same by name, so that a command which declares less than it should is found too."""


WRAPPED = {"keep_photos": "evidence.keep", "keep_documents": "evidence.keep"}
"""Acts that do something before their command begins, and so look at the permission themselves."""


def commands():
    """Every command of the rooms, by name."""
    found = {}
    for module in pkgutil.walk_packages(counterflow.__path__, "counterflow."):
        if re.match(r"counterflow\.(console|config|\w+\.migrations)\b", module.name):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if getattr(value, "__module__", "") != module.name:
                continue
            if hasattr(value, "needs") and hasattr(value, "__wrapped__"):
                found[name] = value
            elif name in WRAPPED:
                value.needs = WRAPPED[name]
                found[name] = value
    return found


@pytest.fixture(scope="module")
def every():
    """Every command by name; importing them is what finds them."""
    return commands()


def refused(command, role, everything):
    """Whether a role may not call a command. An empty batch is looked at after the permission and goes no further."""
    try:
        command(everything.ctx(*ROLES[role].permissions), items=[])
    except PermissionDenied:
        return True
    except (BatchTooLarge, TooManyDocuments, TooManyPhotos):
        return False
    raise AssertionError(f"{command.__name__} did something with nothing")


def test_there_are_commands_and_every_row_of_the_tables_is_about_something(every):
    assert len(every) > 50
    assert {act.name for act in ACTS} <= set(every) | {"compare_statements"}
    assert {name for names in NAMED.values() for name in names} <= set(every)
    assert {pattern for patterns in NEVER.values() for pattern in patterns} <= set(PERMISSIONS)
    assert set(NEVER) == set(NAMED) == set(ROLES) - {"administrator"}


def test_every_command_needs_a_permission_that_is_no_mere_view(every):
    loose = {name for name, command in every.items() if command.needs not in PERMISSIONS}
    assert loose == set()
    assert {name for name, command in every.items() if command.needs.endswith(".view")} == set()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_calls_just_what_it_holds(every, everything, role):
    may = {name for name, command in every.items() if not refused(command, role, everything)}
    assert may == {name for name, command in every.items() if command.needs in ROLES[role].permissions}


@pytest.mark.parametrize("role", NEVER)
def test_no_role_crosses_a_line(every, everything, role):
    crossed = {
        name
        for name, command in every.items()
        if (command.needs in NEVER[role] or name in NAMED[role]) and not refused(command, role, everything)
    }
    assert crossed == set()
    assert ROLES[role].permissions & NEVER[role] == set()


def post(token, path, body):
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"walk {path}"}
    return Client().post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


def allowed(token, act):
    """Whether a token may use an act; an empty batch is answered after the permission was looked at."""
    answer = post(token, f"{act.path}/bulk", {"items": []})
    assert answer.status_code in (403, 422), (act.path, answer.status_code, answer.content)
    assert answer.json()["code"] in ("permission_denied", "batch_too_large", "too_many_documents", "too_many_photos")
    return answer.status_code == 422


@pytest.mark.parametrize("role", ROLES)
def test_a_token_does_over_the_api_just_what_its_role_holds(every, tokens, role):
    wrong = []
    for act in ACTS:
        needs = every[act.name].needs
        if allowed(tokens[role], act) != (needs in ROLES[role].permissions):
            wrong.append((act.path, needs))
        crossing = role != "administrator" and (needs in NEVER[role] or act.name in NAMED[role])
        if crossing and post(tokens[role], act.path, whole(act.item)).status_code != 403:
            wrong.append((act.path, "crossed"))
    assert not wrong


def asked(token, read):
    address = re.sub(r"{[^}]+}", "1", read.path)
    given = {name: "1" for name in read.takes if signature(read.query).parameters[name].default is Parameter.empty}
    answer = Client().get(f"/api/v1{address}", given, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 403, 404, 422), (address, answer.status_code)
    return answer.status_code != 403


@pytest.mark.parametrize("role", ROLES)
def test_a_token_reads_just_what_its_role_sees(tokens, role):
    wrong = [read.path for read in READS if asked(tokens[role], read) != (read.needs in ROLES[role].permissions)]
    assert not wrong


@pytest.mark.parametrize("scope", ["returns.view", "receiving.receive", "refunds.release"])
def test_a_token_does_no_more_than_its_scopes_say(every, everything, scope):
    made = new_token()
    item = IssueToken(email("administrator"), f"Only {scope}", made.prefix, made.digest, (scope,))
    assert issue_tokens(everything.ctx(), items=[item]).done
    assert {act.name for act in ACTS if allowed(made.plain, act)} == {
        act.name for act in ACTS if every[act.name].needs == scope
    }
    assert {read.path for read in READS if asked(made.plain, read)} == {r.path for r in READS if r.needs == scope}


def test_a_token_gets_no_scope_that_its_user_lacks(everything):
    made = new_token()
    item = IssueToken(email("clerk"), "Greedy", made.prefix, made.digest, ("refunds.release", "receiving.receive"))
    batch = issue_tokens(everything.ctx(), items=[item])
    if batch.done:
        release = next(act for act in ACTS if act.name == "release_credits")
        assert not allowed(made.plain, release)


def test_nobody_calls_the_api_without_a_token(everything):
    before = db.rows("SELECT count(*) AS n FROM kernel_commandrecord")[0].n
    for token in ("", "cf_000000000000_x"):
        assert {post(token, act.path, whole(act.item)).status_code for act in ACTS} == {401}
    assert db.rows("SELECT count(*) AS n FROM kernel_commandrecord")[0].n == before
