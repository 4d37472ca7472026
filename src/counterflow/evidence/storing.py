"""Where the files of photos and documents lie: Django's storage, under names by chance.

A name begins with its folder, which says what lies there: a photo is a picture and its thumbnail, a document one file.
A file without a row that names it is nobody's: `tasks.sweep` takes it away a day later.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from counterflow.evidence.pictures import Picture

PHOTOS: Final = "photos"
DOCUMENTS: Final = "documents"
_SMALL: Final = "-small"
_ENDS: Final = {PHOTOS: ".jpg", DOCUMENTS: ".bin"}


def put(picture: Picture) -> str:
    """Store a picture and its thumbnail; the name that both go by."""
    name = _by_chance(PHOTOS)
    default_storage.save(path_of(name), ContentFile(picture.body))
    default_storage.save(path_of(name, small=True), ContentFile(picture.small))
    return name


def put_document(body: bytes) -> str:
    """Store a document as it is; the name that it goes by."""
    name = _by_chance(DOCUMENTS)
    default_storage.save(path_of(name), ContentFile(body))
    return name


def _by_chance(folder: str) -> str:
    chance = secrets.token_hex(16)
    return f"{folder}/{chance[:2]}/{chance}"


def path_of(name: str, *, small: bool = False) -> str:
    """The storage's path of a file, or of a photo's thumbnail."""
    return f"{name}{_SMALL if small else ''}{_ENDS[name.partition('/')[0]]}"


def read(name: str, *, small: bool = False) -> bytes | None:
    """The content of a file, or of a photo's thumbnail; nothing where the storage has lost it."""
    try:
        with default_storage.open(path_of(name, small=small)) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def drop(names: Iterable[str]) -> None:
    """Take the files of these names away; those that are gone already are no matter."""
    for name in names:
        default_storage.delete(path_of(name))
        if name.startswith(f"{PHOTOS}/"):
            default_storage.delete(path_of(name, small=True))


def shards() -> Iterator[str]:
    """The folders that files lie in."""
    for top in _ENDS:
        try:
            folders, _ = default_storage.listdir(top)
        except FileNotFoundError:
            continue
        for folder in sorted(folders):
            yield f"{top}/{folder}"


def older(shard: str, than: datetime) -> list[str]:
    """Names of what was stored in a folder before an instant."""
    _, files = default_storage.listdir(shard)
    end = _ENDS[shard.partition("/")[0]]
    names = {f"{shard}/{file.removesuffix(end).removesuffix(_SMALL)}": f"{shard}/{file}" for file in files}
    return [name for name, path in sorted(names.items()) if default_storage.get_modified_time(path) < than]
