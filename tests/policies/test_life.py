"""A policy is written by one person, agreed to by another, and answers from an instant on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread

import psycopg
import pytest

from agreeing import token
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.policies import queries
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.edit_drafts import EditDraft, edit_drafts
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.tables import shipped

pytestmark = pytest.mark.usefixtures("installed", "nobody_asked")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
NUMBERS = count(1)
FEE = {"name": "A business pays the fee", "facts": {}, "then": {"restocking_fee_bp": 2_000}}


@pytest.fixture
def people(ctx):
    """Contexts of a writer, of an owner (role finance), and of somebody with the permission and another role."""
    from counterflow.access.commands import NewUser, create_users

    found, tag = {}, db.rows("SELECT nextval('kernel_id_seq') AS id")[0].id
    for name, role in (("writer", "finance"), ("owner", "finance"), ("other", "inventory_controller")):
        email = f"{name}-{tag}@demo.example"
        done = create_users(ctx(), items=[NewUser(email, name.capitalize(), (role,))]).done[0]
        found[name] = f"user:{done.facts['user_id']}"

    def as_(name, at=NOW, *permissions):
        return ctx(*permissions, at=at, actor=found[name])

    return as_


@pytest.fixture
def table():
    """The shipped refund table with another restocking fee, as JSON."""

    def make(fee=2_000, name="Dearer"):
        found = shipped("refund")
        rows = [replace(r, then={**r.then, "restocking_fee_bp": fee}) if r.id == "b2b" else r for r in found.rows]
        return replace(found, name=name, rows=tuple(rows)).as_json()

    return make


@pytest.fixture
def example(facts):
    """An example about the restocking fee of a business."""

    def make(fee=2_000):
        return {**FEE, "facts": dict(facts("refund", channel_kind="b2b")), "then": {"restocking_fee_bp": fee}}

    return make


@pytest.fixture
def draft(people, table, example):
    """A draft of the writer's; (id of the version, its number)."""

    def make(fee=2_000, scope=None, reference=None, **more):
        item = DraftPolicy(
            reference or f"draft {next(NUMBERS)} of {fee} {scope}",
            "refund",
            more.pop("table", table(fee)),
            "finance",
            scope=scope or {},
            examples=more.pop("examples", [example(fee)]),
        )
        done = one(draft_policies(people("writer"), items=[item]))
        return done.facts["version_id"]

    return make


def one(batch):
    assert not batch.refused, batch.refused
    return batch.done[0]


def approved(people, draft, **more):
    version = draft(**more)
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]))
    one(review_policies(people("owner"), items=[ReviewPolicy(version, 1, "approve")]))
    return version


def fee_at(facts, at, **changed):
    (answer,) = queries.decide("refund", [facts("refund", channel_kind="b2b", **changed)], at=at)
    return answer.outcome["restocking_fee_bp"]


def test_from_draft_to_answer(people, draft, facts):
    version = approved(people, draft, scope={"brand": ["north"]})
    assert fee_at(facts, NOW, brand="north") == 1_500
    later = NOW + timedelta(days=3)
    one(activate_policies(people("owner"), items=[ActivatePolicy(version, 1, later)]))
    assert [fee_at(facts, at, brand="north") for at in (later - timedelta(seconds=1), later)] == [1_500, 2_000]
    steps = db.rows(
        "SELECT action, actor, digest FROM policies_policystep WHERE version_id = %s ORDER BY id", [version]
    )
    assert [row.action for row in steps] == ["draft", "submit", "approve", "activate"]
    assert len({row.actor for row in steps}) == 2
    assert len({row.digest for row in steps}) == 1


def test_nobody_agrees_to_what_they_wrote_edited_or_proposed(people, draft, table, example):
    version = draft()
    edit = EditDraft(version, 1, table(1_900), "finance", examples=[example(1_900)])
    one(edit_drafts(people("owner"), items=[edit]))
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 2)]))
    for name in ("writer", "owner"):
        refused = review_policies(people(name), items=[ReviewPolicy(version, 2, "approve")]).refused[0]
        assert refused.code == "author_cannot_agree"


def test_nobody_agrees_to_their_own_by_a_token(ctx, people, draft):
    """Two people stand behind a policy, and a program that acts for one of them is no second one."""
    writer = people("writer").actor
    program = token(ctx, writer, "policies.edit", "policies.review")
    version = draft()
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]))
    by_token = ctx("policies.review", at=NOW, actor=program)
    assert (
        review_policies(by_token, items=[ReviewPolicy(version, 1, "approve")]).refused[0].code == "author_cannot_agree"
    )
    item = DraftPolicy(f"draft {next(NUMBERS)} by a program", "refund", shipped("refund").as_json(), "finance")
    version = one(draft_policies(ctx("policies.edit", at=NOW, actor=program), items=[item])).facts["version_id"]
    one(submit_drafts(ctx("policies.edit", at=NOW, actor=program), items=[SubmitDraft(version, 1)]))
    refused = review_policies(people("writer"), items=[ReviewPolicy(version, 1, "approve")]).refused[0]
    assert refused.code == "author_cannot_agree"
    one(review_policies(people("owner"), items=[ReviewPolicy(version, 1, "approve")]))


def test_the_owners_role_has_to_agree(people, draft):
    version = draft()
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]))
    assert (
        review_policies(people("other"), items=[ReviewPolicy(version, 1, "approve")]).refused[0].code
        == "owner_has_to_agree"
    )
    with pytest.raises(PermissionDenied):
        review_policies(people("owner", NOW, "policies.edit"), items=[ReviewPolicy(version, 1, "approve")])


def test_what_was_sent_back_is_reworded_and_proposed_again(people, draft, table, example):
    version = draft()
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]))
    refused = edit_drafts(people("writer"), items=[EditDraft(version, 1, table(1), "finance")]).refused[0]
    assert refused.code == "move_not_allowed"
    one(review_policies(people("owner"), items=[ReviewPolicy(version, 1, "send_back", "too_dear")]))
    edit = EditDraft(version, 1, table(1_700), "finance", examples=[example(1_700)])
    assert one(edit_drafts(people("writer"), items=[edit])).facts["revision"] == 2
    one(submit_drafts(people("writer"), items=[SubmitDraft(version, 2)]))
    one(review_policies(people("owner"), items=[ReviewPolicy(version, 2, "approve")]))


def test_a_faster_colleague_is_not_overwritten(people, draft, table):
    version = draft()
    first, second = EditDraft(version, 1, table(1_100), "finance"), EditDraft(version, 1, table(1_200), "finance")
    one(edit_drafts(people("writer"), items=[first]))
    refused = edit_drafts(people("owner"), items=[second]).refused[0]
    assert (refused.code, refused.facts["now"]) == ("draft_changed", 2)
    assert one(edit_drafts(people("writer"), items=[first])).replayed
    assert submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]).refused[0].code == "draft_changed"


def test_an_example_that_does_not_hold_stops_it(people, draft, example):
    version = draft(examples=[example(9_999)])
    refused = submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]).refused[0]
    assert refused.code == "examples_fail"
    assert "row b2b says: restocking_fee_bp is 2000, not 9999" in refused.message


def test_a_draft_may_be_unsound_and_cannot_be_proposed(people, draft, table):
    broken = table()
    broken["rows"][0]["when"] = {"reason_code": "> > 5"}
    version = draft(table=broken, examples=[])
    refused = submit_drafts(people("writer"), items=[SubmitDraft(version, 1)]).refused[0]
    assert refused.code == "table_refused"
    assert refused.facts["problems"][0]["row"] == broken["rows"][0]["id"]


def test_twice_is_once_at_every_step(people, draft, table, example):
    item = DraftPolicy("my own name", "refund", table(2_000), "finance", scope={"brand": ["twice"]})
    first = one(draft_policies(people("writer"), items=[item]))
    assert one(draft_policies(people("writer"), items=[item])).facts["version_id"] == first.facts["version_id"]
    other = replace(item, table=table(3_000))
    assert draft_policies(people("writer"), items=[other]).refused[0].code == "identity_reused"
    version = first.facts["version_id"]
    for call, name, given in (
        (submit_drafts, "writer", SubmitDraft(version, 1)),
        (review_policies, "owner", ReviewPolicy(version, 1, "approve")),
        (activate_policies, "owner", ActivatePolicy(version, 1)),
    ):
        assert not one(call(people(name), items=[given])).replayed
        assert one(call(people(name), items=[given])).replayed


def test_what_was_proposed_cannot_be_changed_even_by_hand(people, draft, owner):
    version = approved(people, draft)
    with pytest.raises(psycopg.errors.RaiseException, match="is refused"):
        owner.execute("UPDATE policies_policyversion SET examples = '[]' WHERE id = %s", [version])
    with pytest.raises(psycopg.errors.RaiseException, match="is refused"):
        owner.execute("UPDATE policies_policystep SET actor = 'user:0' WHERE version_id = %s", [version])


def test_one_that_has_not_begun_is_withdrawn_and_the_one_before_goes_on(people, draft, facts):
    scope = {"brand": ["later"]}
    first = approved(people, draft, fee=1_000, scope=scope)
    one(activate_policies(people("owner"), items=[ActivatePolicy(first, 1)]))
    second = approved(people, draft, fee=1_100, scope=scope)
    begins = NOW + timedelta(days=5)
    one(activate_policies(people("owner"), items=[ActivatePolicy(second, 1, begins)]))
    assert fee_at(facts, begins, brand="later") == 1_100
    one(end_policies(people("owner"), items=[EndPolicy(second, 1)]))
    assert fee_at(facts, begins, brand="later") == 1_000
    one(end_policies(people("owner"), items=[EndPolicy(first, 1)]))
    assert fee_at(facts, begins, brand="later") == 1_500


def test_nothing_begins_in_the_past(people, draft):
    version = approved(people, draft, scope={"brand": ["yesterday"]})
    early = ActivatePolicy(version, 1, NOW - timedelta(seconds=1))
    refused = activate_policies(people("owner"), items=[early]).refused[0]
    assert refused.code == "begins_in_the_past"
    assert "let it begin now, or at an instant that is still to come" in refused.message


def test_what_answers_for_everybody_stays(people):
    whole = next(v for v in queries.active("refund", at=NOW) if not v.scope and v.effective_to is None)
    refused = end_policies(people("owner"), items=[EndPolicy(whole.id, 1)]).refused[0]
    assert refused.code == "somebody_has_to_answer"
    scoped = EndPolicy(whole.id, 1)
    assert end_policies(people("owner", NOW, "policies.edit"), items=[scoped]).refused[0].code == "permission_denied"


def test_two_who_activate_at_once_have_one_effect(people, draft, database_copy):
    version = approved(people, draft, scope={"brand": ["raced"]})
    barrier, results = Barrier(2), []

    def run(name):
        from django.db import connection

        barrier.wait()
        results.append(activate_policies(people(name), items=[ActivatePolicy(version, 1)]).results[0])
        connection.close()

    threads = [Thread(target=run, args=(name,)) for name in ("owner", "writer")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.replayed for result in results) == [False, True]
    n = db.rows(
        "SELECT count(*) AS n FROM policies_policystep WHERE version_id = %s AND action = 'activate'", [version]
    )
    assert n[0].n == 1


@pytest.mark.parametrize("number", [1, 40])
def test_statements_do_not_grow(people, draft, table, example, number):
    items = [
        DraftPolicy(f"many {number} {n}", "refund", table(), "finance", {"brand": [f"b{number}x{n}"]}, [example()])
        for n in range(number)
    ]
    with db.counting() as seen:
        made = [done.facts["version_id"] for done in draft_policies(people("writer"), items=items).done]
    counts = [len(seen)]
    for call, name, wanted in (
        (
            edit_drafts,
            "writer",
            [EditDraft(v, 1, table(), "finance", i.scope) for v, i in zip(made, items, strict=True)],
        ),
        (submit_drafts, "writer", [SubmitDraft(v, 2) for v in made]),
        (review_policies, "owner", [ReviewPolicy(v, 2, "approve") for v in made]),
        (activate_policies, "owner", [ActivatePolicy(v, 2) for v in made]),
        (end_policies, "owner", [EndPolicy(v, 2) for v in made]),
    ):
        with db.counting() as seen:
            assert not call(people(name, NOW + timedelta(seconds=1)), items=wanted).refused
        counts.append(len(seen))
    assert counts == [5, 5, 5, 6, 12, 12]
