"""Publishing plans and mapping families: versions follow each other, and what is published is what is asked."""

import copy

import pytest

from counterflow.kernel import db
from counterflow.kernel.commands import Refused
from counterflow.kernel.errors import PermissionDenied
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.install_default_plans import install_default_plans
from counterflow.receiving.commands.map_families import MapFamily, map_families
from counterflow.receiving.commands.publish_plans import PublishPlan, publish_plans
from counterflow.receiving.planbook import book, shipped
from dock import breaches
from quality import arrived, inspect


def changed(code="homeware", **more):
    return {**copy.deepcopy(shipped(code)), **more}


def newest(code):
    sql = "SELECT max(version) AS version FROM receiving_plan WHERE code = %s"
    return db.rows(sql, [code])[0].version


def test_shipped_plans_are_installed_once_and_leave_what_a_company_made_its_own(ctx, company):
    map_families(ctx(), items=[MapFamily("footwear", "general")])
    version = newest("homeware")
    publish_plans(ctx(), items=[PublishPlan("homeware", version + 1, changed(name=f"Ours {version}"))])
    again = install_default_plans(ctx())
    assert all(result.replayed for result in again.done)
    assert book().plan_for("footwear").code == "general"
    assert book().plan_for("homeware").name == f"Ours {version}"
    assert book().plan_for("never heard of").code == "general"
    map_families(ctx(), items=[MapFamily("footwear", "apparel")])
    assert breaches() == []


def test_a_new_version_is_asked_from_now_on(ctx, company):
    lpn, _ = arrived(company, "mug")
    clean = {"packaging": "intact", "condition": "new", "complete": True, "clean": True}
    assert inspect(company, InspectUnit(lpn, answers=clean)).done[0].facts["suggested_grade"] == "A"
    document = changed()
    document["grades"][-1]["grade"] = "B"
    version = newest("homeware")
    assert publish_plans(ctx(), items=[PublishPlan("homeware", version + 1, document)]).done
    later, _ = arrived(company, "mug")
    assert inspect(company, InspectUnit(later, answers=clean)).done[0].facts["suggested_grade"] == "B"
    assert publish_plans(ctx(), items=[PublishPlan("homeware", version + 2, changed())]).done
    assert breaches() == []


def test_versions_follow_each_other_and_are_what_they_were(ctx, company):
    version = newest("general")
    first, other = changed("general", name="One"), changed("general", name="Two")
    items = [
        PublishPlan("general", version + 1, first),
        PublishPlan("general", version + 1, first),
        PublishPlan("general", version + 1, other),
        PublishPlan("general", version + 3, other),
        PublishPlan("general", version + 2, other),
        PublishPlan("apparel", newest("apparel") + 1, other),
    ]
    batch = publish_plans(ctx(), items=items)
    assert [r.code if isinstance(r, Refused) else "replayed" if r.replayed else "done" for r in batch] == [
        "done",
        "replayed",
        "identity_reused",
        "plan_version_skipped",
        "done",
        "plan_code_differs",
    ]
    active = db.rows("SELECT version FROM receiving_plan WHERE code = 'general' AND active")
    assert [row.version for row in active] == [version + 2]
    assert breaches() == []


def test_a_plan_that_cannot_work_is_refused_and_nothing_changes(ctx, company):
    before = newest("apparel")
    refused = publish_plans(ctx(), items=[PublishPlan("apparel", before + 1, {"code": "apparel", "name": "x"})]).refused
    assert refused[0].code == "plan_refused"
    assert "the last row has to have no condition" in refused[0].message
    assert newest("apparel") == before
    assert map_families(ctx(), items=[MapFamily("toys", "nothing")]).refused[0].code == "plan_unknown"


@pytest.mark.parametrize("held", ["receiving.inspect", "receiving.view"])
def test_plans_are_published_by_who_may(ctx, company, held):
    with pytest.raises(PermissionDenied):
        publish_plans(ctx(held), items=[PublishPlan("general", 9, changed("general"))])
    with pytest.raises(PermissionDenied):
        map_families(ctx(held), items=[MapFamily("toys", "general")])
