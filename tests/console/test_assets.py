"""What pages load is built from this repository: every icon is in the sprite, and no lock names a host."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "src" / "counterflow" / "console"
FRONTEND = ROOT / "frontend"
ICONS = set(json.loads((FRONTEND / "icons.json").read_text()))


def test_every_icon_that_a_page_names_is_in_the_sprite():
    named = set()
    for path in CONSOLE.rglob("*.html"):
        named |= set(re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text()))
        named |= set(re.findall(r'icon_name="([a-z0-9-]+)"', path.read_text()))
    code = "\n".join(path.read_text() for path in CONSOLE.rglob("*.py"))
    assert named - ICONS == set()
    unused = {icon for icon in ICONS - named if f'"{icon}"' not in code}
    assert unused == set()


def test_the_lock_names_no_host():
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    assert not [path for path, package in lock["packages"].items() if "resolved" in package]
    assert "omit-lockfile-registry-resolved=true" in (FRONTEND / ".npmrc").read_text()


def test_every_bundled_package_has_its_licence_told():
    built = (CONSOLE / "static" / "built" / "THIRD_PARTY.txt").read_text()
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            assert f"{path.removeprefix('node_modules/')} {package['version']}" in built


def test_pages_load_nothing_but_what_is_built():
    for path in CONSOLE.rglob("*.html"):
        for name in re.findall(r"{% static '([^']+)' %}", path.read_text()):
            assert (CONSOLE / "static" / name).exists(), name
