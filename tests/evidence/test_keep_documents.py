"""What may be kept as a document, that it is kept as it was sent, once, and within bounds."""

import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import cases_about
from counterflow.evidence import documents, queries, rules, tasks
from counterflow.evidence.commands.erase_documents import EraseDocument, erase_documents
from counterflow.evidence.commands.erase_subjects import EraseSubject, erase_subjects
from counterflow.evidence.commands.keep_documents import KeepDocument, keep_documents
from counterflow.kernel import db
from counterflow.kernel.errors import KeyConflict, PermissionDenied
from papers import EMAIL, PDF, TABLE, TEXT
from pictures import picture

SORTS = {"pdf": PDF, "email": EMAIL, "csv": TABLE, "text": TEXT}
MOST = 10 * 2**20


def kept(ctx, body, subject=None, name="paper", **more):
    """One document, asked to be kept."""
    item = KeepDocument("case", subject or cases_about(ctx)[0], body, name)
    return keep_documents(ctx(**more), items=[item]).results[0]


def of(subject):
    return queries.documents_of(subject_kind="case", subject_id=subject)


def files(media):
    return sorted(path for path in media.rglob("*") if path.is_file())


@pytest.mark.parametrize("sort", SORTS)
def test_a_document_is_told_by_its_content_and_kept_as_it_was_sent(ctx, sort, media):
    (subject,) = cases_about(ctx)
    done = kept(ctx, SORTS[sort], subject, "invoice.exe", actor="user:7")
    row = of(subject)[0]
    ending = documents.SORTS[sort].ending
    assert (row.sort, row.title, row.size, row.by) == (sort, f"invoice.exe{ending}", len(SORTS[sort]), "user:7")
    file = queries.document_file(document_id=done.facts["document_id"])
    assert (file.body, file.content_type) == (SORTS[sort], documents.SORTS[sort].content_type)
    assert len(files(media)) == 1


def test_text_of_other_alphabets_is_text():
    told = {
        "text": ["Grüße".encode(), "Grüße".encode("cp1252"), "Grüße".encode("utf-16"), b"\xef\xbb\xbfone\n", b"=1+1\n"],
        "csv": [b"a,b\n1,2\n", b"a\tb\n1\t2\n", b'"a ; b";c\n1;2\n', "ä;b\r\n1;2".encode("utf-16")],
        "email": [b"Message-ID: <1@demo.example>\nFrom: a@demo.example\n\n\x1b$B caf\xe9"],
    }
    for sort, bodies in told.items():
        assert [documents.sort_of(body, bytes_max=MOST).code for body in bodies] == [sort] * len(bodies)


def test_a_page_or_script_is_plain_text_and_nothing_more():
    for body in (
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"#!/bin/sh\n",
    ):
        assert documents.sort_of(body, bytes_max=MOST).content_type == "text/plain"


def test_what_is_none_of_them_is_refused_with_a_reason_and_leaves_nothing(ctx, media):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    cut = PDF[:-8]
    wrong = (packed.getvalue(), picture(), b"MZ\x90\0" + bytes(500), b"\x7fELF\x02\x01\x01\0", b" \n\t ", cut + b"\0")
    (subject,) = cases_about(ctx)
    for body in wrong:
        refused = kept(ctx, body, subject)
        assert (refused.code, refused.kind) == ("document_unreadable", "invalid")
        assert "PDF" in refused.message
    assert kept(ctx, b"", subject).code == "document_empty"
    heavy = kept(ctx, TEXT * (MOST // len(TEXT) + 1), subject)
    assert heavy.code == "document_too_large"
    assert "10 MB" in heavy.message
    assert files(media) == []


@given(st.binary(max_size=400))
def test_any_bytes_have_one_answer(body):
    with suppress(rules.DocumentEmpty, rules.DocumentTooLarge, rules.DocumentUnreadable):
        assert documents.sort_of(body, bytes_max=300).code in documents.SORTS


@given(st.text(max_size=300), st.sampled_from(sorted(documents.SORTS)))
def test_a_title_is_short_visible_and_ends_as_what_it_is(name, code):
    sort = documents.SORTS[code]
    title = documents.title_of(name, sort)
    assert title.endswith(sort.ending)
    assert len(sort.ending) < len(title) <= documents.NAME_MAX
    assert title.isprintable()
    assert not set(title) & set("/\\")
    assert documents.title_of(title, sort) == title


def test_a_name_that_lies_is_mended():
    pdf = documents.SORTS["pdf"]
    assert documents.title_of("C:\\Users\\x\\claim.PDF", pdf) == "claim.pdf"
    assert documents.title_of("../../etc/passwd", pdf) == "passwd.pdf"
    assert documents.title_of("fdp.\u202eexe", pdf) == "fdp.exe.pdf"
    assert documents.title_of('a"\r\nSet-Cookie: b', pdf) == 'a"Set-Cookie: b.pdf'


def test_documents_are_of_cases_that_exist(ctx, media):
    item = KeepDocument("person", 7, PDF)
    assert keep_documents(ctx(), items=[item]).refused[0].code == "document_kind_unknown"
    assert kept(ctx, PDF, -1).code == "subject_invalid"
    assert kept(ctx, PDF, 999_999_999_999).code == "subject_missing"
    assert files(media) == []


def test_the_same_document_of_the_same_case_is_kept_once(ctx, media):
    (subject,) = cases_about(ctx)
    first = kept(ctx, PDF, subject, key="paper-1")
    assert kept(ctx, PDF, subject, key="paper-1") == first
    again = kept(ctx, PDF, subject, "another name")
    assert (again.replayed, again.facts) == (True, {"document_id": first.facts["document_id"]})
    assert [row.title for row in of(subject)] == ["paper.pdf"]
    with pytest.raises(KeyConflict):
        kept(ctx, TEXT, subject, key="paper-1")
    assert len(files(media)) == 1


def test_one_bad_file_spoils_no_other_and_a_case_takes_so_many(ctx, monkeypatch):
    (subject,) = cases_about(ctx)
    bodies = [PDF, b"\0", TEXT, EMAIL]
    monkeypatch.setattr(rules, "DOCUMENTS_OF_ONE_MAX", 2)
    batch = keep_documents(ctx(), items=[KeepDocument("case", subject, body) for body in bodies])
    assert [getattr(r, "code", "done") for r in batch] == ["done", "document_unreadable", "done", "documents_full"]
    assert erase_documents(ctx(), items=[EraseDocument(of(subject)[0].id)]).done
    assert kept(ctx, EMAIL, subject).facts["sort"] == "email"


def test_an_erased_document_is_gone_with_its_name_and_not_kept_again(ctx, media):
    (subject,) = cases_about(ctx)
    done = kept(ctx, PDF, subject, "secret name.pdf")
    wanted = [EraseDocument(done.facts["document_id"])]
    assert [r.replayed for r in erase_documents(ctx(), items=wanted * 2).done] == [False, True]
    assert (of(subject), files(media)) == ([], [])
    row = db.rows("SELECT name, title, erased_at FROM evidence_document WHERE id = %s", [wanted[0].document_id])[0]
    assert (row.name, row.title) == ("", "")
    assert row.erased_at is not None
    assert kept(ctx, PDF, subject).code == "document_erased"
    assert erase_documents(ctx(), items=[EraseDocument(1)]).refused[0].code == "document_missing"
    with pytest.raises(rules.DocumentMissing):
        queries.document_file(document_id=wanted[0].document_id)
    other = kept(ctx, TEXT, subject)
    erased = erase_subjects(ctx(), items=[EraseSubject(subject)]).done[0]
    assert erased.facts == {"erased": 0, "photos": 0, "documents": 1}
    with pytest.raises(rules.DocumentMissing):
        queries.document_file(document_id=other.facts["document_id"])
    assert files(media) == []


def test_a_batch_takes_a_constant_number_of_statements(ctx):
    def statements(count):
        items = [KeepDocument("case", subject, b"%d %s" % (count, TEXT)) for subject in cases_about(ctx, count)]
        with db.counting() as seen:
            assert len(keep_documents(ctx(), items=items).done) == count
        return len(seen)

    assert statements(1) == statements(12) == 6


def test_a_call_has_a_bound_and_needs_the_permission(ctx):
    items = [KeepDocument("case", 1, TEXT)] * (rules.DOCUMENTS_MAX + 1)
    with pytest.raises(rules.TooManyDocuments):
        keep_documents(ctx(), items=items)
    with pytest.raises(PermissionDenied):
        keep_documents(ctx("evidence.view"), items=items[:1])
    with pytest.raises(PermissionDenied):
        erase_documents(ctx("evidence.keep"), items=[EraseDocument(1)])


def test_files_that_nothing_names_are_swept_a_day_later(ctx, media):
    from counterflow.evidence import storing

    done = kept(ctx, PDF)
    orphan = storing.put_document(TEXT)
    now = datetime.now(UTC)
    assert tasks.sweep_before(now - timedelta(hours=1)) == 0
    assert tasks.sweep_before(now + timedelta(seconds=1)) == 1
    assert storing.read(orphan) is None
    assert queries.document_file(document_id=done.facts["document_id"]).body == PDF
