"""Scans that came through the wrong keyboard: undone only where the result is proved, and never without saying so.

A scanner that types sends the keys of one layout, and the computer reads them by another. The rows are the keys of
the layouts as ISO/IEC 9995-3 and the makers' tables print them: each place holds what the same key gives elsewhere.
"""

import re
from collections.abc import Iterator
from typing import Final

_US: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,./-=QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?_+()&*^#1234567890"
_LAYOUTS: Final = {
    "a German keyboard": "qwertzuiopü+asdfghjklöäyxcvbnm,.-ß´QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_?`)=/(&§1234567890",
    "a Russian keyboard": "йцукенгшщзхъфывапролджэячсмитьбю.-=ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,_+()?*:№1234567890",
    # French number keys give signs, and digits with Shift.
    "a French keyboard": "azertyuiop^$qsdfghjklmùwxcvbn,;:!)=AZERTYUIOP¨£QSDFGHJKLM%WXCVBN?./§°+907863&é\"'(-è_çà",
}
# A text of both alphabets was typed by a person: a keyboard changes all of its letters.
_MIXED = re.compile("[A-Za-z].*[а-яё]|[а-яё].*[A-Za-z]", re.IGNORECASE)
_TABLES: Final = {
    cause: {ord(typed): meant for typed, meant in zip(keys, _US, strict=True)} for cause, keys in _LAYOUTS.items()
}
# Signs without which a text cannot have come through a keyboard: plain numbers with dashes would fit the French one.
_SIGNS: Final = {
    "a Russian keyboard": re.compile("[а-яё№]", re.IGNORECASE),
    "a French keyboard": re.compile("[éèçà]"),
}
_ALIKE: Final = str.maketrans("АВСЕНІКМОРТХУавсеікморхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHIKMOPTXYabceikmopxyABEZHIKMNOPTYX")

_LETTERS: Final = str.maketrans("OoIl", "0011")


def undone(text: str) -> Iterator[tuple[str, str]]:
    """What a text was before the keyboard changed it, each with the cause; only those that differ."""
    for cause, table in _TABLES.items():
        if cause not in _SIGNS or (_SIGNS[cause].search(text) and not _MIXED.search(text)):
            yield text.translate(table), f"typed through {cause}: give scanner and computer the same layout"
    yield text.translate(_ALIKE), "it holds letters of another alphabet that look like Latin ones"
    yield text.translate(_LETTERS), "letters O or I stand where digits belong"
    yield text.swapcase(), "Caps Lock was on"
