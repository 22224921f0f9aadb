"""A real Spark: a standalone master and two workers on loopback, each a process of its own, and a session on them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WORKERS = 2
WAIT_SECONDS = 120
MEMORY = "768m"


@contextmanager
def open_cluster(folder: Path) -> Iterator[str]:
    """Start the master and its workers; yield the master's address, and end them all."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environ = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(home.parent),
    }  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        log = folder / f"{name}.log"
        with log.open("wb") as out:
            kind = "master.Master" if name == "master" else "worker.Worker"
            command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments]
            started.append(subprocess.Popen(command, env=environ, stdout=out, stderr=subprocess.STDOUT, cwd=folder))
        return log

    try:
        master = start("master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        (address,) = _said(master, r"Starting Spark master at (spark://\S+)", 1)
        for number in range(WORKERS):
            place = folder / f"work-{number}"
            start(
                f"worker-{number}", "--host", "127.0.0.1", "--cores", "1", "--memory", MEMORY, "--webui-port", "0",
                "--work-dir", str(place), address,
            )  # fmt: skip
        _said(master, r"Registering worker (\S+)", WORKERS)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=60)


def _said(log: Path, pattern: str, times: int) -> list[str]:
    """Wait until the log says it so many times."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = re.findall(pattern, log.read_text(errors="replace"))
        if len(found) >= times:
            return found[:times]
        time.sleep(0.2)
    raise AssertionError(f"Spark did not come up:\n{log.read_text(errors='replace')[-2_000:]}")


@contextmanager
def open_session(address: str, folder: Path) -> Iterator[Any]:
    """Open a session on the cluster as Ibis sees it, in UTC."""
    import ibis
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(address)
        .appName("fidelia")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", MEMORY)
        .config("spark.executor.memory", "512m")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    try:
        yield ibis.pyspark.connect(session)
    finally:
        session.stop()
