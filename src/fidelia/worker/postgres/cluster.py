"""Making a cluster, and finding out whether the one that lies there is ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime

from fidelia.worker.errors import ServerDidNotStart

from .binaries import Binaries, account_of_server
from .folders import make_private
from .paths import LOGIN_ROLE, Places

Say = Callable[[str], None]


def has_cluster(places: Places) -> bool:
    """Tell whether a finished cluster is there."""
    return (places.data / "PG_VERSION").exists()


def is_orphan(places: Places) -> bool:
    """Tell whether the cluster outside the home belonged to an earlier home of the same path, since removed."""
    return places.binaries_base is not None and has_cluster(places) and not places.marker.exists()


def set_aside(places: Places, at: datetime, say: Say) -> None:
    """Move the cluster of a removed home out of the way; it may hold what somebody still wants."""
    aside = places.base.with_name(f"{places.base.name}-of-removed-home-{at:%Y%m%dT%H%M%S%f}")
    aside.mkdir(mode=0o711)
    places.data.rename(aside / "data")
    say(f"An older database of a removed {places.home} was kept in {aside}; remove it when nobody wants it.")


def make_cluster(places: Places, binaries: Binaries, say: Say) -> None:
    """Make an empty cluster: UTF-8, an order that is the same on every machine, checksums on each page.

    It is made under another name and appears in one step, so that one that was interrupted is never opened.
    Raises ServerDidNotStart.
    """
    say(f"Making a new PostgreSQL {binaries.version} database in {places.base}")
    draft = places.base / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, places.uid, places.gid)
    answer = _initdb(places, binaries, str(draft), "C.UTF-8")
    if answer.returncode != 0 and "locale" in answer.stderr:  # some systems have no C.UTF-8 outside PostgreSQL
        answer = _initdb(places, binaries, str(draft), "C")
    if answer.returncode != 0:
        raise ServerDidNotStart(f"The database could not be made: {answer.stderr.strip()}")
    places.marker.write_text(f"{places.base}\n", encoding="utf-8")
    draft.rename(places.data)


def _initdb(places: Places, binaries: Binaries, folder: str, locale: str) -> subprocess.CompletedProcess[str]:
    order = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    return subprocess.run(
        [
            *(binaries.program("initdb"), "--pgdata", folder, "--username", LOGIN_ROLE, "--encoding", "UTF8"),
            *("--auth", "peer", "--data-checksums", "--locale", locale, *order),
        ],
        **account_of_server(places),
        cwd="/",
        umask=0o077,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
