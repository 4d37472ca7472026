"""What changed of the rules in a period: steps of policies, roles, letters, inspection plans, and master data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from counterflow.kernel import db
from counterflow.policies.overrides import instants
from counterflow.registry.queries import KINDS

COUNTED_MAX: Final = 1_000
SORTS: Final = ("policy", "role", "letter", "plan")


@dataclass(frozen=True)
class Changed:
    """One change: what sort, of what (a policy as kind/version, a user's address, a letter, a plan), how, and by whom.

    `old` and `new` are roles before and after, or how a letter was and is switched.
    """

    sort: str
    at: datetime
    what: str
    how: str
    old: str
    new: str
    by: str


@dataclass(frozen=True)
class MasterChanges:
    """How many fields of a kind of master data changed; `count` stops at `COUNTED_MAX`."""

    kind: str
    count: int


_CHANGES = """
SELECT * FROM (
    (SELECT 'policy' AS sort, s.at, v.kind || '/' || v.version AS what, s.action AS how, '' AS old, s.reason AS new,
            s.actor AS by
     FROM policies_policystep s JOIN policies_policyversion v ON v.id = s.version_id
     WHERE s.at >= %(since)s AND s.at < %(until)s ORDER BY s.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'role', c.at, coalesce(u.email, c.code), 'roles', c.old, c.new, c.by
     FROM registry_change c LEFT JOIN access_user u ON u.id = c.record_id
     WHERE c.kind = 'user' AND c.field = 'roles' AND c.at >= %(since)s AND c.at < %(until)s
     ORDER BY c.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'letter', l.switched_at, l.occasion || ' in ' || l.channel_kind, 'switched', '',
            CASE WHEN l.active THEN 'on' ELSE 'off' END, l.switched_by
     FROM desk_letterrule l WHERE l.switched_at >= %(since)s AND l.switched_at < %(until)s
     ORDER BY l.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT 'plan', p.created_at, p.code, 'published', '', p.version::text, p.created_by
     FROM receiving_plan p WHERE p.created_at >= %(since)s AND p.created_at < %(until)s
     ORDER BY p.id DESC LIMIT %(limit)s)
) changed
WHERE (%(sort)s = '' OR sort = %(sort)s) ORDER BY at DESC, what, how LIMIT %(limit)s
"""
_MASTER = """
SELECT k.kind, (SELECT count(*) FROM (
    SELECT 1 FROM registry_change c WHERE c.kind = k.kind AND c.at >= %(since)s AND c.at < %(until)s
    LIMIT %(most)s) few)::int AS count
FROM unnest(%(kinds)s::text[]) AS k(kind)
"""


def changed(*, since: date, until: date, sort: str = "", limit: int = 50) -> list[Changed]:
    """Changes of the rules in a period of days, the newest first; `until` is the day after it. One statement."""
    first, last = instants(since, until)
    asked = {"since": first, "until": last, "sort": sort, "limit": limit}
    return [Changed(*row) for row in db.rows(_CHANGES, asked)]


def master_changes(*, since: date, until: date, kinds: Sequence[str] = KINDS) -> list[MasterChanges]:
    """How much of each kind of master data changed in a period; kinds of which something did. One statement."""
    first, last = instants(since, until)
    asked = {"since": first, "until": last, "kinds": list(kinds), "most": COUNTED_MAX}
    return [MasterChanges(*row) for row in db.rows(_MASTER, asked) if row.count]
