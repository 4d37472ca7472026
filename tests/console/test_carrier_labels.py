"""A carrier's label on screen: kept from a file by those who plan, read by those who may see an address."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from company import make_company
from counterflow.desk.labels import carrier_labels
from counterflow.kernel import clock
from counterflow.kernel.context import Context
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

ZPL = b"^XA^FDAda Demo^FS^XZ"


@pytest.fixture(scope="module")
def company(people):
    """A company whose orders are of now."""
    return make_company(lambda: Context.make("user:1", ["*"], clock.now()))


@pytest.fixture
def rma(company):
    """A return of a tee."""
    order = company.sell([("tee", 1, 2000, 400)], shipped_at=clock.now())
    line = AskedLine(1, "too_small", company.sku())
    return (
        open_rmas(company.ctx(), items=[OpenRma(company.channel(), f"cl-{order}", [line], order)]).done[0].facts["rma"]
    )


def send(client, rma, body, key):
    file = SimpleUploadedFile("label.zpl", body)
    return client.post(f"/desk/returns/{rma}/labels", {"label": file, "key": f"{key}-{rma}"})


def test_a_label_is_kept_from_a_file_and_read_back(browse, rma):
    client = browse("agent")
    assert "the customer gets the return slip" in client.get(f"/desk/returns/{rma}").content.decode()
    assert send(client, rma, ZPL, "one")["Location"] == f"/returns/{rma}"
    (label,) = carrier_labels(rma=rma)
    address = f"/desk/returns/{rma}/labels/{label.id}"
    assert address in client.get(f"/desk/returns/{rma}").content.decode()
    answer = client.get(address)
    assert answer.content == ZPL
    assert answer["Content-Disposition"] == f'attachment; filename="label-{rma}.zpl"'
    assert "sandbox" in answer["Content-Security-Policy"]


def test_what_is_no_label_is_told_in_words(browse, rma):
    client = browse("agent")
    send(client, rma, b"hello", "bad")
    assert "PDF, PNG or ZPL" in client.get(f"/returns/{rma}").content.decode()
    client.post(f"/desk/returns/{rma}/labels", {"key": f"none-{rma}"})
    assert "Choose the file" in client.get(f"/returns/{rma}").content.decode()
    assert carrier_labels(rma=rma) == []


def test_who_may_not_see_an_address_sees_that_there_is_a_label_and_no_more(browse, rma):
    send(browse("agent"), rma, ZPL, "seen")
    (label,) = carrier_labels(rma=rma)
    clerk = browse("clerk")
    page = clerk.get(f"/desk/returns/{rma}").content.decode()
    assert "Carrier&#x27;s label" in page or "Carrier's label, ZPL" in page
    assert f"/labels/{label.id}" not in page
    assert clerk.get(f"/desk/returns/{rma}/labels/{label.id}").status_code == 403
    assert send(clerk, rma, ZPL, "no").status_code == 403


def test_a_label_of_another_return_is_not_found(browse, rma):
    assert browse("agent").get(f"/desk/returns/{rma}/labels/1").status_code == 404
