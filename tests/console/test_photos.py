"""Photos on pages: who sees them, how they are sent, and what a browser is told about them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from casework import cases_about
from counterflow.evidence import queries
from pictures import picture


def sent(*files):
    return [SimpleUploadedFile(name, data, content_type="image/jpeg") for name, data in files]


def keep(client, subject, *files, back="/bench"):
    about = {"subject_kind": "case", "subject_id": subject, "back": back, "key": f"key-{subject}"}
    return client.post("/photos/keep", {**about, "photos": sent(*files)})


def of(subject):
    return queries.photos_of(subject_kind="case", subject_id=subject)


def test_photos_are_kept_and_each_bad_file_is_named(browse, ctx):
    client, (subject,) = browse("clerk"), cases_about(ctx)
    answer = keep(client, subject, ("good.jpg", picture()), ("notes.jpg", b"no picture"), ("also.jpg", picture((9, 9))))
    assert (answer.status_code, answer["Location"]) == (302, "/bench")
    assert len(of(subject)) == 2
    page = client.get("/bench").content.decode()
    assert "notes.jpg: This is not a picture that can be read" in page
    assert "2 photos kept." in page
    keep(client, subject)
    assert "Choose or take a photo first." in client.get("/bench").content.decode()


def test_a_photo_is_served_to_those_who_may_see_it_as_nothing_but_a_picture(browse, ctx):
    (subject,) = cases_about(ctx)
    keep(browse("clerk"), subject, ("good.jpg", picture()))
    photo = of(subject)[0].id
    for role in ("clerk", "agent", "finance", "executive"):
        answer = browse(role).get(f"/photos/{photo}")
        assert answer.content[:3] == b"\xff\xd8\xff"
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"].startswith("private")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert len(browse(role).get(f"/photos/{photo}/small").content) < len(answer.content)
    assert browse().get(f"/photos/{photo}").status_code == 302
    assert browse("clerk").get("/photos/1").status_code == 404


@pytest.mark.parametrize("role", ["executive", "finance"])
def test_who_only_looks_keeps_none(browse, role, ctx):
    (subject,) = cases_about(ctx)
    assert keep(browse(role), subject, ("good.jpg", picture())).status_code == 403
    assert of(subject) == []


def test_one_is_erased_by_who_may_erase(browse, ctx):
    (subject,) = cases_about(ctx)
    keep(browse("clerk"), subject, ("good.jpg", picture()))
    photo = of(subject)[0].id
    assert browse("clerk").post(f"/photos/{photo}/erase").status_code == 403
    browse("administrator").post(f"/photos/{photo}/erase", {"back": "/bench"})
    assert of(subject) == []
    assert browse("clerk").get(f"/photos/{photo}").status_code == 404


def test_a_case_keeps_photos_on_its_page(browse, people):
    from datetime import UTC, datetime

    from company import make_company
    from console_life import blind
    from counterflow.kernel import db
    from counterflow.kernel.context import Context

    company = make_company(lambda: Context.make("user:1", ["*"], datetime.now(UTC)))
    blind(company)
    case = db.rows("SELECT id FROM workqueue_case ORDER BY id DESC LIMIT 1")[0].id
    client = browse("agent")
    about = {"subject_kind": "case", "subject_id": case, "back": f"/cases/{case}", "key": "case-photo"}
    client.post("/photos/keep", {**about, "photos": sent(("box.jpg", picture()))})
    page = client.get(f"/cases/{case}").content.decode()
    kept = queries.photos_of(subject_kind="case", subject_id=case)
    assert f"/photos/{kept[0].id}/small" in page
    assert "More photos" in page
    assert "More photos" not in browse("executive").get(f"/cases/{case}").content.decode()


def test_one_is_not_sent_elsewhere_after_a_photo(browse, ctx):
    (subject,) = cases_about(ctx)
    answer = keep(browse("clerk"), subject, ("good.jpg", picture()), back="https://elsewhere.example/")
    assert answer["Location"] == "/"
