"""What is erased is gone from the storage and from every answer; that it was there stays known."""

from casework import cases_about
from company import ids
from counterflow.evidence import queries
from counterflow.evidence.commands.erase_photos import ErasePhoto, erase_photos
from counterflow.evidence.commands.erase_subjects import EraseSubject, erase_subjects
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.kernel import db
from counterflow.kernel.models import Payload
from pictures import picture


def keep(ctx, subject, *colours):
    items = [KeepPhoto("case", subject, picture(colour=(shade, 0, 0))) for shade in colours]
    return [result.facts["photo_id"] for result in keep_photos(ctx(), items=items).done]


def payload(subject):
    row = {"id": ids(1)[0], "kind": "note", "subject_id": subject, "source": "test", "reference": ""}
    at = db.rows("SELECT now() AS at")[0].at
    db.insert(Payload, [{**row, "body": {"text": "hello"}, "kept_at": at, "erased_at": None}])


def files(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_an_erased_photo_is_gone_and_its_row_says_when(ctx, media):
    subject = cases_about(ctx)[0]
    gone, stays = keep(ctx, subject, 10, 20)
    done = erase_photos(ctx(), items=[ErasePhoto(gone), ErasePhoto(gone)])
    assert [r.replayed for r in done.done] == [False, True]
    assert [p.id for p in queries.photos_of(subject_kind="case", subject_id=subject)] == [stays]
    assert len(files(media)) == 2
    row = db.rows("SELECT name, erased_at FROM evidence_photo WHERE id = %s", [gone])[0]
    assert row.name == ""
    assert row.erased_at is not None
    assert erase_photos(ctx(), items=[ErasePhoto(1)]).refused[0].code == "photo_missing"


def test_an_erased_photo_is_not_kept_again(ctx, media):
    subject = cases_about(ctx)[0]
    erase_photos(ctx(), items=[ErasePhoto(n) for n in keep(ctx, subject, 10)])
    again = keep_photos(ctx(), items=[KeepPhoto("case", subject, picture(colour=(10, 0, 0)))])
    assert again.refused[0].code == "photo_erased"
    assert files(media) == []


def test_erasing_a_subject_takes_its_words_and_its_photos(ctx, media):
    both, words, pictures, nothing = cases_about(ctx, 4)
    keep(ctx, both, 10, 20)
    keep(ctx, pictures, 30)
    payload(both)
    payload(words)
    wanted = [EraseSubject(n) for n in (both, words, pictures, nothing)]
    batch = erase_subjects(ctx(), items=wanted)
    assert [r.facts for r in batch.done] == [
        {"erased": 1, "photos": 2, "documents": 0},
        {"erased": 1, "photos": 0, "documents": 0},
        {"erased": 0, "photos": 1, "documents": 0},
    ]
    assert batch.refused[0].code == "nothing_kept"
    assert files(media) == []
    assert all(r.replayed for r in erase_subjects(ctx(), items=wanted[:3]).done)


def test_a_rollback_takes_no_file(ctx, media):
    from django.db import transaction

    (photo,) = keep(ctx, cases_about(ctx)[0], 10)
    with transaction.atomic():
        assert erase_photos(ctx(), items=[ErasePhoto(photo)]).done
        transaction.set_rollback(True)
    assert len(files(media)) == 2
    assert queries.photo_file(photo_id=photo).body


def test_erasing_takes_a_constant_number_of_statements(ctx):
    def statements(count):
        subjects = cases_about(ctx, count)
        for subject in subjects:
            keep(ctx, subject, 10)
        with db.counting() as seen:
            assert len(erase_subjects(ctx(), items=[EraseSubject(n) for n in subjects]).done) == count
        return len(seen)

    assert statements(1) == statements(6) == 7
