"""Reason codes, and what partners' words mean, as master data."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.catalog import commands, partners, queries
from counterflow.catalog.rules import reason_key
from counterflow.console.listing import Filter
from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import ACTIVE, Key, Kind, flag

MAPPED_KINDS = (("return", "Why a return came"), ("adjustment", "Why stock was adjusted"))
REASON_KINDS = (*MAPPED_KINDS, ("damage", "What is wrong with goods"), ("override", "Why staff differ from a policy"))


def reason_kinds() -> Sequence[tuple[str, str]]:
    """What reason codes are for."""
    return REASON_KINDS


def mapped_kinds() -> Sequence[tuple[str, str]]:
    """What partners have words for."""
    return MAPPED_KINDS


def _find_reasons(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[queries.ReasonRow]:
    return queries.reason_codes(search=search, kind=chosen.get("kind", ""), active=flag(chosen), **more)


def _read_reasons(keys: Sequence[Key]) -> dict[Key, queries.ReasonRow]:
    wanted = set(keys)
    found = [row for kind in sorted({key[0] for key in keys}) for row in queries.reasons(kind=kind)]
    return {(row.kind, row.code): row for row in found if (row.kind, row.code) in wanted}


def _find_mappings(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[partners.MappingRow]:
    return partners.mappings(search=search, kind=chosen.get("kind", ""), source=chosen.get("source", ""), **more)


def _read_mappings(keys: Sequence[Key]) -> dict[Key, partners.MappingRow]:
    normal = {(source, reason_key(text)): (source, text) for source, text in keys}
    return {normal[key]: row for key, row in partners.mappings_of(keys=list(normal)).items()}


_KIND = Filter("kind", "For", REASON_KINDS)
REASONS = Kind(
    name="reasons",
    told="reason",
    one="reason code",
    many="Reason codes",
    about="The company's own words for why goods come back, are adjusted, are damaged, or staff differ from a policy.",
    icon="message-circle",
    view="catalog.view",
    edit="catalog.edit",
    key=("kind", "code"),
    find=_find_reasons,
    read=_read_reasons,
    place=lambda row: str(row.key),
    filters=lambda: (_KIND, ACTIVE),
    record=commands.record_reasons,
    new=commands.NewReason,
    change=commands.change_reasons,
    changed=commands.ChangeReason,
    called=lambda row: str(row.label),
    fields=(
        Field("kind", "For", "choice", required=True, fixed=True, choices=reason_kinds, listed=True, example="return"),
        Field(
            "code",
            "Code",
            "code",
            "Policies name it. It never changes.",
            required=True,
            fixed=True,
            listed=True,
            most=64,
            also=("reason", "reason code"),
            example="too_small",
        ),
        Field("label", "What people read", required=True, listed=True, sort="label", also=("label", "name", "text")),
        Field(
            "needs_note",
            "Wants a note",
            "yes_no",
            "Whoever gives it has to say more, where an act takes a note: so far where staff differ from a policy.",
            default="no",
        ),
        Field("active", "In use", "yes_no", default="yes", listed=True, badge="use"),
    ),
)
MAPPINGS = Kind(
    name="mappings",
    told="mapping",
    one="mapping",
    many="Channel mappings",
    about="What partners' words for a reason mean here. A word that nobody mapped waits for a person.",
    icon="arrows-exchange",
    view="catalog.view",
    edit="catalog.edit",
    key=("source", "text"),
    find=_find_mappings,
    read=_read_mappings,
    place=lambda row: str(row.key),
    filters=lambda: (Filter("kind", "For", MAPPED_KINDS),),
    search_label="Word or code",
    record=commands.map_reasons,
    new=commands.MapReason,
    called=lambda row: str(row.label),
    rejected={"reason_unknown": "code"},
    fields=(
        Field(
            "source",
            "Who says it",
            "code",
            "A channel's code, or stock-adjustment.",
            required=True,
            fixed=True,
            listed=True,
            most=80,
            also=("channel", "partner"),
            example="own_shop",
        ),
        Field(
            "text",
            "Their word",
            required=True,
            fixed=True,
            listed=True,
            sort="text",
            help="Case, punctuation and blanks do not matter.",
            also=("word", "their reason"),
            example="Too small",
        ),
        Field("kind", "For", "choice", required=True, choices=mapped_kinds, listed=True, example="return"),
        Field(
            "code",
            "Our code",
            "code",
            required=True,
            listed=True,
            sort="code",
            most=64,
            affects="Returns opened from now on take the new meaning; those opened before keep theirs.",
            also=("reason", "reason code", "meaning"),
            example="too_small",
        ),
    ),
)
