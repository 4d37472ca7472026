"""Versions that decide silently: asked beside those in force, counted, and never in the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from company import ASKED, SOLD
from counterflow.config.cli_verify import laws
from counterflow.kernel import db
from counterflow.policies import shadowing
from counterflow.policies.commands.edit_drafts import EditDraft, edit_drafts
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.end_shadows import EndShadow, end_shadows
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.start_shadows import StartShadow, start_shadows
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.engine import Prepared
from counterflow.policies.queries_shadows import differences, row_pairs, shadow, shadows
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import at_once
from replays import changed
from trying import Shop, fourteen_days, ninety_days


@pytest.fixture
def shop(company):
    return Shop(company)


def proposed(shop, table, **more):
    """A draft that is in review; its id."""
    version = shop.draft(table, **more)
    assert submit_drafts(shop.company.ctx(), items=[SubmitDraft(version, 1)]).done
    return version


def started(shop, version):
    (done,) = start_shadows(shop.company.ctx(), items=[StartShadow(version, 1)])
    return done.facts["shadow_id"]


def counts(found):
    return (found.agreed, found.differed, found.failed)


def test_it_is_asked_beside_the_version_in_force_and_changes_nothing(shop):
    silent = started(shop, proposed(shop, fourteen_days()))
    shop.ask("early", 5)
    number = shop.ask("late", 20)
    found = shadow(silent)
    assert counts(found) == (1, 1, 0)
    assert (found.asked, found.agreement, found.state) == (2, 50.0, "asked")
    (one,) = differences(shadow_id=silent)
    assert (one.rma, one.row_id, one.shadow_row_id) == (number, "standard", "window-over")
    assert (one.outcome["answer"], one.shadow_outcome["answer"]) == ("yes", "no")
    (pair,) = row_pairs(shadow_id=silent)
    assert (pair.row_id, pair.shadow_row_id, pair.count, pair.value_minor, pair.currency) == (
        "standard",
        "window-over",
        1,
        4800,
        "GBP",
    )
    assert db.rows("SELECT state FROM returns_rma WHERE number = %s", [number])[0].state == "authorised"


def test_started_twice_is_once_and_an_ended_one_is_asked_no_longer(shop, ctx):
    version = proposed(shop, fourteen_days())
    silent = started(shop, version)
    (again,) = start_shadows(ctx(), items=[StartShadow(version, 1)])
    assert (again.replayed, again.facts["shadow_id"]) == (True, silent)
    shop.ask("one", 5)
    first, second = (end_shadows(ctx(), items=[EndShadow(silent)]).done[0] for _ in range(2))
    assert (first.replayed, second.replayed) == (False, True)
    shop.ask("two", 5)
    assert counts(shadow(silent)) == (1, 0, 0)
    assert shadow(silent).state == "ended"
    assert shadows(version_id=version)[0].id == silent
    assert end_shadows(ctx(), items=[EndShadow(7)]).refused[0].code == "shadow_unknown"


def test_drafts_and_what_adds_up_are_refused(shop, ctx):
    version = shop.draft(fourteen_days())
    (refused,) = start_shadows(ctx(), items=[StartShadow(version, 1)])
    assert refused.code == "not_shadowed"
    points = proposed(shop, changed("fraud", lambda rows: rows))
    (refused,) = start_shadows(ctx(), items=[StartShadow(points, 1)])
    assert refused.code == "adds_up"


def test_one_that_is_withdrawn_is_asked_no_longer(shop, ctx):
    version = proposed(shop, fourteen_days())
    silent = started(shop, version)
    assert end_policies(ctx(), items=[EndPolicy(version, 1)]).done
    shop.ask("after", 5)
    assert counts(shadow(silent)) == (0, 0, 0)
    assert shadow(silent).state == "set_aside"


def test_one_that_is_sent_back_is_asked_no_longer_and_another_wording_may_be(shop, ctx):
    version = proposed(shop, fourteen_days())
    silent = started(shop, version)
    shop.ask("before", 5)
    back = ReviewPolicy(version, 1, "send_back", "too_strict")
    assert review_policies(ctx(actor="user:8"), items=[back]).done
    shop.ask("after", 5)
    assert counts(shadow(silent)) == (1, 0, 0)
    assert shadow(silent).state == "ended"
    wording = EditDraft(version, 1, ninety_days().as_json(), "executive")
    assert edit_drafts(ctx(), items=[wording]).done
    assert submit_drafts(ctx(), items=[SubmitDraft(version, 2)]).done
    (again,) = start_shadows(ctx(), items=[StartShadow(version, 2)])
    assert (again.replayed, again.facts["shadow_id"] != silent) == (False, True)
    shop.ask("late", 60)
    assert counts(shadow(again.facts["shadow_id"])) == (0, 1, 0)
    assert counts(shadow(silent)) == (1, 0, 0)


def test_a_scope_narrows_what_it_is_asked_about(shop):
    elsewhere = started(shop, proposed(shop, fourteen_days(), scope={"brand": ["another"]}))
    here = started(shop, proposed(shop, fourteen_days(), scope={"brand": [f"brand-{shop.company.tag}"]}))
    shop.ask("late", 20)
    assert counts(shadow(elsewhere)) == (0, 0, 0)
    assert counts(shadow(here)) == (0, 1, 0)


def test_a_shadow_that_fails_is_counted_and_the_act_goes_on(shop, monkeypatch):
    silent = started(shop, proposed(shop, fourteen_days()))

    def broken(self, facts):
        raise RuntimeError

    shop.ask("warm", 5)
    real = shadowing.silent
    monkeypatch.setattr(
        shadowing,
        "silent",
        lambda epoch: [
            (i, replace(v, prepared=type("Broken", (), {"fired": broken, "table": v.table})())) for i, v in real(epoch)
        ],
    )
    assert shop.ask("goes_on", 5)
    assert counts(shadow(silent)) == (1, 0, 1)


def test_of_a_batch_only_those_that_fail_are_counted_as_failed(shop, ctx, monkeypatch):
    silent = started(shop, proposed(shop, fourteen_days()))
    company, real = shop.company, Prepared.fired

    def fails_for_some(self, facts):
        if self.table.digest() == fourteen_days().digest() and any(f.get("value_minor") == 4800 for f in facts):
            raise RuntimeError
        return real(self, facts)

    monkeypatch.setattr(Prepared, "fired", fails_for_some)
    items = []
    for pieces in (1, 2, 3):
        order = company.sell([("mug", pieces, 2000, 400)])
        lines = [AskedLine(pieces, "no_longer_wanted", sku=company.sku("mug"))]
        items.append(OpenRma(company.channel(), company.lpn(), lines, order, ASKED))
    assert len(open_rmas(ctx(), items=items).done) == 3
    assert counts(shadow(silent)) == (2, 0, 1)


def test_of_many_who_decide_at_once_every_decision_is_counted_and_none_after_the_end(shop, ctx):
    silent, company = started(shop, proposed(shop, fourteen_days())), shop.company
    orders = [company.sell([("mug", 1, 2000, 400)]) for _ in range(16)]

    def ask(n):
        lines = [AskedLine(1, "no_longer_wanted", sku=company.sku("mug"))]
        late = SOLD + timedelta(days=20 if n % 2 else 5)
        return open_rmas(ctx(), items=[OpenRma(company.channel(), f"at-once-{n}", lines, orders[n], late)])

    assert all(batch.done for batch in at_once(ask))
    assert counts(shadow(silent)) == (4, 4, 0)
    assert len(differences(shadow_id=silent)) == 4
    assert end_shadows(ctx(), items=[EndShadow(silent)]).done
    assert all(batch.done for batch in at_once(lambda n: ask(8 + n)))
    assert counts(shadow(silent)) == (4, 4, 0)


def test_without_shadows_and_with_one_a_command_sends_as_many_statements(shop, ctx):
    company = shop.company

    def counted(name, many):
        asked = [
            OpenRma(
                company.channel(),
                f"{company.tag}-{name}-{n}",
                [AskedLine(1, "too_small", sku=company.sku("mug"))],
                company.sell([("mug", 1, 2000, 400)]),
                ASKED,
            )
            for n in range(many)
        ]
        with db.counting() as seen:
            assert not open_rmas(ctx(), items=asked).refused
        return len(seen)

    counted("warm", 1)
    without = counted("none", 1)
    started(
        shop,
        proposed(
            shop, changed("eligibility", lambda rows: [replace(r, then={**r.then, "answer": "ask"}) for r in rows])
        ),
    )
    counted("warm2", 1)
    assert [counted("one", 1), counted("many", 40)] == [without, without]


def test_the_law_of_shadows_holds_and_misses_a_difference_that_is_gone(shop, owner):
    started(shop, proposed(shop, fourteen_days()))
    shop.ask("late", 20)
    (law,) = [law for law in laws() if law.name == "policies.shadows_count_what_differs"]
    assert owner.execute(law.sql).fetchall() == []
    owner.execute("SET session_replication_role = replica")
    with owner.transaction(force_rollback=True):
        owner.execute("DELETE FROM policies_shadowdifference")
        assert owner.execute(law.sql).fetchall()
