"""Making folders that only one account can enter."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from fidelia.worker.errors import NotYours

from .paths import Places


def prepare_folders(places: Places) -> None:
    """Make the folders around the cluster. Raises NotYours when one of them belongs to another account."""
    prepare_home(places.home)
    if places.binaries_base is not None:
        _refuse_cluster_of_another(places.home)
        places.binaries_base.mkdir(mode=0o755, parents=True, exist_ok=True)
        places.base.mkdir(mode=0o711, exist_ok=True)
    else:
        make_private(places.base, places.uid, places.gid)
    make_private(places.socket_folder, places.uid, places.gid)
    places.leases.mkdir(mode=0o700, parents=True, exist_ok=True)


def prepare_home(home: Path) -> None:
    """Make FIDELIA_HOME. Raises NotYours when it cannot be made or written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK | os.X_OK)
    except OSError as error:
        problem = error.strerror
        raise NotYours(f"The folder {home} cannot be made ({problem}); let FIDELIA_HOME name another.") from error
    if not writable:
        owner = _name_of(home.stat().st_uid)
        raise NotYours(f"The folder {home} belongs to {owner}; work as {owner}, or let FIDELIA_HOME name another.")


def make_private(folder: Path, uid: int, gid: int) -> None:
    """Make a folder that only `uid` can enter, or accept one that is already so.

    Under /tmp anybody may have made the name first, as a link or with open doors: such a folder is refused.
    Raises NotYours.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        if os.geteuid() != uid:
            os.chown(folder, uid, gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
        raise NotYours(f"{folder} should be a folder of {_name_of(uid)} but is not; look at it and remove it.")
    if found.st_mode & 0o077:
        raise NotYours(f"The folder {folder} can be entered by others; run `chmod 700` on it after a look at it.")


def _refuse_cluster_of_another(home: Path) -> None:
    """Root keeps its own cluster elsewhere; beside an ordinary user's it would be a second, empty one."""
    cluster = home / "postgres" / "data" / "PG_VERSION"
    if cluster.exists():
        owner = _name_of(cluster.stat().st_uid)
        raise NotYours(f"The database in {home} belongs to {owner}; run this as {owner} and not as root.")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the account with number {uid}"
