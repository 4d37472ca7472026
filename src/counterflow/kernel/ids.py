"""Identifiers: one 63-bit number line for every row of every room.

A single sequence gives each document, line and event its id, so an opaque subject reference in the
journal is unambiguous, children can be written in the same statement as their parents, and rows are
locked in one ascending order everywhere.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Func

SEQUENCE = "kernel_id_seq"
BLOCK_SEQUENCE = "kernel_block_seq"
BLOCK = 2**17
"""So many ids begin at each number of the sequence of blocks, far above what the common one will reach.

For rows that come by the hundred thousand, where asking for each id costs as much as writing an index.
"""

if TYPE_CHECKING:
    _Integer = models.BigIntegerField[int, int]
else:
    _Integer = models.BigIntegerField


class NextId(Func):
    """The database's next id; the default for rows written by set-based SQL."""

    template = f"nextval('{SEQUENCE}'::regclass)"
    output_field = models.BigIntegerField()


class Id(_Integer):
    """A primary key from the common sequence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["primary_key"] = True
        kwargs["editable"] = False
        kwargs["db_default"] = NextId()
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave what the class itself implies out of migrations."""
        name, path, args, kwargs = super().deconstruct()
        for implied in ("primary_key", "editable", "db_default"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs
