"""Asking for agreement and agreeing, for tests: people with roles, and companies where nobody has to be asked."""

from dataclasses import replace
from itertools import count

from counterflow.access import queries as access
from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
from counterflow.access.roles import permissions_for
from counterflow.access.secrets import new_token
from counterflow.approvals.acts import written
from counterflow.approvals.commands.ask_approvals import AskApproval, ask_approvals
from counterflow.approvals.commands.decide_approvals import DecideApproval, decide_approvals
from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.kernel.context import Context
from counterflow.policies.commands.install_default_policies import install_default_policies
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.tables import Table, shipped

_serial = count(1)


def person(ctx, *roles, name="Colleague"):
    """A new user with roles; the actor."""
    address = f"colleague-{next(_serial)}@demo.example"
    create_users(ctx(), items=[NewUser(address, name, tuple(roles))])
    return f"user:{access.user(email=address).id}"


def address(actor):
    """The address of a user."""
    return db.rows("SELECT email FROM access_user WHERE id = %s", [int(actor.partition(":")[2])])[0].email


def token(ctx, actor, *scopes):
    """A token of a user; the actor that speaks by it."""
    made = new_token()
    scopes = scopes or tuple(sorted(permissions_for(access.roles_of(int(actor.partition(":")[2])))))
    issued = issue_tokens(ctx(), items=[IssueToken(address(actor), "Program", made.prefix, made.digest, scopes)])
    assert issued.done, issued
    return f"token:{db.rows('SELECT id FROM access_apitoken WHERE prefix = %s', [made.prefix])[0].id}"


def as_(actor, *, at=None, key=None):
    """The context of a user as an edge makes it, with what its roles may do."""
    held = db.rows("SELECT role FROM access_grant WHERE user_id = %s", [int(actor.partition(":")[2])])
    return Context.make(actor, permissions_for([row.role for row in held]), at or now(), key=key, source="test")


def ask(ctx, command, *items, reason="customer_care", **more):
    """Ask for items of a command; the batch."""
    asked = [AskApproval(f"ask-{next(_serial)}", command.__name__, written(item), reason, **more) for item in items]
    return ask_approvals(ctx, items=asked)


def say(ctx, *requests, verdict="agree", reason=""):
    """Say the same to requests; the batch."""
    reason = reason or ("too_much" if verdict == "refuse" else "")
    return decide_approvals(ctx, items=[DecideApproval(request, verdict, reason) for request in requests])


def let(ctx, command, *items):
    """Do items, and let others agree to what needs them; one result an item."""
    results = command(ctx(), items=items).results
    for n, (item, result) in enumerate(zip(items, results, strict=True)):
        if getattr(result, "code", "") == "approval_needed":
            asked = ask(as_(person(ctx, "administrator")), command, item)
            request = request_of(asked)
            for role in asked.done[0].facts["roles"]:
                (said,) = say(as_(person(ctx, role or "finance")), request)
            results[n] = said
    return results


def request_of(batch):
    """The id of the one request that was made."""
    (found,) = batch.done
    return found.facts["request"]


def nobody_asked(ctx):
    """Publish an approval table that asks nobody, for tests that are about something else."""
    install_default_policies(ctx())
    table = shipped("approval")
    last = table.rows[-1]
    free = replace(last, then={**last.then, "approvers": 0, "role": None, "code": "nobody"}, agent="Nobody is asked.")
    newest = db.rows("SELECT max(version) AS n FROM policies_policyversion WHERE kind = 'approval'")[0].n
    lone = Table(table.kind, "Nobody is asked", table.inputs, table.outputs, (free,))
    published = publish_policies(ctx(), items=[PublishPolicy("approval", newest + 1, lone.as_json(), "finance")])
    assert published.done, published
