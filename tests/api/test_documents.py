"""Documents by API: bytes travel as base64 both ways, a bulk has a bound, and erasing takes documents along."""

from base64 import b64decode, b64encode

from casework import cases_about
from papers import EMAIL, PDF, TEXT


def body(data, case=1, **more):
    return {"subject_kind": "case", "subject_id": case, "body": b64encode(data).decode(), **more}


def test_a_document_is_kept_listed_read_and_erased(caller, ctx):
    program, (case,) = caller(), cases_about(ctx)
    made = program.post("/documents", body(EMAIL, case, name="claim.msg"))
    assert made.status_code == 201, made.content
    assert made.json()["sort"] == "email"
    number = made.json()["document_id"]
    assert program.post("/documents", body(EMAIL, case)).status_code == 200
    (row,) = program.get("/documents", subject_kind="case", subject_id=case).json()["items"]
    assert (row["id"], row["title"], row["sort"], row["size"]) == (number, "claim.msg.eml", "email", len(EMAIL))
    assert row["by"].startswith("token:")
    read = program.get(f"/documents/{number}").json()
    assert (read["content_type"], b64decode(read["file"])) == ("message/rfc822", EMAIL)
    assert program.post("/document-erasures", {"document_id": number}).status_code == 201
    assert program.get(f"/documents/{number}").status_code == 404
    assert program.post("/documents", body(EMAIL, case)).json()["code"] == "document_erased"
    program.post("/documents", body(PDF, case))
    assert program.post("/erasures", {"subject_id": case}).json()["documents"] == 1
    assert program.get("/documents", subject_kind="case", subject_id=case).json()["items"] == []


def test_a_bulk_answers_one_by_one_and_has_a_bound(caller, ctx):
    program, (case,) = caller(), cases_about(ctx)
    sent = [body(TEXT, case), body(b"MZ\0", case), body(TEXT, 999_999_999_999), {**body(TEXT), "subject_kind": "unit"}]
    answer = program.post("/documents/bulk", {"items": sent}).json()
    assert [result.get("code", "done") for result in answer["results"]] == [
        "done",
        "document_unreadable",
        "subject_missing",
        "document_kind_unknown",
    ]
    many = program.post("/documents/bulk", {"items": [body(b"x")] * 21})
    assert (many.status_code, many.json()["code"]) == (422, "too_many_documents")


def test_who_may_not_is_refused(caller):
    assert caller("evidence.view").post("/documents", body(PDF)).status_code == 403
    assert caller("evidence.keep").get("/documents", subject_kind="case", subject_id=1).status_code == 403
    assert caller("evidence.keep").get("/documents/1").status_code == 403
