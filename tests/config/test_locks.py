"""The locks can be installed anywhere: every package pinned and hashed, no address in them."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ \\]+)", lock.read_text(), re.MULTILINE))


def test_all_locks_are_there() -> None:
    assert [lock.name for lock in LOCKS] == [
        "requirements-build.lock",
        "requirements-dev.lock",
        "requirements-embedded.lock",
        "requirements-node.lock",
        "requirements.lock",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_hashes_and_no_hosts(lock: Path) -> None:
    text = lock.read_text()
    for forbidden in ("://", "--index", "--find-links", "--extra-index", " @ ", "file:"):
        assert forbidden not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) == len(pins(lock))
    for entry in entries:
        assert "--hash=sha256:" in entry, entry


def test_locks_agree_with_each_other() -> None:
    together: dict[str, str] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            assert together.setdefault(name, version) == version, f"{name} in {lock.name}"


def test_every_declared_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["dependency-groups"]["dev"],
        "requirements-embedded.lock": project["project"]["optional-dependencies"]["embedded"],
        "requirements-build.lock": project["build-system"]["requires"],
    }
    for name, packages in declared.items():
        locked = pins(ROOT / name)
        for package in packages:
            wanted = re.split(r"[\[<>=~! ;]", package)[0].lower()
            assert wanted in locked, f"{package} is not in {name}: run `make lock`"
