"""The configuration files of the embedded cluster that we own and write anew at each start."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from fidelia.worker.errors import NotSupported

from .paths import LOGIN_ROLE, PORT, Places, short_hash

MEGABYTE = 1024 * 1024


def write_configuration(places: Places) -> None:
    """Write the files beside the cluster and not in it: root never writes where another account could lay a link."""
    places.conf.mkdir(mode=0o755, exist_ok=True)
    _write(places.conf / "fidelia.conf", render_settings(places, read_memory_bytes()))
    _write(places.conf / "pg_hba.conf", render_access())
    _write(places.conf / "pg_ident.conf", render_accounts(places))


def render_settings(places: Places, memory_bytes: int) -> str:
    """Return `fidelia.conf` for a machine with so much memory, of which the database is one tenant among several."""
    shared_mb = min(1024, max(64, memory_bytes // 8 // MEGABYTE))
    cache_mb = max(128, memory_bytes // 2 // MEGABYTE)
    lines = {
        "hba_file": _quote(str(places.conf / "pg_hba.conf")),
        "ident_file": _quote(str(places.conf / "pg_ident.conf")),
        "listen_addresses": "''",  # the socket is the only door
        "port": str(PORT),
        "unix_socket_directories": _quote(str(places.socket_folder)),
        "unix_socket_permissions": "0700",
        "cluster_name": _quote(f"fidelia-{short_hash(places.home)}"),
        "max_connections": "100",
        "shared_buffers": f"{shared_mb}MB",
        "effective_cache_size": f"{cache_mb}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "fsync": "on",
        "synchronous_commit": "on",  # an answered purchase is on disk
        "full_page_writes": "on",
        "jit": "off",  # our statements are short: compiling them costs more than running them
        "random_page_cost": "1.1",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        "log_line_prefix": "'%m [%p] '",
        "log_startup_progress_interval": "'5s'",
    }
    body = "".join(f"{name} = {value}\n" for name, value in lines.items())
    return f"# Written by Fidelia at each start; settings of your own: ALTER SYSTEM.\n{body}"


def render_access() -> str:
    """Return `pg_hba.conf`: only through the socket, and only who the kernel says is one of the accounts we name."""
    return f"# Written by Fidelia at each start.\nlocal all {LOGIN_ROLE} peer map={LOGIN_ROLE}\n"


def render_accounts(places: Places) -> str:
    """Return `pg_ident.conf`: the account that owns the home, and root.

    Where root owns the home, the server's own account is left out: other programs may run as it.
    Raises NotSupported for an account without a name.
    """
    owner = 0 if places.binaries_base is not None else places.uid
    try:
        accounts = {pwd.getpwuid(uid).pw_name for uid in (0, owner)}
    except KeyError as error:
        raise NotSupported(f"PostgreSQL needs an account with a name, and {owner} has none in /etc/passwd.") from error
    lines = "".join(f'{LOGIN_ROLE} "{account}" {LOGIN_ROLE}\n' for account in sorted(accounts))
    return f"# Written by Fidelia at each start.\n{lines}"


def read_memory_bytes() -> int:
    """Return the memory that this machine or container may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        allowed = int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return machine
    return min(machine, allowed)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
