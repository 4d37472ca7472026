"""Letters to customers: texts as data, a file a language, each with a name, a subject and a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

LANGUAGES = ("en", "de")
_GERMAN = frozenset({"DE", "AT", "CH", "LI"})


@dataclass(frozen=True)
class Letter:
    """One letter. Words in braces stand for what is told of a return."""

    code: str
    name: str
    subject: str
    text: str

    def filled(self, told: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text with what is told; braces in a value stay as they are."""
        return self.subject.format_map(told), self.text.format_map(told)


@cache
def letters(language: str) -> Mapping[str, Letter]:
    """The letters of a language, by code; English where there are none in it."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    stored = orjson.loads((files("counterflow.desk.letters") / f"{known}.json").read_bytes())
    return {code: Letter(code, **said) for code, said in stored.items()}


def language_of(country: str) -> str:
    """The language that customers of a country are written to in."""
    return "de" if country in _GERMAN else LANGUAGES[0]
