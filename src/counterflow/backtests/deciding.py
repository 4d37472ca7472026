"""The draft beside the versions it would have stood among: which of them answers a record, and what it says."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.backtests.projection import Decider
from counterflow.backtests.stories import Heard, Said, Story
from counterflow.policies.queries import Version


class Draft:
    """A version under test, in force from the start beside the versions of its kind that decided in the past.

    It answers for facts in its scope, unless a narrower version did; those answer as they did, and again where
    the facts are others than they were.
    """

    def __init__(self, version: Version, past: Mapping[int, Version]) -> None:
        self.version = version
        self.kind = version.kind
        self._past = past
        self._mine = Decider(version.prepared)
        self._others: dict[int, Decider] = {}
        self._answers = {row.id: Heard(version.id, row.id, row.then) for row in version.prepared.table.rows}

    def learn(self, stories: Sequence[Story]) -> None:
        """Ask the engine about what a chunk holds, all at once."""
        mine = [said for said in self._said(stories) if self._is_mine(said, said.facts)]
        for said, row in zip(mine, self._mine.rows([said.facts for said in mine]), strict=True):
            said.anew = self._answers[row.id]

    def _said(self, stories: Sequence[Story]) -> list[Said]:
        lines = [line for story in stories for request in story.requests for line in request.lines]
        if self.kind == "disposition":
            return [sent.said for line in lines for sent in line.sent]
        return [line.refund if self.kind == "refund" else line.eligibility for line in lines]

    def answer(self, said: Said, facts: Mapping[str, Any]) -> Heard:
        """What is said to facts in place of a decision on record."""
        if said.anew is not None and facts is said.facts:
            return said.anew
        if self._is_mine(said, facts):
            return self._answers[self._mine.row(facts).id]
        if facts is said.facts:
            return said
        other = self._others.get(said.version_id)
        if other is None:
            other = self._others[said.version_id] = Decider(self._past[said.version_id].prepared)
        row = other.row(facts)
        return Heard(said.version_id, row.id, row.then)

    def row_of(self, one: Heard) -> str:
        """The draft's row that answered; empty where what was on record stands."""
        return one.row_id if one.version_id == self.version.id else ""

    def _is_mine(self, said: Said, facts: Mapping[str, Any]) -> bool:
        past = self._past.get(said.version_id)
        narrower = past is not None and len(past.scope) > len(self.version.scope)
        return not narrower and self.version.answers_for(facts)
