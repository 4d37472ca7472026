"""What comes out: readings with their evidence, and objections with the rule that was broken."""

from dataclasses import dataclass, field
from enum import StrEnum

from counterflow.scans.mending import advice
from counterflow.scans.parts import Element

PROVED = 50
"""From this score on a reading rests on a rule of its own; below, only the books can tell."""


class Kind(StrEnum):
    """What a string names."""

    ITEM = "item"
    PARCEL = "parcel"
    UNIT = "unit"
    RETURN = "return"
    SERIAL = "serial"
    ASSET = "asset"
    PLACE = "place"
    REFERENCE = "reference"
    LINK = "link"
    TEXT = "text"


@dataclass(frozen=True)
class Facts:
    """What a reading tells; empty where it does not. A GTIN has 14 digits, days are ISO days, amounts as printed."""

    gtin: str = ""
    sscc: str = ""
    serial: str = ""
    lot: str = ""
    expiry: str = ""
    best_before: str = ""
    quantity: int | None = None
    carrier: str = ""
    tracking: str = ""
    rma: str = ""
    lpn: str = ""
    part: str = ""
    order: str = ""
    postcode: str = ""
    measures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One meaning. `value` is its normal form, `score` orders readings (100: proved), `evidence` says why."""

    kind: Kind
    value: str
    scheme: str
    score: int
    evidence: tuple[str, ...]
    facts: Facts = Facts()
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True)
class Objection:
    """What a string would have been, and the rule it breaks."""

    scheme: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """A string as it was given, without the noise of its scanner, and all that it may mean, the best proved first."""

    given: str
    text: str
    symbology: str
    readings: tuple[Reading, ...]
    objections: tuple[Objection, ...]

    @property
    def best(self) -> Reading | None:
        """The best proved reading, if any rests on more than the books."""
        return self.readings[0] if self.readings and self.readings[0].score >= PROVED else None

    @property
    def understood(self) -> bool:
        """Whether the string keeps the rules of some scheme."""
        return self.best is not None

    @property
    def ambiguous(self) -> bool:
        """Whether the two best readings are both sound and say different things."""
        sound = [r for r in self.readings if r.score >= PROVED]
        return len(sound) > 1 and (sound[0].kind, sound[0].value, sound[0].facts) != (
            sound[1].kind,
            sound[1].value,
            sound[1].facts,
        )

    @property
    def reason(self) -> str:
        """Why nothing was understood, in one sentence; empty where something was."""
        if self.understood:
            return ""
        if self.objections:
            return "; ".join(f"{each.scheme}: {each.reason}" for each in self.objections)
        return "it is empty" if not self.text else "it follows no scheme we know"

    @property
    def mend(self) -> str:
        """What to do where nothing was understood, in one sentence; empty where something was."""
        return advice(self.reason)

    @property
    def refusal(self) -> str:
        """Reason and mending as sentences for people; empty where something was understood."""
        return f"{self.reason[:1].upper()}{self.reason[1:]}. {self.mend}" if self.reason else ""
