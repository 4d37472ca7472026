"""Failures as problem details (RFC 9457): one file maps every error to a status and a body."""

import logging
from typing import Any
from uuid import uuid4

import orjson
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from counterflow.kernel.commands import Refused, kind_of
from counterflow.kernel.db import json_default
from counterflow.kernel.errors import DomainError, PermissionDenied

log = logging.getLogger(__name__)
AGAIN = "Send the call again under the same key: it has its effect once."
STATUS = {"not_found": 404, "invalid": 422, "refusal": 409, "conflict": 409}


class ProblemError(Exception):
    """A failure of the call itself, before any command."""

    def __init__(self, status: int, code: str, detail: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.facts = status, code, detail, facts or {}


def problem(status: int, code: str, detail: str, facts: dict[str, Any] | None = None) -> HttpResponse:
    """A problem+json response: `code` for programs, `detail` for people, `facts` for both."""
    body = {
        "type": f"urn:counterflow:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "facts": facts or {},
    }
    return HttpResponse(
        orjson.dumps(body, default=json_default), status=status, content_type="application/problem+json"
    )


def of_refused(refused: Refused) -> HttpResponse:
    """The response for a single item that was refused; its command has committed."""
    return problem(STATUS[refused.kind], refused.code, refused.message, refused.facts)


def no_such_address(request: HttpRequest) -> HttpResponse:
    """The response where the API has nothing under this address."""
    return problem(404, "address_unknown", f"There is nothing at {request.path[:200]}; /api/docs lists what there is.")


def fault(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The response to what nobody foresaw: its number stands in the log beside what happened."""
    number = uuid4().hex[:12]
    log.error("fault %s at %s %s", number, request.method, request.path, exc_info=error)  # type: ignore[arg-type]
    if isinstance(error, (OperationalError, InterfaceError)):
        response = problem(503, "database_unreachable", f"The database does not answer. {AGAIN}", {"fault": number})
        response["Retry-After"] = "5"
        return response
    return problem(
        500, "fault", f"Something broke here, and fault {number} is its name in the log. {AGAIN}", {"fault": number}
    )


def install(api: NinjaAPI) -> None:
    """Register a handler for each family of failures."""

    def domain(request: HttpRequest, error: DomainError | type[DomainError]) -> HttpResponse:
        assert isinstance(error, DomainError)  # noqa: S101 - ninja's own signature is wider
        status = 403 if isinstance(error, PermissionDenied) else STATUS[kind_of(error)]
        return problem(status, error.code, error.message, error.facts)

    def call(request: HttpRequest, error: ProblemError | type[ProblemError]) -> HttpResponse:
        assert isinstance(error, ProblemError)  # noqa: S101
        return problem(error.status, error.code, error.detail, error.facts)

    def shape(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
        assert isinstance(error, ValidationError)  # noqa: S101
        places = [
            {"where": ".".join(str(part) for part in e["loc"][2:]) or "body", "what": str(e["msg"])[:300]}
            for e in error.errors[:50]
        ]
        detail = "; ".join(f"{p['where']}: {p['what']}" for p in places[:5])
        return problem(422, "body_invalid", detail, {"errors": places, "count": len(error.errors)})

    def http(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
        assert isinstance(error, HttpError)  # noqa: S101
        return problem(error.status_code, "call_invalid", error.message)

    def nobody(request: HttpRequest, error: AuthenticationError | type[AuthenticationError]) -> HttpResponse:
        detail = "Send a token that is in force: Authorization: Bearer <token>."
        response = problem(401, "not_authenticated", detail)
        response["WWW-Authenticate"] = "Bearer"
        return response

    api.add_exception_handler(DomainError, domain)
    api.add_exception_handler(ProblemError, call)
    api.add_exception_handler(ValidationError, shape)
    api.add_exception_handler(HttpError, http)
    api.add_exception_handler(AuthenticationError, nobody)
    api.add_exception_handler(Exception, fault)
