"""Policies in the console: read by a business owner, tried, compared, and led through their life by two people."""

import html
import re

import orjson
import pytest

from agreeing import as_, ask, person, request_of, say
from counterflow.policies import queries_versions as queries
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.exchange import model_for_others
from counterflow.policies.tables import shipped
from ruling import agreed, draft, proposed, wording


@pytest.fixture
def shelves(company, people):
    """A company with the shipped tables, and a user a role."""
    return company


def read(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return html.unescape(answer.content.decode())


def at(version_id):
    found = queries.version_file(version_id=version_id)
    return f"/policies/{found.kind}/{found.version}"


def stands(version_id):
    return queries.version_file(version_id=version_id).state


def test_every_kind_with_its_question_and_what_is_in_force(browse, shelves, ctx):
    draft(ctx, "listed")
    page = read(browse("executive"), "/policies")
    assert "Where does the unit go?" in page
    assert "Shipped refund" in page
    assert "brand listed" in page
    assert "Start a draft" not in page
    assert "Start a draft" in read(browse("finance"), "/policies")
    assert read(browse("executive"), "/policies/refund").count("brand listed") == 1
    assert "Version,Name" in b"".join(browse("executive").get("/policies/refund?format=csv").streaming_content).decode()
    assert browse("executive").get("/policies/weather").status_code == 404


def test_a_version_is_read_in_words(browse, shelves, ctx):
    page = read(browse("executive"), at(draft(ctx, "words")))
    assert re.search(r"Value:</span>\s*at most 15.00", page)
    assert "Restocking fee: <strong>20 %</strong>" in page
    assert "A business customer changed its mind" in page
    assert "Different from version 1" in page
    assert "<del>15 %</del>" in page
    assert "<ins>20 %</ins>" in page
    assert "A business pays the fee" in page
    assert "Draft begun" in page
    assert "Your role may not write drafts" in page


def test_a_draft_begins_from_the_one_in_force(browse, shelves):
    client = browse("finance")
    answer = client.post("/policies/refund/1/draft", {"key": "d" * 32})
    found = queries.shelf(kind="refund")[0]
    assert (found.state, found.rows) == ("draft", len(shipped("refund").rows))
    assert answer["Location"] == f"/policies/refund/{found.version}/edit"
    client.post("/policies/refund/1/draft", {"key": "d" * 32})
    assert queries.shelf(kind="refund")[0].version == found.version


def put_into_force(ctx, owner, address, **form):
    """Press the button, ask those who have to agree, and let them."""
    offered = owner.post(f"{address}/activate", form).content.decode()
    assert "Two other people (finance controller and operations executive) have to agree" in offered
    item = html.unescape(re.search(r'name="item" value="([^"]*)"', offered)[1])
    asked = {"command": "activate_policies", "item": item, "reason": "agreed policy", "key": f"ask {address}"}
    request = int(owner.post("/approvals/ask", asked)["Location"].rsplit("/", 1)[1])
    for role in ("executive", "finance"):
        assert say(as_(person(ctx, role)), request).done


def test_two_people_lead_it_into_force(browse, shelves, ctx):
    version = draft(ctx, "led")
    writer, owner, address = browse("inventory_controller"), browse("finance"), at(version)
    writer.post(f"{address}/submit", {"revision": "1", "key": "a" * 32})
    assert stands(version) == "in_review"
    assert "You wrote, edited or proposed it" in read(writer, address)
    writer.post(f"{address}/review", {"revision": "1", "verdict": "approve", "key": "b" * 32})
    assert stands(version) == "in_review"
    assert "Agree to it" in read(owner, address)
    owner.post(f"{address}/review", {"revision": "1", "verdict": "approve", "key": "c" * 32})
    assert stands(version) == "approved"
    put_into_force(ctx, owner, address, revision="1", key="e" * 32)
    assert stands(version) == "active"
    page = read(owner, address)
    assert "In force" in page
    assert page.index("Put into force") < page.index("Agreed to") < page.index("Proposed")
    offered = owner.post(f"{address}/end", {"revision": "1", "key": "f" * 32}).content.decode()
    assert stands(version) == "active"
    item = html.unescape(re.search(r'name="item" value="([^"]*)"', offered)[1])
    asked = {"command": "end_policies", "item": item, "reason": "no longer needed", "key": f"end {address}"}
    request = int(owner.post("/approvals/ask", asked)["Location"].rsplit("/", 1)[1])
    page = read(owner, address)
    assert "It ends when others agree. Has to agree: Finance controller and Operations executive." in page
    assert "Others have been asked to let it end" in page
    for role in ("executive", "finance"):
        assert say(as_(person(ctx, role)), request).done
    assert stands(version) == "retired"


def test_a_version_that_waits_for_agreement_says_so_and_what_became_of_it(browse, shelves, ctx):
    version = agreed(ctx, "waits")
    address, owner = at(version), browse("finance")
    assert "Others have been asked" not in read(owner, address)
    asker = person(ctx, "finance")
    request = request_of(ask(as_(asker), activate_policies, ActivatePolicy(version, 1)))
    page = read(owner, address)
    assert "It begins when others agree. Has to agree: Finance controller and Operations executive." in page
    assert f'href="/approvals/{request}"' in page
    assert "Others have been asked to let it begin" in page
    assert 'data-dialog="activate"' not in page
    refusing = person(ctx, "executive", name="Careful")
    assert say(as_(refusing), request, verdict="refuse", reason="too_early").done
    page = read(owner, address)
    assert "Careful refused to let it begin: too early. It can be asked for again." in page
    assert f'href="/approvals/{request}"' in page
    assert 'data-dialog="activate"' in page
    again = request_of(ask(as_(asker), activate_policies, ActivatePolicy(version, 1)))
    for role in ("finance", "executive"):
        say(as_(person(ctx, role)), again)
    page = read(owner, address)
    assert stands(version) == "active"
    assert "refused to let it begin" not in page


def test_the_role_that_owns_it_is_named_where_a_button_is_missing(browse, shelves, ctx):
    version = proposed(ctx, "owned")
    assert "It is owned by Finance controller" in read(browse("executive"), at(version))


def test_it_is_sent_back_with_a_reason_and_activated_later(browse, shelves, ctx):
    back, later = proposed(ctx, "back"), agreed(ctx, "later")
    owner = browse("finance")
    owner.post(f"{at(back)}/review", {"revision": "1", "verdict": "send_back", "reason": "", "key": "1" * 32})
    assert stands(back) == "in_review"
    form = {"revision": "1", "verdict": "send_back", "reason": "Fee too high", "key": "2" * 32}
    owner.post(f"{at(back)}/review", form)
    assert stands(back) == "draft"
    assert "Reason: fee too high" in read(owner, at(back))
    put_into_force(ctx, owner, at(later), revision="1", effective_from="2999-01-01T10:00", key="3" * 32)
    assert "Planned" in read(owner, at(later))


def test_a_stale_page_changes_nothing(browse, shelves, ctx):
    version = draft(ctx, "stale")
    client = browse("finance")
    answer = client.post(f"{at(version)}/submit", {"revision": "7", "key": "9" * 32}, follow=True)
    assert "was changed meanwhile" in html.unescape(answer.content.decode())
    assert stands(version) == "draft"


def test_facts_are_tried_and_every_row_says_why_not(browse, shelves):
    client = browse("executive")
    page = read(client, "/policies/refund/1/try")
    assert "Ask the table" in page
    said = "f-channel_kind=b2b&f-value_minor=1,250.50&f-final_sale=false&f-blind=false&f-serial_tracked=false"
    page = read(client, f"/policies/refund/1/try?{said}&f-order_age_days=10")
    assert 'Row <span class="mono">b2b</span>' in page
    assert "Sold through is <strong>B2B</strong>, the row wants marketplace" in page
    assert "Would fit, but a row above answers" in page
    page = read(client, f"/policies/refund/1/try?{said.replace('1,250.50', 'much')}")
    assert "much is no number; write it like 1,250.00." in page
    assert "Some facts cannot be read" in page


def test_facts_come_from_a_decision_about_a_return(browse, shelves):
    from dock import authorise

    rma = authorise(shelves)
    client = browse("executive")
    page = read(client, f"/policies/eligibility/1/try?return={rma}")
    assert "Filled from" in page
    assert 'value="own_shop" selected' in page
    assert "RMA-0" in read(client, "/policies/eligibility/1/try?return=RMA-0")
    assert "No sla decision is on record" in read(client, f"/policies/sla/1/try?return={rma}")


def test_scores_add_up_with_every_row(browse, shelves):
    page = read(
        browse("finance"),
        "/policies/fraud/1/try?f-channel_kind=own_shop&f-value_minor=0&f-empty_boxes=3"
        "&f-orders_365=0&f-returns_365=0&f-return_rate_bp=0&f-returned_minor=0&f-linked_accounts=0"
        "&f-linked_return_rate_bp=0&f-serial_mismatches=3&f-claims_after_delivery=0&f-first_order=false",
    )
    assert re.search(r"\d+ rows count: ", page)


def test_two_versions_side_by_side_and_the_same_facts(browse, shelves, ctx):
    made = queries.version_file(version_id=draft(ctx, "compared"))
    said = "f-channel_kind=b2b&f-value_minor=40&f-final_sale=false&f-blind=false&f-serial_tracked=false"
    address = f"/policies/refund/compare?before=1&after={made.version}&{said}&f-order_age_days=10"
    page = read(browse("executive"), address)
    assert "<del>15 %</del>" in page
    assert "They answer differently" in page
    assert "They answer the same" in read(browse("executive"), address.replace("=b2b", "=store"))


def test_it_goes_out_as_a_file_and_comes_in_as_a_draft(browse, shelves, ctx):
    version = draft(ctx, "carried")
    client = browse("finance")
    whole = client.get(f"{at(version)}/export.json")
    assert orjson.loads(whole.content)["table"] == wording(2_000)
    model = client.get(f"{at(version)}/export.jdm.json").json()
    assert model == model_for_others(queries.version_file(version_id=version).read_table())
    sheet = b"".join(client.get(f"{at(version)}/export.csv").streaming_content).decode()
    assert sheet.splitlines()[0].startswith("row,blind")
    assert client.get(f"{at(version)}/export.xml").status_code == 404
    for text in (whole.content.decode(), orjson.dumps(model).decode()):
        answer = client.post("/policies/import", {"kind": "refund", "text": text, "key": str(hash(text))})
        assert answer.status_code == 302, answer.content
        made = queries.shelf(kind="refund")[0]
        assert answer["Location"] == f"/policies/refund/{made.version}/edit"
    model["nodes"].append({"id": "f", "type": "functionNode"})
    page = client.post("/policies/import", {"kind": "refund", "text": orjson.dumps(model).decode(), "key": "x" * 32})
    assert "no functionNode" in html.unescape(page.content.decode())
    page = client.post("/policies/import", {"kind": "refund", "text": "{", "key": "y" * 32})
    assert page.status_code == 422
    assert "This is not JSON" in page.content.decode()
