"""Where facts lie: a folder, or an object store that fsspec speaks to. A file never changes once it is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import fsspec
from django.conf import settings
from fsspec.implementations.local import LocalFileSystem

from fidelia.insight.models import folder_of


class FactStore:
    """The folders of exports below FACTS_ROOT: `<export>/<table>/<part>.parquet` and `<export>/manifest.json`."""

    def __init__(self) -> None:
        self._system, root = fsspec.core.url_to_fs(str(settings.FACTS_ROOT))
        self._root = root.rstrip("/")
        self.is_local = isinstance(self._system, LocalFileSystem)

    def known_files(self) -> dict[tuple[str, str], str]:
        """Return where each file of each table lies, in whichever export: complete, or begun by one that was killed."""
        found: dict[tuple[str, str], str] = {}
        for path in self._system.find(self._root) if self._system.exists(self._root) else []:
            table, name = str(path).split("/")[-2:]
            if name.endswith(".parquet"):
                found[table, name] = path
        return found

    def take_over(self, path: str, export: str, table: str, name: str) -> None:
        """Let a file of another export be one of this too: by a link, or by a copy within the object store."""
        target = f"{self._root}/{export}/{table}/{name}"
        if path == target:
            return
        if self.is_local:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:  # a file system without links
                shutil.copyfile(path, f"{target}.part")
                os.replace(f"{target}.part", target)
        else:
            self._system.cp_file(path, target)

    def put(self, written: Path, export: str, *names: str) -> None:
        """Move a finished file to its place; it is there whole or not at all."""
        target = "/".join((self._root, export, *names))
        if self.is_local:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            os.replace(written, target)
        else:
            self._system.put_file(str(written), target)
            written.unlink()

    def folders(self) -> list[str]:
        """Return the names of all folders, those of exports and others."""
        if not self._system.exists(self._root):
            return []
        return sorted(str(path).rstrip("/").rsplit("/", 1)[-1] for path in self._system.ls(self._root, detail=False))

    def remove(self, folder: str) -> None:
        path = f"{self._root}/{folder}"
        if self._system.exists(path):
            self._system.rm(path, recursive=True)

    def fetch(self, export_id: UUID) -> None:
        """Bring the files of an export to this machine where they lie in an object store; each once."""
        if self.is_local:
            return
        here = folder_of(export_id)
        for remote, local in self._missing(f"{self._root}/{export_id}", here):
            local.parent.mkdir(parents=True, exist_ok=True)
            self._system.get_file(remote, f"{local}.part")
            os.replace(f"{local}.part", local)

    def _missing(self, folder: str, here: Path) -> Iterator[tuple[str, Path]]:
        paths: Any = self._system.find(folder)
        for remote in paths:
            local = here / str(remote).removeprefix(folder).lstrip("/")
            if not local.exists():
                yield str(remote), local
