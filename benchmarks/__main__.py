"""All benchmarks, one after the other: `make bench`. Each makes what it needs and removes it."""

from __future__ import annotations

import os
import subprocess
import sys

from fidelia.worker.postgres.paths import socket_url

from .installation import scratch_installation

ALL = (
    "rules",
    "outbox",
    "posting",
    "purchases",
    "checkouts",
    "rewards",
    "imports",
    "openings",
    "fits",
    "report",
    "facts",
)
NEED_A_SERVER = ("outbox",)  # the others make their own


def main() -> int:
    """Run each in a process of its own, so that none measures what another has left behind."""
    failed = []
    for name in ALL:
        print(f"\n# {name}", flush=True)
        went_well = run_with_server(name) if name in NEED_A_SERVER else run(name, {})
        if not went_well:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


def run_with_server(name: str) -> bool:
    with scratch_installation() as places:
        return run(name, {"FIDELIA_DATABASE_URL": socket_url(places)})


def run(name: str, environ: dict[str, str]) -> bool:
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{name}"]
    return subprocess.run(command, env=os.environ | environ, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
