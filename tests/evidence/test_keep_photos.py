"""What may be kept as a photo, what of it is kept, and that it is kept once."""

from io import BytesIO

import pytest
from PIL import Image

from casework import cases_about
from counterflow.evidence import queries, tasks
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.evidence.rules import LONG_SIDE, PHOTOS_MAX, SMALL_SIDE, TooManyPhotos
from counterflow.kernel import db
from counterflow.kernel.errors import KeyConflict, PermissionDenied
from pictures import NOTE, bomb, picture


def kept(ctx, body, subject=None, kind="case", **more):
    """One photo, asked to be kept."""
    return keep_photos(ctx(**more), items=[KeepPhoto(kind, subject or cases_about(ctx)[0], body)]).results[0]


def files(media):
    return sorted(path for path in media.rglob("*") if path.is_file())


def opened(result, *, small=False):
    return Image.open(BytesIO(queries.photo_file(photo_id=result.facts["photo_id"], small=small).body))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_as_a_picture_of_bounded_size_and_a_thumbnail(ctx, kind):
    image, small = (opened(done := kept(ctx, picture((3000, 1500), kind=kind))), opened(done, small=True))
    assert (image.format, image.size) == ("JPEG", (LONG_SIDE, LONG_SIDE // 2))
    assert (small.format, small.size) == ("JPEG", (SMALL_SIDE, SMALL_SIDE // 2))
    assert image.getpixel((1900, 900))[0] > 150


def test_a_small_photo_is_not_made_larger(ctx):
    assert opened(kept(ctx, picture((120, 80)))).size == (120, 80)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_word_of_metadata_survives(ctx, kind, media):
    body = picture(kind=kind, note=NOTE)
    assert NOTE.encode() in body
    done = kept(ctx, body)
    for small in (False, True):
        image = opened(done, small=small)
        assert not image.getexif()
        assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert all(NOTE.encode() not in path.read_bytes() for path in files(media))


def test_a_photo_is_turned_as_the_camera_was_held(ctx):
    image = opened(kept(ctx, picture((400, 200), turned=6)))
    assert image.size == (200, 400)
    assert sum(image.getpixel((190, 10))) < 60
    assert sum(image.getpixel((10, 390))) > 150


def test_what_is_transparent_shows_white(ctx):
    out = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(kept(ctx, out.getvalue())).getpixel((25, 25)) == (255, 255, 255)


def test_what_is_no_picture_is_refused_with_a_reason_and_leaves_nothing(ctx, media):
    gif = BytesIO()
    Image.new("RGB", (5, 5)).save(gif, "GIF")
    script = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    cut = picture((900, 900))[:3000]
    for body in (gif.getvalue(), script, b"MZ" + bytes(500), cut, b"\xff\xd8\xff\xe0" + bytes(90)):
        assert kept(ctx, body).code == "photo_unreadable"
    assert kept(ctx, b"").code == "photo_empty"
    assert files(media) == []


def test_a_bomb_is_refused_by_its_header_and_a_heavy_file_by_its_size(ctx, media):
    assert kept(ctx, bomb()).code == "photo_too_detailed"
    assert kept(ctx, bomb(8_000, 8_000)).code == "photo_too_detailed"
    heavy = kept(ctx, picture() + bytes(12 * 2**20))
    assert heavy.code == "photo_too_large"
    assert "12 MB" in heavy.message
    assert files(media) == []


def test_photos_are_of_things_we_know_the_name_of(ctx):
    assert kept(ctx, picture(), kind="person").code == "subject_kind_unknown"
    assert kept(ctx, picture(), subject=-1).code == "subject_invalid"


@pytest.mark.parametrize("kind", ["item", "unit", "parcel", "case"])
def test_photos_are_of_things_that_exist(ctx, kind, media):
    missing = kept(ctx, picture(), subject=999_999_999_999, kind=kind)
    assert (missing.code, missing.kind) == ("subject_missing", "not_found")
    assert str(999_999_999_999) in missing.message
    (case,) = cases_about(ctx)
    wrong = kept(ctx, picture(), subject=case, kind=kind)
    assert getattr(wrong, "code", "done") == ("done" if kind == "case" else "subject_missing")
    assert len(files(media)) == (2 if kind == "case" else 0)


def test_one_bad_file_spoils_no_other(ctx):
    subject = cases_about(ctx)[0]
    items = [KeepPhoto("case", subject, body) for body in (picture(), b"no", picture(colour=(1, 2, 3)))]
    batch = keep_photos(ctx(), items=items)
    assert [type(r).__name__ for r in batch] == ["Done", "Refused", "Done"]
    assert [p.id for p in queries.photos_of(subject_kind="case", subject_id=subject)] == [
        r.facts["photo_id"] for r in batch.done
    ]


def test_the_same_photo_of_the_same_subject_is_kept_once(ctx, media):
    subject, body = cases_about(ctx)[0], picture()
    first = kept(ctx, body, subject, key="photo-1")
    assert kept(ctx, body, subject, key="photo-1") == first
    again = kept(ctx, body, subject)
    assert (again.replayed, again.facts) == (True, first.facts)
    assert len(files(media)) == 2
    assert kept(ctx, body).facts != first.facts
    with pytest.raises(KeyConflict):
        kept(ctx, picture(colour=(9, 9, 9)), subject, key="photo-1")
    assert len(files(media)) == 4


def test_a_batch_takes_a_constant_number_of_statements(ctx):
    def statements(count):
        items = [
            KeepPhoto("case", subject, picture((60, 60), colour=(count, n, 1)))
            for n, subject in enumerate(cases_about(ctx, count))
        ]
        with db.counting() as seen:
            assert len(keep_photos(ctx(), items=items).done) == count
        return len(seen)

    assert statements(1) == statements(12) == 6


def test_a_call_has_a_bound_and_needs_the_permission(ctx, media):
    items = [KeepPhoto("unit", n + 1, picture((9, 9))) for n in range(PHOTOS_MAX + 1)]
    with pytest.raises(TooManyPhotos):
        keep_photos(ctx(), items=items)
    with pytest.raises(PermissionDenied):
        keep_photos(ctx("evidence.view"), items=items[:1])
    assert files(media) == []


def test_files_that_nothing_names_are_swept_a_day_later(ctx, media):
    from datetime import UTC, datetime, timedelta

    from counterflow.evidence import pictures, storing

    done = kept(ctx, picture())
    orphan = storing.put(pictures.picture_of(picture(), bytes_max=10**6))
    now = datetime.now(UTC)
    assert tasks.sweep_before(now - timedelta(hours=1)) == 0
    assert len(files(media)) == 4
    assert tasks.sweep_before(now + timedelta(seconds=1)) == 1
    assert storing.read(orphan) is None
    assert opened(done)


def test_the_newest_photo_of_each_subject_stands_for_it(ctx):
    item, other, none = cases_about(ctx, 3)
    kept(ctx, picture(), item)
    newest = kept(ctx, picture(colour=(5, 5, 5)), item)
    kept(ctx, picture(), other)
    found = queries.latest(subject_kind="case", subject_ids=[item, other, none])
    assert found[item] == newest.facts["photo_id"]
    assert set(found) == {item, other}
