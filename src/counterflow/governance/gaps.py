"""What nobody could do: roles that nobody holds, with what waits for them, and approvals that hang on one person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.queries import people_by_role
from counterflow.access.roles import ROLES
from counterflow.governance.owners import in_force, role_name
from counterflow.policies.facts import Kind
from counterflow.policies.queries import Version
from counterflow.workqueue.kinds import KINDS

Held = Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class Gap:
    """Something to see to: what sort, what it is about, and what that means in words."""

    sort: str
    about: str
    text: str


def gaps(*, at: datetime) -> list[Gap]:
    """What nobody, or only one person, could do now. Two statements."""
    held, versions = people_by_role(), in_force(at)
    return [*_roles(held, versions), *_reviews(held, versions), *_approvals(held, versions)]


def _roles(held: Held, versions: list[Version]) -> Iterator[Gap]:
    """A line for each role that nobody holds, with what waits for it."""
    for code, role in ROLES.items():
        if held.get(code):
            continue
        policies = sorted({version.kind for version in versions if version.owner_role == code})
        queues = list(dict.fromkeys(kind.queue for kind in KINDS.values() if kind.owner_role == code))
        owns = [
            *([f"the policies {', '.join(_words(policies))}"] if policies else []),
            *([f"cases in {', '.join(queues)}"] if queues else []),
        ]
        text = f"Nobody holds the role {role.name}."
        yield Gap("role_unheld", code, f"{text} It owns {' and '.join(owns)}." if owns else text)
    for version in versions:
        if version.owner_role not in ROLES:
            text = f"The policy {version.kind} {version.version} is owned by {version.owner_role}, a role there is not."
            yield Gap("policy_unowned", f"{version.kind}/{version.version}", text)


def _reviews(held: Held, versions: list[Version]) -> Iterator[Gap]:
    """Roles of one person that own policies: to what this person writes, nobody else could agree."""
    owned: dict[str, list[str]] = {}
    for kind, role in dict.fromkeys((version.kind, version.owner_role) for version in versions):
        owned.setdefault(role, []).append(kind)
    for role, kinds in owned.items():
        if role in ROLES and len(held.get(role, ())) == 1:
            text = (
                f"One person alone holds {role_name(role)}, who owns {', '.join(_words(kinds))}: nobody could agree"
                " to a change that this person wrote."
            )
            yield Gap("review_alone", role, text)


def _approvals(held: Held, versions: list[Version]) -> Iterator[Gap]:
    """Rows of approval tables that one person alone could serve, or nobody; the same need is said once."""
    anybody = frozenset().union(
        *(held.get(code, frozenset()) for code, role in ROLES.items() if "approvals.decide" in role.permissions)
    )
    needs: dict[tuple[int, str | None, str | None], list[str]] = {}
    for version in versions:
        if version.kind != Kind.APPROVAL:
            continue
        for row in version.table.rows:
            wanted = int(row.then["approvers"])
            if wanted:
                key = (wanted, row.then["role"], row.then["second_role"] if wanted > 1 else None)
                needs.setdefault(key, []).append(row.id)
    for (wanted, first, second), rows in needs.items():
        slots = [held.get(first, frozenset()) if first else anybody]
        slots += [held.get(second, frozenset()) if second else anybody] if wanted > 1 else []
        people = frozenset().union(*slots)
        who = " and ".join(role_name(role) if role else "anybody who may agree" for role in (first, second)[:wanted])
        if len(people) < wanted or not all(slots):
            sort, text = "approval_nobody", f"Nobody could give these approvals, which want {who}"
        elif any(len(slot) == 1 for slot in slots) or len(people) == wanted:
            sort, text = "approval_alone", f"These approvals hang on one person, because they want {who}"
        else:
            continue
        yield Gap(sort, ", ".join(rows), f"{text}: {', '.join(rows)}.")


def _words(codes: list[str]) -> list[str]:
    return [code.replace("_", " ") for code in codes]
