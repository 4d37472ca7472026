"""Letters that go by themselves: the rules, switches for them, and who switched what."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console.page import act, page, render
from counterflow.console.stories import who_words
from counterflow.desk.commands.switch_letters import SwitchLetter, switch_letters
from counterflow.desk.letter_rules import OCCASIONS, LetterRule, Occasion, letter_rules, letter_switches
from counterflow.desk.letters import letters

KINDS = (("own_shop", "Own shop"), ("store", "Store"), ("b2b", "Business customers"), ("marketplace", "Marketplace"))


@dataclass(frozen=True)
class Cell:
    """One rule on the page; no `rule` where it was never switched, which is off."""

    kind: str
    kind_words: str
    rule: LetterRule | None

    @property
    def active(self) -> bool:
        """Whether the letter goes."""
        return self.rule is not None and self.rule.active


@dataclass(frozen=True)
class Turn:
    """A switch in the history, in words."""

    switch: LetterRule
    occasion: str
    kind: str
    who: str


@page("desk.rules")
def rules(request: HttpRequest) -> HttpResponseBase:
    """The rules, and their history."""
    now = {(rule.occasion, rule.channel_kind): rule for rule in letter_rules()}
    switches = letter_switches()
    users = access.names_of({switch.switched_by for switch in switches})
    known = letters("en")
    values = {
        "kinds": KINDS,
        "rows": [
            (occasion, known[code].name, [Cell(kind, words, now.get((code, kind))) for kind, words in KINDS])
            for code, occasion in OCCASIONS.items()
        ],
        "installed": bool(now),
        "turns": [_turn(switch, users) for switch in switches],
    }
    return render(request, "console/desk/letter_rules.html", values)


def _turn(switch: LetterRule, users: dict[str, str]) -> Turn:
    nameless = Occasion(switch.occasion, switch.occasion, ())
    return Turn(
        switch,
        OCCASIONS.get(switch.occasion, nameless).name,
        dict(KINDS).get(switch.channel_kind, switch.channel_kind),
        who_words(switch.switched_by, users),
    )


@page("desk.rules")
@require_POST
def switch(request: HttpRequest) -> HttpResponseBase:
    """Switch a rule on or off."""
    given = request.POST
    active = given.get("active") == "1"
    item = SwitchLetter(given.get("occasion", ""), given.get("kind", ""), active)
    words = "The letter goes by itself from now on." if active else "The letter no longer goes by itself."
    act(request, words, lambda ctx: switch_letters(ctx, items=[item]))
    return redirect("letter_rules")
