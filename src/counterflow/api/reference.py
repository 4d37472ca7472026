"""The API's reference as a page: made from the OpenAPI document, without scripts and without a network."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from counterflow.api.app import api
from counterflow.api.prose import marked, paragraphs

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Field:
    """One field of a body or one parameter."""

    name: str
    kind: str
    required: bool
    default: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: SafeString
    text: list[SafeString]
    fields: list[Field]
    bulk: bool

    @property
    def verb(self) -> str:
        """The method as the style sheet calls it."""
        return self.method.lower()

    @property
    def short(self) -> str:
        """The path without what all paths begin with, for the index."""
        return self.path.removeprefix(PREFIX)


def reference(request: HttpRequest) -> HttpResponse:
    """Every operation by room, with its fields; needs no sign-in, because it says nothing about the company."""
    document = api.get_openapi_schema(path_prefix=f"{PREFIX}/")
    schemas = document.get("components", {}).get("schemas", {})
    rooms: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.endswith("/bulk"):
                room = (operation.get("tags") or ["other"])[0]
                bulk = f"{path}/bulk" in document["paths"] and method == "post"
                rooms.setdefault(room, []).append(_operation(path, method, operation, schemas, bulk=bulk))
    page = {
        "rooms": sorted(rooms.items()),
        "count": sum(map(len, rooms.values())),
        "version": document["info"]["version"],
        "openapi": document["openapi"],
    }
    return render(request, "api/reference.html", page)


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any], *, bulk: bool) -> Operation:
    fields = [
        Field(p["name"], _kind(p["schema"]), bool(p.get("required")), _default(p["schema"]))
        for p in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        fields += _body(body, schemas, "")
    summary = " ".join(paragraphs(operation.get("summary", "")))
    text = [marked(part) for part in paragraphs(operation.get("description") or "")[1:]]
    name = operation["operationId"]
    return Operation(name, method.upper(), path, marked(summary), text, fields, bulk)


def _body(schema: dict[str, Any], schemas: dict[str, Any], prefix: str) -> list[Field]:
    """The fields of a body, those of nested records behind the name of their list."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    found = []
    for name, part in schema.get("properties", {}).items():
        required = name in schema.get("required", [])
        found.append(Field(prefix + name, _kind(part), required, _default(part)))
        inner = part.get("items", part)
        if "$ref" in inner:
            found += _body(inner, schemas, f"{prefix}{name}[].")
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return "record"
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def _default(schema: dict[str, Any]) -> str:
    return "" if schema.get("default") in (None, "", [], ()) else str(schema["default"])
