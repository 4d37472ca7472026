"""`verify` finds a decision or a version that was changed behind the application's back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from counterflow.config.cli_verify import verify
from counterflow.kernel.errors import InvariantBroken
from counterflow.policies import queries
from counterflow.policies.laws import LAWS
from policies.test_kinds import GOOD

pytestmark = pytest.mark.usefixtures("installed")
AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def decided(ctx: Callable[..., Any], facts: Callable[..., Any]) -> None:
    """Two decisions, the first of which somebody set aside, and two scores on record."""
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.policies.commands import Override, decision_rows, record_decisions
    from counterflow.policies.commands.record_overrides import About, override_row, record_overrides

    @command(needs="returns.open")
    def decide(inner: Any) -> Batch:
        answers = queries.decide("refund", [facts("refund"), facts("refund", channel_kind="b2b")], at=AT)
        rows = decision_rows(inner, zip([1, 2], answers, strict=True), {1: Override({"milestone": "x"}, "goodwill")})
        record_decisions(inner, rows)
        about = About("early_refund", "rma_line", 1, "RMA-1")
        told = override_row(inner, about, decision=rows[0], instead=rows[0]["override"], reason="goodwill")
        record_overrides(inner, [told])
        scored = [GOOD, {**GOOD, "serial_mismatches": 2, "empty_boxes": 2}]
        scores = queries.add_up("fraud", scored, at=AT)
        record_decisions(inner, decision_rows(inner, zip([3, 4], scores, strict=True)))
        return Batch([Done("x")])

    decide(ctx())


def _broken() -> dict[str, int]:
    """Breaches by law, as verify counts them."""
    return {verdict.law: verdict.breaches for verdict in verify(LAWS) if verdict.breaches}


@pytest.fixture
def tamper(owner: psycopg.Connection) -> Callable[[str], None]:
    """Change rows the way only an owner can, past the triggers."""

    def run(statement: str) -> None:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement)

    return run


def test_what_was_decided_by_the_book_breaks_nothing(decided: None) -> None:
    assert _broken() == {}
    # No version decides silently here, and none was led into force by people, so those laws have nothing to count.
    idle = {"policies.shadows_count_what_differs", "policies.two_people_stand_behind_a_version"}
    assert {verdict.law for verdict in verify(LAWS) if not verdict.counted} <= idle


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_decision SET outcome = jsonb_set(outcome, '{restocking_fee_bp}', '0') WHERE row_id = 'b2b'",
        "UPDATE policies_decision SET row_id = 'standard' WHERE row_id = 'b2b'",
        "UPDATE policies_decision SET kind = 'disposition' WHERE row_id = 'b2b'",
    ],
)
def test_a_changed_decision_is_found(decided: None, tamper: Callable[[str], None], statement: str) -> None:
    before = _broken().get("policies.decisions_quote_their_table", 0)
    tamper(statement)
    assert _broken()["policies.decisions_quote_their_table"] > before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_decision SET outcome = jsonb_set(outcome, '{points}', '7') WHERE subject_id = 3",
        "UPDATE policies_decision SET outcome = jsonb_set(outcome, '{rows,0,points}', '1') WHERE subject_id = 4",
        "UPDATE policies_decision SET row_id = 'serial' WHERE subject_id = 4",
        "UPDATE policies_decision SET version_id = 1 WHERE subject_id = 3",
    ],
)
def test_a_changed_score_is_found(decided: None, tamper: Callable[[str], None], statement: str) -> None:
    before = _broken().get("policies.scores_add_up", 0)
    tamper(statement)
    assert _broken()["policies.scores_add_up"] > before


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        ("DELETE FROM policies_overriderecord", "policies.overrides_set_decisions_aside"),
        ("UPDATE policies_decisiondelta SET decided = decided + 1", "policies.day_sums_are_decisions"),
        ("UPDATE policies_overriderecord SET reason = 'other'", "policies.overrides_set_decisions_aside"),
        ("UPDATE policies_overriderecord SET \"by\" = 'user:2'", "policies.overrides_set_decisions_aside"),
    ],
)
def test_a_changed_sum_or_override_is_found(
    decided: None, tamper: Callable[[str], None], statement: str, law: str
) -> None:
    before = _broken().get(law, 0)
    tamper(statement)
    assert _broken()[law] > before


@pytest.mark.parametrize(
    ("steps", "breaches"),
    [
        ((("draft", "user:7"), ("submit", "user:7"), ("approve", "user:8"), ("activate", "user:7")), 0),
        ((("draft", "user:7"), ("submit", "user:8"), ("approve", "user:8"), ("activate", "user:7")), 1),
        ((("draft", "user:7"), ("submit", "user:7"), ("approve", "token:5"), ("activate", "user:7")), 1),
        ((("draft", "token:5"), ("submit", "user:8"), ("approve", "user:7"), ("activate", "user:7")), 1),
        ((("draft", "user:7"), ("submit", "user:7"), ("activate", "user:8")), 1),
    ],
)
def test_a_version_that_one_person_led_into_force_is_found(
    tamper: Callable[[str], None], steps: tuple[tuple[str, str], ...], breaches: int
) -> None:
    """Token 5 is one of user 7, so what it does user 7 does."""
    tamper(
        "INSERT INTO access_apitoken (id, user_id, name, prefix, digest, scopes, created_at, created_by)"
        " VALUES (5, 7, 'Program', 'prefix', '', '{x}', now(), '') ON CONFLICT DO NOTHING"
    )
    tamper("DELETE FROM policies_policystep")
    for n, (action, actor) in enumerate(steps, start=1):
        tamper(
            "INSERT INTO policies_policystep (id, version_id, action, revision, digest, reason, actor, at, command_id)"
            f" SELECT {n}, id, '{action}', 1, digest, '', '{actor}', now(), 0 FROM policies_policyversion"
            " WHERE kind = 'refund' AND version = 1"
        )
    assert _broken().get("policies.two_people_stand_behind_a_version", 0) == breaches
    tamper("DELETE FROM policies_policystep")
    tamper("DELETE FROM access_apitoken WHERE id = 5")


def test_two_versions_in_force_at_once_are_found(tamper: Callable[[str], None]) -> None:
    tamper(
        "INSERT INTO policies_policyversion (kind, version, name, content, digest, state, effective_from, owner_role,"
        " scope, created_at, created_by) SELECT kind, 99, name, content, digest, state, now(), owner_role, scope,"
        " created_at, created_by FROM policies_policyversion WHERE kind = 'disposition'"
    )
    assert _broken()["policies.one_table_answers"] == 1


def test_a_table_that_was_changed_does_not_decide(tamper: Callable[[str], None], facts: Callable[..., Any]) -> None:
    tamper("UPDATE policies_policyversion SET content = jsonb_set(content, '{rows,0,when}', '{}')")
    queries.forget()
    with pytest.raises(InvariantBroken, match="digest"):
        queries.decide("refund", [facts("refund")], at=AT)
