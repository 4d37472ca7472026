"""The addresses of master data: the same pages for every kind, each for those who hold the kind's permission."""

from django.urls import URLPattern, path

from counterflow.console.master.kinds import Kind
from counterflow.console.master.register import KINDS
from counterflow.console.views import calendars, mappings, master, master_files, master_history


def _of(kind: Kind) -> list[URLPattern]:
    name, at = f"master_{kind.name}", f"master/{kind.name}"
    found = [
        path(f"{at}/import", master_files.upload(kind), name=f"{name}_import"),
        path(f"{at}/import/sample.csv", master_files.sample(kind), name=f"{name}_sample"),
        path(f"{at}/import/<int:intake_id>", master_files.one(kind), name=f"{name}_intake"),
        path(f"{at}/import/<int:intake_id>/refused.csv", master_files.report(kind), name=f"{name}_report"),
    ]
    if "list" not in kind.pages:
        listed = mappings.mappings if kind.name == "mappings" else master.records(kind)
        shown = calendars.calendar if kind.name == "calendars" else master.record(kind)
        found += [
            path(at, listed, name=name),
            path(f"{at}/new", master.new(kind), name=f"{name}_new"),
            path(f"{at}/one/<path:code>", shown, name=f"{name}_one"),
        ]
    return found


ADDRESSES: list[URLPattern] = [
    path("master", master.overview, name="master"),
    path("master/changes", master_history.changes, name="master_changes"),
    path("users/roles", master_history.roles, name="roles"),
    *(address for kind in KINDS.values() for address in _of(kind)),
]
NAMES: tuple[str, ...] = tuple(str(address.name) for address in ADDRESSES if address.name not in ("master", "roles"))
"""Addresses inside master data, which light its link."""
