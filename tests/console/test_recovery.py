"""Putting away, quarantine, refurbishment, lots and pallets as their users see and do them."""

import pytest

import recovering
from company import make_company
from counterflow.catalog.commands.change_reasons import ChangeReason, change_reasons
from counterflow.catalog.commands.record_reasons import NewReason, record_reasons
from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.queries import unit
from counterflow.recovery import queries
from dock import stock
from quality import arrived, gl, graded


@pytest.fixture(scope="module")
def company(people):
    """A company of its own."""
    from datetime import UTC, datetime

    from counterflow.kernel.context import Context

    def ctx(*may, key=None, at=None):
        return Context.make("user:1", may or ["*"], at or datetime.now(UTC), key=key)

    return make_company(ctx)


def tote(company, purpose="restock"):
    """A tote; its code."""
    code = f"T{purpose[:3]}-{company.lpn()}"
    assert record_totes(company.ctx(), items=[RecordTote(code, company.node(), purpose)]).done
    return code


def scan(client, text, **carried):
    """One scan at the station, as its script sends it; the bench that comes back."""
    return client.post("/put-away/scan", {"scan": text, **carried}, headers={"HX-Request": "true"}).content.decode()


def test_a_clerk_scans_a_unit_and_its_tote(browse, company):
    lpn, code, client = graded(company), tote(company), browse("clerk")
    assert lpn in client.get("/put-away").content.decode()
    bench = scan(client, lpn)
    assert "Restock" in bench
    assert "Posted when you confirm" in bench
    assert "£8.00" in bench
    assert code in bench
    assert "data-station" in bench
    assert unit(lpn=lpn).unit.state == "inspected"
    done = scan(client, code, lpn=lpn)
    assert f"Restock into {code}" in done
    assert f'name="last" value="{lpn}"' in done
    assert unit(lpn=lpn).unit.state == "disposed"


def test_stations_know_a_plate_and_a_tote_however_they_are_scanned(browse, company):
    client = browse("clerk")
    for form in ("{}", "]C0{}", " {}\t"):
        lpn, code = graded(company), tote(company)
        assert f'name="lpn" value="{lpn}"' in scan(client, form.format(lpn))
        assert f"Restock into {code}" in scan(client, form.format(code), lpn=lpn)
    lpn, number = recovering.waiting(company, "secondary_channel"), recovering.lot(company)
    client.post(f"/loads/{number}/scan", {"scan": f"]C0{lpn.lower()}"})
    assert lpn in client.get(f"/lots/{number}").content.decode().partition("Waiting")[0]


def test_the_wrong_tote_says_stop_and_posts_nothing(browse, company):
    lpn, code, client = graded(company), tote(company, "scrap"), browse("clerk")
    bench = scan(client, code, lpn=lpn)
    assert 'data-signal="stop"' in bench
    assert "Wrong tote" in bench
    assert f'name="lpn" value="{lpn}"' in bench
    assert unit(lpn=lpn).unit.state == "inspected"
    assert "Not known here" in scan(client, "whatever", lpn=lpn)
    assert "First the unit" in scan(client, code)
    assert "goes to the inspect station first" in scan(client, arrived(company)[0])


@pytest.mark.parametrize("role", ["clerk", "inspector"])
def test_the_last_one_is_taken_back(browse, company, role):
    lpn, code = graded(company), tote(company)
    client = browse(role)
    assert f"Take back {lpn}" in scan(client, code, lpn=lpn)
    bench = scan(client, "z", last=lpn)
    assert "Taken back" in bench
    assert unit(lpn=lpn).unit.state == "inspected"
    assert "Nothing to undo" in scan(client, "z", last=lpn)
    assert "into" in scan(client, code, lpn=lpn)
    page = client.get(f"/units/{lpn}").content.decode()
    assert "Taken back: restock" in page
    assert "Undone at station" in page


def test_who_may_differ_says_where_and_why(browse, company):
    lpn, code = graded(company), tote(company, "secondary")
    assert "Send it elsewhere" not in browse("clerk").get(f"/put-away?lpn={lpn}").content.decode()
    client = browse("inventory_controller")
    page = client.get(f"/put-away?lpn={lpn}&send=secondary&why=box_torn").content.decode()
    assert "Against policy" in page
    assert "because of box torn" in page
    scan(client, code, lpn=lpn, send="secondary", why="box_torn")
    file = unit(lpn=lpn)
    assert (file.unit.disposition, file.disposals[0].override_reason) == ("secondary", "box_torn")


@pytest.fixture
def reasons(company):
    """The company has two reasons to differ from policy, one of which wants a note; both are out of use afterwards."""
    codes = [NewReason("override", "as_agreed", "As agreed"), NewReason("override", "other", "Other", needs_note=True)]
    record_reasons(company.ctx(), items=codes)
    change_reasons(company.ctx(), items=[ChangeReason("override", code.code, active=True) for code in codes])
    yield
    change_reasons(company.ctx(), items=[ChangeReason("override", code.code, active=False) for code in codes])


def said_of(lpn):
    """What staff said of a unit."""
    sql = "SELECT p.body ->> 'note' AS a, p.body ->> 'text' AS b FROM kernel_payload p WHERE p.subject_id = %s"
    return [row.a or row.b for row in db.rows(sql, [unit(lpn=lpn).unit.id])]


def test_the_put_away_station_offers_the_companys_reasons_and_takes_a_note(browse, company, reasons):
    lpn, code, client = graded(company), tote(company, "secondary"), browse("inventory_controller")
    page = client.get(f"/put-away?lpn={lpn}").content.decode()
    assert '<option value="as_agreed">As agreed</option>' in page
    chosen = {"lpn": lpn, "send": "secondary", "why": "other"}
    assert "note" in scan(client, code, **chosen).lower()
    assert unit(lpn=lpn).unit.state == "inspected"
    page = client.post("/put-away/scan", {**chosen, "note": "Torn on the left."}).content.decode()
    assert "Against policy" in page
    assert '<input type="hidden" form="scan-box" name="note" value="Torn on the left." data-carried>' in page
    assert "note=" not in page
    assert "is done" in scan(client, code, **chosen, note="Torn on the left.")
    file = unit(lpn=lpn)
    assert (file.unit.disposition, file.disposals[0].override_reason) == ("secondary", "other")
    assert said_of(lpn) == ["Torn on the left."]


def test_quarantine_lets_go_against_policy_for_the_companys_reason_with_a_note(browse, company, reasons):
    lpn = graded(company)
    item = DisposeUnit(lpn, disposition="quarantine", override_reason="as_agreed")
    assert dispose_units(company.ctx(), items=[item]).done
    client, address = browse("inventory_controller"), f"/quarantine?node={company.node()}"
    assert '<option value="as_agreed">As agreed</option>' in client.get(address).content.decode()
    sent = {"unit": [f"{lpn}:1:1"], "reason": "cleared", "to": "secondary", "node": company.node()}
    client.post("/quarantine/release", sent)
    assert unit(lpn=lpn).unit.state == "set_apart"
    client.post("/quarantine/release", {**sent, "why": "other"})
    assert unit(lpn=lpn).unit.state == "set_apart"
    client.post("/quarantine/release", {**sent, "why": "other", "note": "The brand agreed."})
    assert unit(lpn=lpn).unit.disposition == "secondary"
    assert said_of(lpn) == ["The brand agreed."]


def test_a_second_person_is_asked_for(browse, company):
    lpn = graded(company, "D", "phone", damage="customer_damage", serial="S1")
    client = browse("clerk")
    assert "Policy wants a second person" in scan(client, lpn)
    said = scan(client, tote(company, "scrap"), lpn=lpn)
    assert "Asked for agreement" in said
    assert "Put it aside" in said
    assert "Asked already" in scan(client, tote(company, "scrap"), lpn=lpn)
    assert unit(lpn=lpn).unit.state == "inspected"


def test_a_unit_sent_before_is_put_into_its_tote(browse, company):
    lpn, code, client = graded(company), tote(company), browse("clerk")
    assert "is done" in scan(client, "d", lpn=lpn)
    assert "Already sent to restock" in scan(client, lpn)
    assert f"into {code}" in scan(client, code, lpn=lpn)


def test_quarantine_says_why_and_lets_go(browse, company):
    lpns = [graded(company) for _ in range(2)]
    items = [DisposeUnit(lpn, disposition="quarantine", override_reason="odd_smell") for lpn in lpns]
    assert len(dispose_units(company.ctx(), items=items).done) == 2
    address = f"/quarantine?node={company.node()}"
    page = browse("clerk").get(address).content.decode()
    assert lpns[0] in page
    assert "odd smell" in page
    assert "Release what is chosen" not in page
    client = browse("inventory_controller")
    assert "Release what is chosen" in client.get(address).content.decode()
    page = client.get(address).content.decode()
    marks = [f"{lpn}:1:1" for lpn in lpns]
    assert all(f'name="unit" value="{mark}"' in page for mark in marks)
    client.post("/quarantine/release", {"unit": marks, "reason": ""})
    assert unit(lpn=lpns[0]).unit.state == "set_apart"
    client.post("/quarantine/release", {"unit": [lpns[0], f"{lpns[0]}:1:²"], "reason": "cleared"})
    assert unit(lpn=lpns[0]).unit.state == "set_apart"
    client.post("/quarantine/release", {"unit": marks[:1], "reason": "cleared", "node": company.node()})
    sent = {"unit": marks[1:], "reason": "cleared", "to": "restock", "key": "one-form"}
    client.post("/quarantine/release", sent)
    assert [unit(lpn=lpn).unit.state for lpn in lpns] == ["released", "disposed"]
    assert "1 released." in client.post("/quarantine/release", sent, follow=True).content.decode()


def test_releasing_takes_the_same_statements_for_one_unit_and_for_many(browse, company, django_statements):
    lpns = [graded(company) for _ in range(6)]
    items = [DisposeUnit(lpn, disposition="quarantine", override_reason="odd_smell") for lpn in lpns]
    assert len(dispose_units(company.ctx(), items=items).done) == 6
    client, counts = browse("inventory_controller"), []
    for part in (lpns[:1], lpns[1:2], lpns[2:]):
        with django_statements() as statements:
            client.post("/quarantine/release", {"unit": [f"{lpn}:1:1" for lpn in part], "reason": "cleared"})
        counts.append(len(statements))
    assert counts[1] == counts[2]
    assert {unit(lpn=lpn).unit.state for lpn in lpns} == {"released"}


def test_work_from_its_start_to_its_end(browse, company):
    lpn, client = recovering.waiting(company, "refurbishable"), browse("clerk")
    answer = client.post("/refurbishments/start", {"scan": lpn}, follow=True)
    address = answer.redirect_chain[-1][0]
    page = answer.content.decode()
    assert "Add cost" in page
    client.post(f"{address}/cost", {"kind": "part", "what": "zip", "quantity": 1, "amount": "2.50", "capitalise": "on"})
    client.post(f"{address}/cost", {"kind": "labour", "what": "bench", "quantity": 10, "amount": "4"})
    page = client.get(address).content.decode()
    assert "£10.50" in page
    assert "£4.00" in page
    refused = client.post(f"{address}/finish", {"outcome": "available", "grade": "B"}, follow=True).content.decode()
    assert "net realisable value" in refused
    client.post(f"{address}/finish", {"outcome": "available", "grade": "B", "net_value": "9"})
    page = client.get(address).content.decode()
    assert "The work is over." in page
    assert "£1.50" in page
    assert lpn in client.get("/refurbishments?state=finished").content.decode()
    given_up = recovering.started(company)
    client.post(f"/refurbishments/{given_up}/cancel", {"reason": "not_worth_it"})
    assert "Cancelled: not worth it" in client.get(f"/refurbishments/{given_up}").content.decode()


def test_a_lot_is_filled_sold_and_shipped(browse, company):
    first, second = (recovering.waiting(company, "secondary_channel") for _ in range(2))
    recovering.stocked(company, 5, 500)
    client, manager = browse("clerk"), browse("supplier_manager")
    answer = client.post("/lots/open", {"node": company.node(), "buyer": "outlet-1"}, follow=True)
    address = answer.redirect_chain[-1][0]
    number = address.rsplit("/", 1)[1]
    for lpn in (first, second):
        client.post(f"/loads/{number}/scan", {"scan": lpn})
    client.post(f"/loads/{number}/pieces", {"sku": company.sku("mug"), "quantity": 2})
    client.post(f"/loads/{number}/remove", {"lpn": second})
    page = client.get(address).content.decode()
    assert "£10.00" in page
    assert "From the shelf" in page
    client.post(f"/loads/{number}/move", {"to": "close"})
    assert "Sell" not in client.get(address).content.decode().split("What may be done now")[1].split("</section>")[0]
    assert client.post(f"/lots/{number}/sell", {"amount": "6"}).status_code == 403
    manager.post(f"/lots/{number}/sell", {"amount": "6.01"})
    assert "a loss of £3.99" in manager.get(address).content.decode()
    manager.post(f"/loads/{number}/ship", {"carrier": "carrier-a", "tracking": "T1"})
    page = manager.get(address).content.decode()
    assert "Its life here is complete." in page
    assert gl(company, "secondary_channel_proceeds") == -601
    lines = b"".join(manager.get(f"{address}?format=csv").streaming_content).decode().splitlines()
    assert lines[0].startswith("Load,SSCC,Plate,SKU")
    assert len(lines) == 3
    assert "4.81" in lines[1]
    assert number in client.get("/lots?q=outlet-1").content.decode()


def test_a_pallet_has_its_papers_and_leaves(browse, company):
    lpn, client, manager = recovering.waiting(company, "to_supplier"), browse("clerk"), browse("supplier_manager")
    form = {"node": company.node(), "supplier": f"supplier-{company.tag}"}
    assert (
        f"a pallet for {form['supplier']} at {form['node']}</span></button>" in client.get("/pallets").content.decode()
    )
    answer = client.post("/pallets/open", form, follow=True)
    address = answer.redirect_chain[-1][0]
    number = address.rsplit("/", 1)[1]
    client.post(f"/loads/{number}/move", {"to": "close"})
    client.post(f"/loads/{number}/scan", {"scan": lpn})
    client.post(f"/loads/{number}/move", {"to": "close"})
    sscc = db.rows("SELECT sscc FROM recovery_load WHERE number = %s", [number])[0].sscc
    assert sscc in client.get(f"/pallets?q={sscc}").content.decode()
    for paper in (f"{address}/label", f"/loads/{number}/packing-list"):
        answer = client.get(paper)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    before = stock(company, "at_supplier")
    assert client.post(f"/loads/{number}/ship", {}).status_code == 403
    manager.post(f"/loads/{number}/ship", {})
    assert stock(company, "at_supplier") == (before[0] + 1, before[1] + 800)
    assert client.get(address.replace("pallets", "lots")).status_code == 404


def test_totes_are_recorded_filled_emptied_and_labelled(browse, company):
    keeper, clerk = browse("inventory_controller"), browse("clerk")
    code = f"TT-{company.tag}"
    keeper.post("/totes/record", {"code": code, "node": company.node(), "purpose": "restock", "capacity": "5"})
    lpn = graded(company)
    scan(clerk, code, lpn=lpn)
    assert code in clerk.get(f"/totes?q={code}").content.decode()
    assert clerk.get(f"/totes/{code}/label").content.startswith(b"%PDF")
    clerk.post("/totes/empty", {"tote": code})
    assert db.rows("SELECT tote_id FROM receiving_unit WHERE lpn = %s", [lpn])[0].tote_id is None
    assert "Record a tote" not in clerk.get("/totes").content.decode()


def test_lists_are_files_too(browse, company):
    client = browse("executive")
    for address, first in (
        ("/refurbishments", "Order,State,Unit"),
        ("/lots", "Lot,State,Buyer"),
        ("/pallets", "Pallet,State,Supplier"),
        ("/totes", "Tote,For,Node"),
        (f"/quarantine?node={company.node()}", "Unit,Item,Pieces"),
    ):
        separator = "&" if "?" in address else "?"
        lines = b"".join(client.get(f"{address}{separator}format=csv").streaming_content).decode().splitlines()
        assert lines[0].startswith(first)


def test_no_page_of_recovery_runs_many_statements(browse, company, django_statements):
    client = browse("administrator")
    lpn, order = graded(company), recovering.started(company)
    number, back = recovering.lot(company), recovering.pallet(company)
    addresses = (
        f"/put-away?lpn={lpn}",
        "/put-away",
        f"/quarantine?node={company.node()}",
        "/refurbishments",
        f"/refurbishments/{order}",
        "/lots",
        f"/lots/{number}",
        "/pallets",
        f"/pallets/{back}",
        "/totes",
    )
    for address in addresses:
        with django_statements() as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= 15, (address, len(seen))


def test_the_search_finds_work_lots_and_pallets(browse, company):
    order, number, back = recovering.started(company), recovering.lot(company), recovering.pallet(company)
    sscc = db.rows("SELECT sscc FROM recovery_load WHERE number = %s", [back])[0].sscc
    client = browse("supplier_manager")
    for words, address in (
        (order, f"/refurbishments/{order}"),
        (number.lower(), f"/lots/{number}"),
        (back, f"/pallets/{back}"),
        (f"00{sscc}", f"/pallets/{back}"),
    ):
        answer = client.get("/find", {"q": words})
        assert address in (answer.headers.get("Location", "") + answer.content.decode()), words


def test_the_list_of_work_is_searched_by_number_plate_and_sku(browse, company):
    order = recovering.started(company)
    row = queries.refurbishment(number=order).order
    client = browse("clerk")
    for words in (order.lower(), row.lpn, row.sku):
        assert f"/refurbishments/{order}" in client.get("/refurbishments", {"q": words}).content.decode(), words
    assert f"/refurbishments/{order}" not in client.get("/refurbishments", {"q": f"{row.sku}x"}).content.decode()
