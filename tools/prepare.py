"""`make setup`: everything that working on Fidelia needs, from a bare Python. Needs nothing but that Python.

It does its work once for each state of the lock file, and at later calls ends at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup-stamp"
LOCK = ROOT / "requirements" / "dev.txt"
MESSAGES = ROOT / "tools" / "messages.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# A Python that was built without its profile takes half as long again for the same; several are often on one machine.
PLACES = ("/usr/bin", "/usr/local/bin")
WORTH_TAKING = 1.2
MEASURE = """
import ensurepip, time, venv

def work():
    found = {}
    for number in range(100_000):
        key = str(number % 1_000)
        found[key] = found.get(key, 0) + number * 2
        if key.startswith("9"):
            found[key] -= len(key)

def once():
    began = time.process_time()
    work()
    return time.process_time() - began

print(min(once() for _round in range(7)))
"""


def main() -> None:
    """Prepare the checkout, or end with one sentence that tells what is missing."""
    os.chdir(ROOT)
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"  # the versions are those of the lock file
    if sys.version_info < (3, 11):  # noqa: UP036 - this file also runs on a Python that is too old
        sys.exit(f"Fidelia needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    if not STAMP.exists() or STAMP.read_text(encoding="ascii") != fingerprint():
        make_venv()
        install_packages()
        install_ourselves()
        look_for_browser()
        look_for_spark()
        STAMP.write_text(fingerprint(), encoding="ascii")
    run(PYTHON, MESSAGES, "--quiet")


def fingerprint() -> str:
    """Return what stands for the state that the stamp was made for."""
    state = hashlib.sha256(sys.version.encode())
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        state.update(path.read_bytes())
    return state.hexdigest()


def make_venv() -> None:
    """Make the virtual environment, unless a usable one is there."""
    if not PYTHON.exists() or not succeeds(PYTHON, "-m", "pip", "--version"):
        python = sys.executable if "--this-python" in sys.argv else fastest_python()
        print(f"Making .venv of {python}", flush=True)
        if not succeeds(python, "-m", "venv", "--clear", VENV):
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit("This Python cannot make a virtual environment; on Debian and Ubuntu install python3-venv.")


def fastest_python() -> str:
    """Return this Python, or another one of its version on this machine that is clearly faster."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = (*os.environ.get("PATH", "").split(os.pathsep), *PLACES)
    found = dict.fromkeys(os.path.join(folder, name) for folder in folders)
    others = [path for path in found if os.access(path, os.X_OK)]
    seconds = {path: measured for path in others if (measured := seconds_of(path)) is not None}
    own = seconds_of(sys.executable)
    if own is None or not seconds:
        return sys.executable
    best = min(seconds, key=lambda path: seconds[path])
    return best if seconds[best] * WORTH_TAKING < own else sys.executable


def seconds_of(python: str) -> float | None:
    """Return the seconds of CPU that a Python takes for a little work; None for one that cannot make an environment."""
    answer = subprocess.run(
        (python, "-I", "-c", MEASURE), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return float(answer.stdout) if answer.returncode == 0 else None


def install_packages() -> None:
    """Install exactly what the lock file names: by uv in seconds, or by pip in minutes."""
    print("Installing what requirements/dev.txt names", flush=True)
    if install_uv():
        sync = (PYTHON, "-m", "uv", "pip", "sync", "--quiet", "--require-hashes", LOCK)
        if succeeds(*sync):
            return
        # Behind the proxy of a firm only the machine's certificates lead out.
        print("uv did not manage; once more with the certificates of this machine", flush=True)
        if succeeds(*sync, environ={"UV_SYSTEM_CERTS": "1"}):
            return
    print("uv did not manage; pip takes longer with the same lock file", flush=True)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK)


def install_uv() -> bool:
    """Install uv itself, by the hashes that the lock file has for it."""
    found = re.search(r"^uv==.*?(?=^\S|\Z)", LOCK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "uv.txt"
        alone.write_text(found.group(0), encoding="utf-8")
        return succeeds(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", alone)


def install_ourselves() -> None:
    """Install the `fidelia` command so that it runs the code of this checkout."""
    run(PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)


def look_for_browser() -> None:
    """Browser tests want Chromium: root installs it, anybody else is told. They are skipped without it."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests", flush=True)
        install = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        if succeeds(*install, environ=quiet):
            return
        if succeeds("apt-get", "update", environ=quiet) and succeeds(*install, environ=quiet):
            return
    print("There is no Chromium here: the browser tests will be skipped. (Debian: apt-get install chromium)")


def look_for_spark() -> None:
    """Say what the slow tests on Spark need: it is too large to be installed for everybody."""
    if not succeeds(PYTHON, "-c", "import importlib.util, sys; sys.exit(not importlib.util.find_spec('pyspark'))"):
        print("Tests on Spark are skipped: .venv/bin/pip install 'pyspark~=4.0' (450 MB) and Java 17 bring them.")


def run(*command: str | Path) -> None:
    """Run a command, and end with its exit code when it fails."""
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        sys.exit(code)


def succeeds(*command: str | Path, environ: dict[str, str] | None = None) -> bool:
    """Run a command and tell whether it succeeded; show what it said only when it failed."""
    answer = subprocess.run(
        command,
        env=os.environ | (environ or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        print(answer.stdout.strip(), file=sys.stderr, flush=True)
    return answer.returncode == 0


if __name__ == "__main__":
    main()
