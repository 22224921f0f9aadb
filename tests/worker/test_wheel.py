"""The built wheel runs outside a checkout, in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fidelia import __version__

from .conftest import ROOT, environ_of, forget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SOURCE = ("src", "tools", "requirements")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "THIRD_PARTY_NOTICES")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the source so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.mo")
    for name in SOURCE:
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation"], cwd=copy, check=True, timeout=500)
    [wheel] = (copy / "dist").glob("*.whl")
    return wheel


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The `fidelia` command of a new environment, which borrows the packages of ours but not our checkout."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(venv / "bin" / "python")]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    folders = sysconfig.get_paths(vars={"base": str(venv), "platbase": str(venv)})
    Path(folders["purelib"], "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return venv / "bin" / "fidelia"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "empty"
    folder.mkdir()
    yield folder
    forget(folder / ".local" / "share" / "fidelia")


def test_it_carries_what_it_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "fidelia/locale/fr/LC_MESSAGES/django.mo" in names
    assert "fidelia/py.typed" in names
    assert f"fidelia-{__version__}.dist-info/licenses/LICENSE" in names
    assert f"fidelia-{__version__}.dist-info/licenses/THIRD_PARTY_NOTICES" in names
    kept = (".py", ".sql", ".html", ".txt", ".css", ".js", ".svg", ".woff2", ".mjml", ".json", ".yaml", ".csv")
    source = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src" / "fidelia").rglob("*") if path.is_file()}
    assert {name for name in source if name.endswith(kept)} - set(names) == set()


def test_it_runs_in_an_empty_folder(installed: Path, empty: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environ = environ_of(Path("/unused")) | {"HOME": str(empty)}
        for name in ("FIDELIA_HOME", "PYTHONPATH"):
            del environ[name]
        command: list[str | os.PathLike[str]] = [installed, *arguments]
        return subprocess.run(command, cwd=empty, env=environ, capture_output=True, text=True, check=False, timeout=400)

    where = subprocess.run(
        [installed.parent / "python", "-c", "import fidelia; print(fidelia.__file__)"],
        cwd=empty,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed.parents[1]))
    assert run("version").stdout.startswith(f"Fidelia {__version__} ")
    migrated = run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    examined = run("doctor", "--ledger")
    assert examined.returncode == 0, examined.stdout
    assert f"FIDELIA_HOME is {empty}/.local/share/fidelia and can be written." in examined.stdout
    assert run("stop").returncode == 0
    assert [path.name for path in empty.iterdir()] == [".local"]
