"""The editor of a draft: steps give the next wording, sheets read what was ticked, and nothing typed is lost."""

import html
import re
from itertools import count

import orjson
import pytest

from counterflow.console.policies.sheets import cell_sheet, codes_known, composed
from counterflow.policies import cells, queries_versions
from counterflow.policies.facts import Kind
from counterflow.policies.tables import shipped
from counterflow.policies.wording import facts_of
from ruling import draft

WORDING = re.compile(r'<textarea[^>]*id="policy-wording"[^>]*>(.*?)</textarea>', re.DOTALL)
NUMBERS = count(1)
FACTS = {
    "f-channel_kind": "b2b",
    "f-value_minor": "40.00",
    "f-final_sale": "false",
    "f-blind": "false",
    "f-serial_tracked": "false",
    "f-order_age_days": "10",
}


class Hand:
    """Somebody at the editor of a draft: what the page carries, and the steps they take."""

    def __init__(self, client, version_id):
        self.client, self.version_id = client, version_id
        found = queries_versions.version_file(version_id=version_id)
        self.address = f"/policies/{found.kind}/{found.version}"
        self.page = self.read(client.get(f"{self.address}/edit"))
        self.text = self.carried()

    def read(self, answer, status=200):
        assert answer.status_code == status, answer.content[:500]
        return answer.content.decode()

    def carried(self):
        return html.unescape(WORDING.search(self.page).group(1)).strip()

    def step(self, taken, /, **more):
        self.page = self.read(self.client.post(f"{self.address}/step", {"wording": self.text, "step": taken, **more}))
        if WORDING.search(self.page):
            self.text = self.carried()
        return html.unescape(self.page)

    def save(self, revision, status=302):
        form = {
            "wording": self.text,
            "revision": revision,
            "key": f"save-{self.version_id}-{revision}-{len(self.text)}",
        }
        self.page = self.read(self.client.post(f"{self.address}/edit", form), status)
        return html.unescape(self.page)

    @property
    def table(self):
        return orjson.loads(self.text)["table"]

    def ids(self):
        return [row["id"] for row in self.table["rows"]]

    def row(self, name):
        return next(row for row in self.table["rows"] if row["id"] == name)

    def place(self, name):
        return self.ids().index(name)


@pytest.fixture
def hand(browse, company, people, ctx):
    """Finance at a new draft."""
    return Hand(browse("finance"), draft(ctx, f"edited {next(NUMBERS)}", examples=[]))


def test_rows_are_added_copied_moved_and_deleted(hand):
    before = hand.ids()
    hand.step("row-add:0")
    assert hand.ids() == [before[0], "row-2", *before[1:]]
    assert "a row explains itself" in html.unescape(hand.page)
    hand.step("row-copy:0")
    assert hand.ids()[:2] == [before[0], f"{before[0]}-2"]
    hand.step("row-delete:1")
    hand.step("row-delete:1")
    hand.step("row-move:0:2")
    assert hand.ids()[:3] == [before[1], before[2], before[0]]
    assert 'data-focus-next="says-2"' in hand.page
    hand.step(f"row-move:0:{len(before) - 1}")
    assert hand.ids()[-1] == before[-1]
    hand.step("row-add")
    assert hand.ids()[-2:] == ["row-2", before[-1]]
    hand.step(f"row-copy:{len(before)}")
    assert hand.ids()[-2:] == [f"{before[-1]}-2", before[-1]]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("row-delete:last", "the last row answers everything else and stays"),
        ("row-move:last:0", "the last row answers everything else and stays"),
        ("row-delete:99", "there is no such row any more"),
        ("row-move:x:0", "there is no such row any more"),
        ("column-add", "no fact that is not asked about yet"),
        ("cell:0:weather", "there is no column weather"),
        ("fly", "fly is no step"),
        ("keep", "the facts have no answer yet"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(hand, step, said):
    before = hand.text
    assert said in hand.step(step.replace("last", str(len(hand.ids()) - 1)))
    assert hand.text == before


def test_a_cell_is_written_on_a_sheet_of_its_type(hand):
    at = hand.place("returnless")
    sheet = hand.step(f"cell:{at}:value_minor")
    assert "<dialog" in sheet
    assert 'name="most" value="15.00"' in sheet
    page = hand.step(f"cell-set:{at}:value_minor", mode="range", least="", most="25")
    assert hand.row("returnless")["when"]["value_minor"] == "<= 2500"
    assert "at most 25.00" in page
    assert f'data-focus-next="cell-{at}-value_minor"' in page
    page = hand.step(f"cell-set:{at}:value_minor", mode="range", least="", most="much")
    assert "much is no number" in page
    assert 'value="much"' in page
    assert hand.row("returnless")["when"]["value_minor"] == "<= 2500"
    hand.step(f"cell-set:{at}:reason_code", mode="not", value=["too_small"], more="changed_mind, other")
    assert hand.row("returnless")["when"]["reason_code"] == "not in ['too_small', 'changed_mind', 'other']"
    hand.step(f"cell-set:{at}:reason_code", mode="any")
    assert "reason_code" not in hand.row("returnless")["when"]


def test_an_expression_that_cannot_be_read_is_shown_at_its_cell(hand):
    at = hand.place("vip")
    page = hand.step(f"cell-set:{at}:customer_segment", mode="free", free="> > 5")
    assert f'id="cell-{at}-customer_segment-wrong"' in page
    assert "1 problem" in page
    page = hand.step(f"cell-set:{at}:customer_segment", mode="is", value=["vip"])
    assert f'id="cell-{at}-customer_segment-wrong"' not in page


def test_answers_names_and_sentences(hand):
    at = hand.place("b2b")
    assert 'name="answer" value="20.00"' in hand.step(f"answer:{at}:restocking_fee_bp")
    hand.step(f"answer-set:{at}:restocking_fee_bp", answer="17.5")
    hand.step(f"answer-set:{at}:shipping_refundable", answer="true")
    hand.step(f"answer-set:{at}:milestone", answer="received")
    assert {"restocking_fee_bp": 1750, "shipping_refundable": True, "milestone": "received"}.items() <= hand.row("b2b")[
        "then"
    ].items()
    assert "Say what it is" in hand.step(f"answer-set:{at}:restocking_fee_bp", answer="")
    hand.step(f"says-set:{at}", row_id="business", agent="Says so.", customer="So.")
    assert (hand.row("business")["agent"], hand.row("business")["customer"]) == ("Says so.", "So.")
    hand.step("head-set", name="Other", owner_role="executive", **{"scope-brand": "a, b", "scope-family": ""})
    whole = orjson.loads(hand.text)
    assert (whole["table"]["name"], whole["owner_role"], whole["scope"]) == (
        "Other",
        "executive",
        {"brand": ["a", "b"]},
    )


def test_columns_come_and_go(hand):
    hand.step("column-add", column="warranty_months")
    assert hand.table["inputs"][-1] == "warranty_months"
    hand.step("column-remove:reason_code")
    assert "reason_code" not in hand.table["inputs"]
    assert not [row for row in hand.table["rows"] if "reason_code" in row["when"]]


def test_facts_are_tried_marked_and_kept_as_an_example(hand):
    page = hand.step("try", **FACTS)
    assert re.search(r'data-name="b2b" class="is-fired', page)
    assert "Keep as an example" in page
    page = hand.step("keep", **FACTS, tried="1", example_name="A business pays")
    (kept,) = orjson.loads(hand.text)["examples"]
    assert (kept["name"], kept["then"]["restocking_fee_bp"]) == ("A business pays", 2_000)
    assert "Holds" in page
    at = hand.place("b2b")
    page = hand.step(f"answer-set:{at}:restocking_fee_bp", answer="18", tried="1", **FACTS)
    assert "An example fails" in page
    assert "restocking_fee_bp is 1800, not 2000" in page
    assert "is-fired" in page
    hand.step("example-delete:0")
    assert orjson.loads(hand.text)["examples"] == []
    assert "much is no number" in hand.step("try", **{**FACTS, "f-value_minor": "much"})


def test_facts_of_a_return_fill_the_form(hand, company):
    from dock import authorise

    rma = authorise(company)
    assert "RMA-0" in hand.step("facts", **{"return": "RMA-0"})
    assert 'value="own_shop" selected' in hand.step("facts", **{"return": rma})
    assert 'id="policy-facts"' in hand.page


def test_what_is_saved_is_checked_and_kept(hand):
    hand.step("row-delete:0")
    hand.save(1)
    found = queries_versions.version_file(version_id=hand.version_id)
    assert (found.revision, found.table) == (2, hand.table)
    assert found.steps[-1].action == "edit"


def test_a_colleague_who_saved_first_is_not_overwritten_and_nothing_is_lost(hand, browse):
    other = Hand(browse("inventory_controller"), hand.version_id)
    other.step(f"answer-set:{other.place('b2b')}:restocking_fee_bp", answer="12")
    other.save(1)
    hand.step("row-delete:0")
    page = hand.save(1, status=409)
    assert "Inventory controller saved revision 2 meanwhile" in page
    assert "<del>12 %</del>" in page
    assert hand.carried() == hand.text
    hand.save(2)
    assert queries_versions.version_file(version_id=hand.version_id).table == hand.table


def test_a_text_that_cannot_be_read_is_given_back(hand):
    hand.text = '{"table": '
    page = hand.save(1, status=422)
    assert '{"table": ' in page
    assert "the text is not JSON" in page


def test_only_drafts_are_edited_and_only_by_those_who_may(browse, company, people, ctx):
    assert browse("finance").get("/policies/refund/1/edit")["Location"] == "/policies/refund/1"
    assert browse("executive").get("/policies/refund/1/edit").status_code == 403


@pytest.mark.parametrize("kind", Kind)
def test_every_shipped_cell_comes_back_from_its_sheet_as_it_was(kind):
    table, facts = shipped(kind), facts_of(kind)
    for row in table.rows:
        for name, text in row.when.items():
            sheet = cell_sheet(facts[name], text, codes_known(table, name))
            ticked = [choice.value for choice in sheet.choices if choice.ticked]
            typed = {"more": sheet.more, "least": sheet.least, "most": sheet.most, "free": sheet.free}
            again = composed(facts[name], sheet.mode, ticked, typed)
            assert cells.read(again) == cells.read(text), (row.id, name)
