"""Where an installation keeps its things. Nothing here touches the disk beyond looking at it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

LOGIN_ROLE = "fidelia"
DATABASE = "fidelia"
PORT = 5432  # no TCP: the number is only a part of the socket's name
# PostgreSQL refuses to run as root. This account exists on every Linux, owns nothing else of ours and cannot log in,
# so that no account has to be made on somebody's machine.
UNPRIVILEGED_UID = 65534
UNPRIVILEGED_GID = 65534
ROOT_BASE = Path("/var/lib/fidelia")
# A Unix socket's path has 107 bytes at most; the rest is the name of the socket, which ends with its lock file's.
SOCKET_FOLDER_BYTES_MAX = 107 - len(f"/.s.PGSQL.{PORT}.lock")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one embedded PostgreSQL, and the account (`uid`, `gid`) that its server runs as."""

    home: Path
    base: Path
    socket_folder: Path
    uid: int
    gid: int
    binaries_base: Path | None = None

    @property
    def data(self) -> Path:
        """The cluster itself."""
        return self.base / "data"

    @property
    def conf(self) -> Path:
        """The configuration that we write at each start."""
        return self.base / "conf"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.base / "server.log"

    @property
    def marker(self) -> Path:
        """A file in the home that says that the cluster outside it is its own (see `cluster.set_aside_orphan`)."""
        return self.home / "run" / "cluster"

    @property
    def leases(self) -> Path:
        """One locked file for each process that uses the server."""
        return self.home / "run" / "leases"

    @property
    def mutex(self) -> Path:
        """The lock held while the server is being started or stopped."""
        return self.home / "run" / "database.lock"


def find_home(environ: Mapping[str, str], folder: Path | None = None) -> Path:
    """Return FIDELIA_HOME, else `.fidelia` of the checkout around `folder`, else the person's own data folder."""
    named = environ.get("FIDELIA_HOME")
    if named:
        home = Path(named).expanduser()
    else:
        home = default_home(folder)
    return Path(os.path.abspath(home))


def default_home(folder: Path | None = None) -> Path:
    """Return `.fidelia` in the checkout that holds `folder` (default: where we are), else `~/.local/share/fidelia`."""
    folder = folder or Path.cwd()
    for candidate in (folder, *folder.parents):
        if is_checkout(candidate):
            return candidate / ".fidelia"
    return Path.home() / ".local" / "share" / "fidelia"


def is_checkout(folder: Path) -> bool:
    """Tell whether the folder is the root of Fidelia's source."""
    project = folder / "pyproject.toml"
    if not project.is_file():
        return False
    return re.search(r'^name = "fidelia"$', project.read_text(encoding="utf-8"), re.MULTILINE) is not None


def database_url(home: Path, environ: Mapping[str, str]) -> str:
    """Return FIDELIA_DATABASE_URL, else the address of the embedded cluster of `home`."""
    return environ.get("FIDELIA_DATABASE_URL") or socket_url(find_places(home))


def socket_url(places: Places, database: str = DATABASE) -> str:
    """Return the address of a database of the embedded cluster."""
    return f"postgresql://{LOGIN_ROLE}@/{database}?host={quote(str(places.socket_folder), safe='')}&port={PORT}"


def find_places(home: Path, *, uid: int | None = None, root_base: Path = ROOT_BASE) -> Places:
    """Return the folders of the embedded PostgreSQL of `home` for the account `uid` (default: ours)."""
    home = Path(os.path.abspath(home))
    if uid is None:
        uid = os.geteuid()
    if uid == 0:
        base = root_base / short_hash(home)
        return Places(home, base, base / "socket", UNPRIVILEGED_UID, UNPRIVILEGED_GID, root_base)
    return Places(home, home / "postgres", _short_socket_folder(home, uid), uid, os.getegid())


def short_hash(home: Path) -> str:
    """Return twelve characters that stand for the home where its path would be too long."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _short_socket_folder(home: Path, uid: int) -> Path:
    """Return a folder in the home, or one under /tmp when the home's path is too long for a socket.

    XDG_RUNTIME_DIR is not used: it is set in a desktop's terminal and not in cron or `su`, and two processes of one
    installation would then look for the server in two places.
    """
    inside = home / "postgres" / "socket"
    if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES_MAX:
        return inside
    return Path("/tmp") / f"fidelia-{uid}-{short_hash(home)}"  # noqa: S108 - made private by `folders.make_private`
