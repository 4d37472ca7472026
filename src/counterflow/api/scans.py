"""What scanned strings say and name: a question with a body, because a call may carry a thousand of them.

It writes nothing and needs no Idempotency-Key; what a scan says may be about a person, so it stands in no address.
"""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from counterflow.api.callers import reading
from counterflow.api.endpoints import answer
from counterflow.api.shapes import Strict
from counterflow.kernel import clock
from counterflow.receiving import plates
from counterflow.receiving.resolving import Resolved, resolve
from counterflow.scans.reading import read

SCANS_MAX = 1_000
router = Router()


class Scans(Strict):
    """Strings as scanners or people gave them, with their separators (U+001D) and symbology identifiers."""

    scans: Annotated[list[Annotated[str, Field(max_length=2_000)]], Field(min_length=1, max_length=SCANS_MAX)]


@router.post("/scans", tags=["receiving"], operation_id="read_scans", summary="Read scanned strings")
def read_scans(request: HttpRequest, body: Scans) -> HttpResponse:
    """Everything each string may mean, the best proved first, with its evidence; the rules that it breaks; and what
    the books hold under it. Two sound readings that differ make a string `ambiguous`: nothing is guessed."""
    reading(request, "receiving.view")
    today = clock.now().date()
    found = resolve(scans=[read(text, today=today, prefix=plates.prefix()) for text in body.scans])
    return answer({"items": [_shown(each) for each in found], "next": None})


def _shown(found: Resolved) -> dict[str, Any]:
    scan = found.scan
    return {
        "scan": scan.given,
        "text": scan.text,
        "symbology": scan.symbology,
        "understood": scan.understood,
        "ambiguous": scan.ambiguous,
        "reason": scan.reason,
        "mend": scan.mend,
        "readings": [asdict(each) for each in scan.readings],
        "objections": [asdict(each) for each in scan.objections],
        "matches": [asdict(each) for each in found.matches],
    }
