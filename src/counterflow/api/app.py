"""The API as a Django URL tree: `/api/v1/`, its OpenAPI document and its reference page."""

from ninja import NinjaAPI, Router

from counterflow.api import policies, problems, reading, scans
from counterflow.api.acts import ACTS
from counterflow.api.asks import READS
from counterflow.api.callers import Token
from counterflow.api.endpoints import add

api = NinjaAPI(
    title="Counterflow",
    version="1",
    description=(
        "Returns as a system of record. Send `Authorization: Bearer <token>`; every POST needs an `Idempotency-Key`."
        " Money is in integer minor units of the currency beside it; instants carry a zone."
    ),
    auth=Token(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api-1",
)
problems.install(api)
acts = Router()
for act in ACTS:
    add(acts, act)
for read in READS:
    reading.add(acts, read)
api.add_router("", acts)
api.add_router("", scans.router)
api.add_router("", policies.router)
