"""Let versions decide silently no longer; what they came to stays on record."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.policies.models import Shadow
from counterflow.policies.queries import forget
from counterflow.policies.queries_shadows import ShadowUnknown


@dataclass(frozen=True)
class EndShadow:
    """A shadow that shall end."""

    shadow_id: int


@command(needs="policies.test")
def end_shadows(ctx: Context, *, items: Sequence[EndShadow]) -> Batch:
    """End each shadow now. One that is ended is a replay. Refuses `ShadowUnknown`. Three SQL statements at most."""
    db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    ids = sorted({item.shadow_id for item in items})
    known = {
        row.id: row.ended_at
        for row in db.rows("SELECT id, ended_at FROM policies_shadow WHERE id = ANY(%s::bigint[]) ORDER BY id", [ids])
    }
    ended: dict[int, dict[str, object]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            if item.shadow_id not in known:
                raise ShadowUnknown(shadow_id=item.shadow_id)
            replayed = known[item.shadow_id] is not None or item.shadow_id in ended
            if not replayed:
                ended[item.shadow_id] = {"id": item.shadow_id, "ended_at": ctx.at, "ended_by": ctx.actor}
            results.append(Done(str(item.shadow_id), replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(str(item.shadow_id), error))
    db.update(Shadow, [row for _, row in sorted(ended.items())])
    forget()
    return Batch(results)
