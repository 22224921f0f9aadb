"""The embedded PostgreSQL for somebody who is not root, on whose machine root has nothing to say."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fidelia.worker.postgres.paths import Places, find_places

from .conftest import ROOT, begin_with

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as an ordinary user"),
]
NOBODY = 65534
PACKAGES = sysconfig.get_paths()["purelib"]
SYSTEM_PYTHON = f"/usr/bin/python3.{sys.version_info.minor}"


@pytest.fixture
def account() -> dict[str, Any]:
    """What subprocess needs to act as an ordinary user with a Python that this user can run."""
    account = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}
    for python in (sys.executable, SYSTEM_PYTHON):
        if can_import_fidelia(python, account):
            return account | {"executable": python}
    pytest.skip("no Python here can be run by an ordinary user with the packages of this environment")


def can_import_fidelia(python: str, account: dict[str, Any]) -> bool:
    try:
        tried = subprocess.run([python, "-c", "import fidelia, psycopg"], env=environ(), check=False, **account)
    except OSError:
        return False
    return tried.returncode == 0


def environ(home: Path | None = None) -> dict[str, str]:
    """A bare environment; HOME is the folder above FIDELIA_HOME."""
    bare = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT / 'src'}:{PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"}
    return bare | ({"HOME": str(home.parent), "FIDELIA_HOME": str(home)} if home else {})


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the ordinary user's own; the folders of pytest are root's."""
    folder = Path(tempfile.mkdtemp(prefix="fidelia-marcelline-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def fidelia(account: dict[str, Any], home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `fidelia` command as the ordinary user."""
    python = account["executable"]
    return subprocess.run(
        [python, "-m", "fidelia.worker", *arguments],
        env=environ(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        **account,
    )


def test_everything_is_in_the_home_and_nothing_stays(account: dict[str, Any], folder: Path) -> None:
    home = folder / "home"

    made = fidelia(account, home, "migrate")
    assert made.returncode == 0, made.stderr
    examined = fidelia(account, home, "doctor", "--ledger")
    assert examined.returncode == 0, examined.stdout
    taken = fidelia(account, home, "backup", str(folder / "b.zip"))
    assert taken.returncode == 0, taken.stderr
    restored = fidelia(account, home, "restore", str(folder / "b.zip"))
    assert restored.returncode == 0, restored.stderr
    stopped = fidelia(account, home, "stop")

    assert stopped.stdout == f"Nothing runs in {home}.\n"
    assert (home / "postgres" / "data" / "PG_VERSION").stat().st_uid == NOBODY
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()
    assert list(Path("/tmp").glob(f"fidelia-{NOBODY}-*")) == []


def test_a_home_whose_path_is_too_long_for_a_socket(account: dict[str, Any], folder: Path, migrated: Places) -> None:
    home = folder / ("a-home-whose-path-is-too-long-for-a-socket-" * 3)
    begin_with(migrated, find_places(home, uid=NOBODY))

    examined = fidelia(account, home, "doctor", "--ledger")
    assert examined.returncode == 0, examined.stdout
    taken = fidelia(account, home, "backup", str(folder / "b.zip"))
    assert taken.returncode == 0, taken.stderr

    assert fidelia(account, home, "stop").stdout == f"Nothing runs in {home}.\n"
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()
    assert list(Path("/tmp").glob(f"fidelia-{NOBODY}-*")) == []


def test_root_does_not_take_over_the_home_of_somebody_else(
    account: dict[str, Any], folder: Path, migrated: Places
) -> None:
    home = folder / "home"
    begin_with(migrated, find_places(home, uid=NOBODY))
    assert fidelia(account, home, "doctor").returncode == 0

    as_root = subprocess.run(
        [sys.executable, "-m", "fidelia.worker", "migrate"],
        env=environ(home),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    owner = pwd.getpwuid(NOBODY).pw_name
    assert as_root.returncode == 1
    assert as_root.stderr == (
        f"fidelia: The database in {home} belongs to {owner}; run this as {owner} and not as root.\n"
    )


def test_a_home_of_root_is_refused_in_a_sentence(account: dict[str, Any], tmp_path: Path) -> None:
    refused = fidelia(account, Path("/var/lib/fidelia-of-root"), "migrate")

    assert refused.returncode == 1
    assert refused.stderr == (
        "fidelia: The folder /var/lib/fidelia-of-root cannot be made (Permission denied); "
        "let FIDELIA_HOME name another.\n"
    )


def test_root_copies_the_programs_when_the_server_cannot_enter_the_packages(tmp_path: Path) -> None:
    """The packages of an environment in root's own folder are closed to the account that the server runs as."""
    from fidelia.worker.postgres.binaries import WHEEL, Binaries, _reachable, list_binaries
    from fidelia.worker.postgres.paths import Places

    source = list_binaries({})[0]
    package = source.folder.parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for each in (package, package.parent / f"{WHEEL}.libs"):
        shutil.copytree(each, closed / each.name, symlinks=True)
    base = Path(tempfile.mkdtemp(prefix="fidelia-binaries-"))
    base.chmod(0o755)
    places = Places(tmp_path, base / "x", base / "x", NOBODY, NOBODY, base)
    script = (
        "import sys, pathlib\n"
        f"sys.path.insert(0, {str(closed)!r})\n"
        "from fidelia.worker.postgres.binaries import _reachable, list_binaries\n"
        "from fidelia.worker.postgres.paths import Places\n"
        f"base = pathlib.Path({str(base)!r})\n"
        f"places = Places(base, base / 'x', base / 'x', {NOBODY}, {NOBODY}, base)\n"
        "print(_reachable(list_binaries({})[0], places).program('postgres'))\n"
    )
    try:
        found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        program = found.stdout.strip()
        assert program.startswith(f"{base}/postgres-")
        as_server = subprocess.run(
            [program, "--version"], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, check=True
        )
        assert source.version.encode() in as_server.stdout
        assert _reachable(Binaries(Path(program).parent, source.version), places).program("postgres") == program
        assert [path.name for path in base.glob("postgres-draft-*")] == []
    finally:
        shutil.rmtree(base)
