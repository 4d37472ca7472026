"""Icons, badges, amounts and moments in templates."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from counterflow.console.badges import badge as badge_of
from counterflow.console.cells import Cell, money_text
from counterflow.console.listing import Heading
from counterflow.console.page import Staff
from counterflow.console.stories import damage_words
from counterflow.ledger.chart import GL_ACCOUNTS

register = template.Library()
# Escaping is most of what drawing a list costs; words of our own need none.
_NOTHING = SafeString("")


@register.simple_tag
@lru_cache(maxsize=1_000)
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite; it says nothing to a screen reader, the words beside it do. A page draws fifty of few."""
    sheet = static("built/icons.svg")
    classes = f"icon {extra}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, sheet, name)


@register.simple_tag
def badge(kind: str, state: str) -> SafeString:
    """A state with its word and tone."""
    shown = badge_of(kind, state)
    return format_html('<span class="state state-{}">{}</span>', shown.tone, shown.label)


@register.simple_tag
def draw(cell: Cell) -> SafeString:
    """A value of a row: how it looks, what it leads to, and the box that selects its row.

    Drawn here and not in a template, because a list has hundreds of them.
    """
    classes = "".join(
        f" {name}"
        for name, on in (
            ("mono", cell.mono),
            ("code-word", cell.code),
            ("num", cell.kind == "number"),
            ("quiet", cell.quiet),
        )
        if on
    )
    title = format_html(' title="{}"', cell.note) if cell.note else _NOTHING
    parts = (_pick(cell), _content(cell), _flask() if cell.simulated else _NOTHING)
    return format_html('<span class="cell{}"{}>{}{}{}</span>', SafeString(classes), title, *parts)


@register.simple_tag
def draw_row(row: Sequence[tuple[Heading, Cell]]) -> SafeString:
    """The cells of a row of a list, each with the heading that a phone shows beside it."""
    parts = []
    for n, (heading, cell) in enumerate(row):
        classes = ("end" if heading.end else "") + (" key" if n == 0 else "") + (" blank" if cell.blank else "")
        parts.append((heading.label, SafeString(classes), draw(cell)))
    return format_html_join("", '<td data-label="{}" class="{}">{}</td>', parts)


def _flask() -> SafeString:
    """The mark of what was made by a rule."""
    return format_html(
        ' <span class="flask" title="Simulated">{}<span class="visually-hidden">Simulated</span></span>',
        icon("flask", "icon-small"),
    )


def _content(cell: Cell) -> SafeString | str:
    if cell.kind == "instant":
        return moment(cell.at)
    if cell.kind == "date" and cell.at:
        return moment_day(cell.at)
    if cell.kind == "badge":
        return format_html('<span class="state state-{}">{}</span>', cell.tone, cell.text)
    if cell.kind == "tags":
        return format_html_join(" ", '<span class="tag">{}</span>', ((tag,) for tag in cell.tags))
    if cell.href:
        return format_html('<a href="{}">{}</a>', cell.href, cell.text)
    return cell.text or "\u2013"


def _pick(cell: Cell) -> SafeString:
    if not cell.pick:
        return _NOTHING
    return format_html(
        '<input class="form-check-input picks" type="checkbox" name="ids" value="{}" form="chosen"'
        ' aria-label="Select {}, {}">',
        cell.pick,
        cell.text,
        cell.pick,
    )


@register.simple_tag
def money(minor: int | None, currency: str) -> str:
    """An amount as people write it; a dash where there is none."""
    return "\u2013" if minor is None else money_text(minor, currency)


@register.simple_tag
def moment_day(at: datetime) -> SafeString:
    """The day of a moment in the reader's zone; the moment itself on hovering."""
    local = timezone.localtime(at)
    words = (at.isoformat(), f"{local:%Y-%m-%d %H:%M %Z}", local.day, f"{local:%b %Y}")
    return format_html('<time class="nowrap" datetime="{}" title="{}">{} {}</time>', *words)


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """A moment in the reader's zone; UTC on hovering."""
    if at is None:
        return "\u2013"
    local = timezone.localtime(at)
    shown = f"{local.day} {local:%b %Y, %H:%M}"
    utc = f"{at.astimezone(timezone.get_fixed_timezone(0)):%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time class="nowrap" datetime="{}" title="{}">{}</time>', at.isoformat(), utc, shown)


@register.simple_tag
def transport_key() -> SafeString:
    """The key that lets a form take effect once, however often it is sent."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid4().hex)


@register.simple_tag(takes_context=True)
def scanning(context: dict[str, Any]) -> str:
    """Mark the page as one that may load the barcode reader; draws nothing."""
    request = context.get("request")
    if request is not None:
        request.scanning = True
    return ""


@register.filter
def count(value: int | None) -> str:
    """A count with thousands apart."""
    return "\u2013" if value is None else f"{value:,}".replace("-", "\u2212")


@register.filter
def initial(name: str) -> str:
    """The first letter of a name."""
    return name[:1].upper()


@register.filter
def chosen_in(name: str, chosen: dict[str, Any]) -> str:
    """What is chosen in a filter."""
    return str(chosen.get(name, ""))


@register.simple_tag
def day(value: date) -> str:
    """A calendar day."""
    return f"{value.day} {value:%b %Y}"


@register.filter
def of(key: int, names: dict[int, str]) -> str:
    """A name by its key; a dash where there is none."""
    return names.get(key, "\u2013")


@register.filter
def ended(text: str) -> str:
    """A text that another sentence may follow."""
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


@register.filter
def damage(code: str) -> str:
    """A damage code in words; nothing for the code of no damage."""
    return damage_words(code)


@register.filter
def turned(value: int) -> int:
    """The amount with its sign turned: what a credit is called in its own column."""
    return -value


@register.filter
def may(who: Staff | None, permission: str) -> bool:
    """Whether somebody holds a permission."""
    return who is not None and who.may(permission)


@register.filter
def words(code: str) -> str:
    """A code as words."""
    return code.replace("_", " ")


@register.filter
def account(code: str) -> str:
    """The name of a general ledger account; of another, its code."""
    return GL_ACCOUNTS[code][1] if code in GL_ACCOUNTS else code
