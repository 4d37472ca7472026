"""Where the files of photos lie: Django's storage, under names by chance.

A file without a row that names it is nobody's: `tasks.sweep` takes it away a day later.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from counterflow.evidence.pictures import Picture

FOLDER: Final = "photos"
_SMALL: Final = "-small"
_END: Final = ".jpg"


def put(picture: Picture) -> str:
    """Store a picture and its thumbnail; the name that both go by."""
    chance = secrets.token_hex(16)
    name = f"{FOLDER}/{chance[:2]}/{chance}"
    default_storage.save(path_of(name), ContentFile(picture.body))
    default_storage.save(path_of(name, small=True), ContentFile(picture.small))
    return name


def path_of(name: str, *, small: bool = False) -> str:
    """The storage's path of a photo or of its thumbnail."""
    return f"{name}{_SMALL if small else ''}{_END}"


def read(name: str, *, small: bool = False) -> bytes | None:
    """The content of a photo or of its thumbnail; nothing where the storage has lost it."""
    try:
        with default_storage.open(path_of(name, small=small)) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def drop(names: Iterable[str]) -> None:
    """Take the files of these names away; those that are gone already are no matter."""
    for name in names:
        default_storage.delete(path_of(name))
        default_storage.delete(path_of(name, small=True))


def shards() -> Iterator[str]:
    """The folders that photos lie in."""
    try:
        folders, _ = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    for folder in sorted(folders):
        yield f"{FOLDER}/{folder}"


def older(shard: str, than: datetime) -> list[str]:
    """Names of the photos of a folder that were stored before an instant."""
    _, files = default_storage.listdir(shard)
    names = {f"{shard}/{file.removesuffix(_END).removesuffix(_SMALL)}": f"{shard}/{file}" for file in files}
    return [name for name, path in sorted(names.items()) if default_storage.get_modified_time(path) < than]
