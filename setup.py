"""The wheel carries compiled catalogs: they are compiled before it is put together. The rest is in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

MESSAGES = Path(__file__).parent / "tools" / "messages.py"


class BuildWithMessages(build_py):
    """Compile the catalogs, then copy everything as usual."""

    def run(self) -> None:
        subprocess.run([sys.executable, str(MESSAGES), "--quiet"], check=True)
        super().run()


setup(cmdclass={"build_py": BuildWithMessages})
