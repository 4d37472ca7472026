"""Photos by API: bytes travel as base64, a bulk has a bound, and erasing takes photos along."""

from base64 import b64encode

from casework import cases_about
from pictures import NOTE, bomb, picture


def body(data, subject=1, **more):
    sent = {"subject_kind": "case", "subject_id": subject, "body": b64encode(data).decode()}
    return {**sent, **more}


def test_a_photo_is_kept_listed_and_erased_with_its_subject(caller, ctx):
    program, subject = caller(), cases_about(ctx)[0]
    made = program.post("/photos", body(picture(note=NOTE), subject, happened_at="2026-05-01T10:00:00Z"))
    assert made.status_code == 201, made.content
    again = program.post("/photos", body(picture(note=NOTE), subject))
    assert (again.status_code, again.json()["photo_id"]) == (200, made.json()["photo_id"])
    listed = program.get("/photos", subject_kind="case", subject_id=subject).json()["items"]
    assert [(row["id"], row["width"], row["happened_at"]) for row in listed] == [
        (made.json()["photo_id"], 640, "2026-05-01T10:00:00+00:00")
    ]
    erased = program.post("/erasures", {"subject_id": subject})
    assert (erased.status_code, erased.json()["photos"]) == (201, 1)
    assert program.get("/photos", subject_kind="case", subject_id=subject).json()["items"] == []


def test_a_bulk_answers_photo_by_photo_and_has_a_bound(caller, ctx):
    program, (subject,) = caller(), cases_about(ctx)
    sent = [body(data, subject) for data in (picture(), b"no picture", bomb())]
    answer = program.post("/photos/bulk", {"items": sent}).json()
    assert [result["status"] for result in answer["results"]] == ["done", "refused", "refused"]
    assert [result.get("code") for result in answer["results"][1:]] == ["photo_unreadable", "photo_too_detailed"]
    many = program.post("/photos/bulk", {"items": [body(b"x")] * 21})
    assert (many.status_code, many.json()["code"]) == (422, "too_many_photos")


def test_a_photo_of_nothing_is_refused(caller):
    nothing = caller().post("/photos", body(picture(), 999_999_999_999))
    assert (nothing.status_code, nothing.json()["code"]) == (404, "subject_missing")


def test_what_is_no_base64_is_refused_and_so_is_who_may_not(caller):
    program = caller()
    assert program.post("/photos", {**body(b""), "body": "not base64!"}).status_code == 422
    assert caller("evidence.view").post("/photos", body(picture())).status_code == 403
    assert caller("evidence.keep").get("/photos", subject_kind="case", subject_id=1).status_code == 403
