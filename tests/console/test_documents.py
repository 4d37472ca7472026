"""Documents on the page of a case: sent, listed with who and when, given back as files only, erased."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from casework import cases_about
from counterflow.evidence import queries
from papers import EMAIL, PDF, TEXT


def keep(client, case, *files):
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    about = {"subject_kind": "case", "subject_id": case, "back": f"/cases/{case}", "key": f"key-{case}-{len(files)}"}
    return client.post("/documents/keep", {**about, "documents": sent})


def of(case):
    return queries.documents_of(subject_kind="case", subject_id=case)


def test_documents_are_kept_and_each_bad_file_is_named(browse, ctx):
    client, (case,) = browse("agent"), cases_about(ctx)
    answer = keep(client, case, ("claim.eml", EMAIL), ("virus.pdf", b"MZ\x90\0"), ("Über.pdf", PDF))
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case}")
    page = client.get(f"/cases/{case}").content.decode()
    assert "virus.pdf: This is no whole PDF" in page
    assert "2 documents kept." in page
    assert page.count("/documents/") >= 2
    for words in ("claim.eml", "E-mail, ", "Über.pdf", "PDF, ", "at most 10 MB each"):
        assert words in page
    keep(client, case)
    assert "Choose a file first." in client.get(f"/cases/{case}").content.decode()


def test_a_document_is_only_ever_given_back_as_a_file(browse, ctx):
    (case,) = cases_about(ctx)
    page = b"<html><script>alert(1)</script></html>"
    keep(browse("clerk"), case, ("Größe & Preis.html", page), ("b.pdf", PDF))
    text, pdf = of(case)
    for role in ("clerk", "agent", "finance", "executive"):
        answer = browse(role).get(f"/documents/{text.id}")
        assert (answer.content, answer["Content-Type"]) == (page, "text/plain")
        assert answer["Content-Disposition"].startswith(
            "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%26%20Preis.html.txt"
        )
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "private, no-store"
    assert browse("agent").get(f"/documents/{pdf.id}")["Content-Disposition"] == 'attachment; filename="b.pdf"'
    assert browse().get(f"/documents/{text.id}").status_code == 302
    assert browse("clerk").get("/documents/1").status_code == 404


@pytest.mark.parametrize("role", ["executive", "finance"])
def test_who_only_looks_keeps_none(browse, role, ctx):
    (case,) = cases_about(ctx)
    assert keep(browse(role), case, ("a.txt", TEXT)).status_code == 403
    assert of(case) == []
    assert "More documents" not in browse(role).get(f"/cases/{case}").content.decode()


def test_one_is_erased_by_who_may_erase(browse, ctx):
    (case,) = cases_about(ctx)
    keep(browse("clerk"), case, ("a.txt", TEXT))
    (row,) = of(case)
    assert browse("clerk").post(f"/documents/{row.id}/erase").status_code == 403
    browse("administrator").post(f"/documents/{row.id}/erase", {"back": f"/cases/{case}"})
    assert of(case) == []
    assert browse("clerk").get(f"/documents/{row.id}").status_code == 404


def test_a_case_shows_the_documents_of_those_merged_into_it(browse, ctx):
    from counterflow.workqueue.commands import MergeCases, merge_cases

    into, part = cases_about(ctx, 2)
    keep(browse("clerk"), part, ("slip.txt", TEXT))
    assert merge_cases(ctx(), items=[MergeCases(into, (part,))]).done
    page = browse("agent").get(f"/cases/{into}").content.decode()
    assert f"/documents/{of(part)[0].id}" in page
    assert f"case {part}" in page
