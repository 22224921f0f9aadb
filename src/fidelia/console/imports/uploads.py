"""Receive a file piece by piece onto this disk, within the limit, before anything of it is looked at."""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from fidelia.files.errors import FileCutOff
from fidelia.files.operations.drafts import incoming, refuse_over_limit, spoken_of

PIECE_BYTES = 1 << 20
FORM_BYTES_MAX = 1 << 20  # what stands in the form beside the file


class Upload(TemporaryUploadedFile):
    """A file in the folder of drafts: keeping it moves it, and what is not kept goes with the request."""

    def __init__(self, name: str, content_type: str | None, charset: str | None, extra: Any) -> None:
        folder = incoming()
        with spoken_of(folder):
            file = NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115 - closed with the request
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


class ToDisk(FileUploadHandler):
    """Raises FileTooLarge, StoreFull, StoreUnreachable out of `request.FILES`."""

    chunk_size = PIECE_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = Upload(self.file_name or "", self.content_type, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            refuse_over_limit(start + len(raw_data))
            with spoken_of(incoming()):
                self.file.write(raw_data)
        except Exception:
            self.file.close()
            raise

    def file_complete(self, file_size: int) -> Upload:
        with spoken_of(incoming()):
            self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


class Arrival:
    """Counts what arrives of a request. A connection that is lost looks to a program like the end of a short file."""

    def __init__(self, request: HttpRequest) -> None:
        self._arrived = 0
        self._told = _length_told(request)
        self._read = request.read
        setattr(request, "read", self._counted)  # noqa: B010 - which Django's parser calls

    def require_whole(self) -> None:
        """Raises FileCutOff. To be asked once the form was read."""
        if self._arrived < self._told:
            raise FileCutOff("The file did not arrive whole.")

    def _counted(self, *size: int) -> bytes:
        piece = self._read(*size)
        self._arrived += len(piece)
        return piece


def refuse_early(request: HttpRequest) -> None:
    """Raise FileTooLarge by the length that the browser has told, after reading what it sends all the same.

    A browser that is answered while it still sends shows a broken connection and not our page.
    """
    length = _length_told(request)
    if length > settings.FILE_BYTES_MAX + FORM_BYTES_MAX:
        left = 2 * settings.FILE_BYTES_MAX
        while left > 0 and (piece := request.read(PIECE_BYTES)):
            left -= len(piece)
        refuse_over_limit(length)


def _length_told(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdigit() else 0
