"""The page of letters that go by themselves: who may switches them, and sees who did."""

from counterflow.desk.letter_rules import letter_rules


def test_a_rule_is_switched_on_and_off_with_its_history(browse):
    client = browse("administrator")
    assert "Letters that go by themselves" in client.get("/desk/letters").content.decode()
    sent = {"occasion": "received", "kind": "store", "active": "1", "key": "on"}
    for _ in range(2):
        assert client.post("/desk/letters/switch", sent)["Location"] == "/desk/letters"
    rule = next(r for r in letter_rules() if (r.occasion, r.channel_kind) == ("received", "store"))
    assert (rule.active, rule.turn) == (True, 1)
    client.post("/desk/letters/switch", sent | {"active": "0", "key": "off"})
    page = client.get("/desk/letters").content.decode()
    assert 'aria-label="Goods received, Store: off"' in page
    assert page.count("The first goods of a return are here <span") == 2
    client.post("/desk/letters/switch", {"occasion": "birthday", "kind": "store", "active": "1", "key": "x"})
    assert "There is no rule for birthday" in client.get("/desk/letters").content.decode()


def test_others_have_no_such_page(browse):
    client = browse("agent")
    assert client.get("/desk/letters").status_code == 403
    assert client.post("/desk/letters/switch", {}).status_code == 403


def test_whoever_holds_the_switches_finds_them_and_the_page_takes_few_statements(browse, django_statements):
    client = browse("finance")
    assert 'href="/desk/letters"' in client.get("/").content.decode()
    client.get("/desk/letters")
    with django_statements() as seen:
        client.get("/desk/letters")
    assert len(seen) <= 15
