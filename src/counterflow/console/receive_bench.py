"""The receive station's memory between two scans."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from counterflow.kernel.found import id_of

QUANTITY_MAX = 999


@dataclass(frozen=True)
class Bench:
    """What is in hand. It travels with every scan, so a station forgets nothing and the server keeps nothing.

    `parcel` and `rma` are the job; `unknown` is a tracking number that nobody announced. `plate` is the next
    licence plate. `pending` is an item that waits for a word (`mode`: serial, over, wrong, blind) and `serial`,
    `lot` are what its scan told. `damaged` marks the next piece. `last` is what undoing would take back.
    """

    parcel: str = ""
    rma: str = ""
    unknown: str = ""
    plate: str = ""
    quantity: int = 1
    mode: str = ""
    pending: str = ""
    serial: str = ""
    lot: str = ""
    search: str = ""
    damaged: str = ""
    last: str = ""
    label: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Bench":
        """A bench from a form or an address; what is no value of a field is dropped."""
        told = {name: given.get(name, "").strip()[:120] for name in (f.name for f in fields(cls)) if name != "quantity"}
        amount = given.get("quantity", "")
        parcel = told.pop("parcel")
        count = int(amount) if amount.isascii() and amount.isdigit() and 0 < len(amount) <= 3 else 1
        return cls(parcel="" if id_of(parcel) is None else parcel, quantity=max(1, count), **told)

    @property
    def parcel_id(self) -> int | None:
        """The parcel at hand."""
        return int(self.parcel) if self.parcel else None

    @property
    def open(self) -> bool:
        """Whether a parcel or a return is at hand."""
        return bool(self.parcel or self.rma)

    @property
    def carried(self) -> dict[str, str]:
        """What the page carries to the next scan."""
        return {f.name: str(getattr(self, f.name)) for f in fields(self) if f.name != "label"}

    def cleared(self) -> "Bench":
        """The bench with its job put away; what can be undone stays."""
        return Bench(plate=self.plate, last=self.last)

    def settled(self) -> "Bench":
        """The bench after a piece: nothing pending, the next one single and whole."""
        mode = self.mode if self.mode == "blind" else ""
        return replace(self, quantity=1, mode=mode, pending="", serial="", lot="", search="", damaged="")
