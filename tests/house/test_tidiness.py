"""What is untidy fails: long files and functions, names out of place, words of a workplace."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fidelia"
PYTHON = [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
DOMAIN = (
    *(
        "access",
        "files",
        "organisation",
        "jobs",
        "customers",
        "products",
        "ledger",
        "programme",
        "subscriptions",
        "rewards",
        "cards",
        "activity",
        "referral",
        "shadow",
        "messaging",
    ),
    *("insight", "campaigns", "members", "persons"),
)
NAMES = {
    *("models", "operations", "queries", "events", "reactions", "fields", "facts", "privacy", "jobs", "errors", "apps"),
    *("targets", "migrations", "__init__"),
}
MORE_NAMES = {
    "ledger": {"sql"},
    "activity": {"sql"},
    "rewards": {"sql"},
    "subscriptions": {"sql"},
    "insight": {"backtest", "fits", "measures", "report", "sql"},
    "access": {"rights"},
}
# No file of the project names where it was made: package registries, and folders of a machine.
FORBIDDEN = (
    "/work/" + "main",
    "/work/" + "shared",
    ".lib" + "rary/",
    "pypi" + ".org",
    "registry." + "npmjs",
    "/root/" + ".",
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


def test_functions_are_short() -> None:
    long = []
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    long.append(f"{relative(path)}:{node.lineno} {node.name} has {length} lines")
    assert long == []


@pytest.mark.parametrize("module", DOMAIN)
def test_a_domain_module_has_only_the_names_that_a_newcomer_knows(module: str) -> None:
    found = {path.stem for path in (SOURCE / module).iterdir() if path.name != "__pycache__"}
    assert found <= NAMES | MORE_NAMES.get(module, set())


def test_every_module_says_what_it_is() -> None:
    silent = [relative(path) for path in PYTHON if path.name != "apps.py" and not ast.get_docstring(_tree(path))]
    assert silent == []


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_names_the_place_where_it_was_made() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    named = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".html", ".sql", ".in", ".txt", ".yaml", ""):
            text = path.read_text(encoding="utf-8", errors="ignore")
            named += [f"{name}: {word}" for word in FORBIDDEN if word in text]
    assert named == []
