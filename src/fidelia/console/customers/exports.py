"""The file that an export has written: given to who asked for it, and to those who may take customers out."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import FileResponse
from django.http.response import HttpResponseBase

from fidelia.files.errors import FileUnknown
from fidelia.files.queries import get_file, open_file
from fidelia.jobs.models import Job
from fidelia.jobs.queries import get_job

from ..pages import ConsoleRequest, signed_in

KIND = "customer.export"
OF_AN_ACT = "customer.act"
PIECE_BYTES = 1 << 16


@signed_in
def download(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """Send the file. Raises JobUnknown, FileUnknown, Denied."""
    by = request.actor
    job = get_job(by=by, job_id=job_id)
    file_id = file_of(job)
    if file_id is None:
        raise FileUnknown("There is no such file.")
    if job.by_id != by.id:  # what came of an act names nobody: it holds ids, for those who may see customers
        by.require(KIND if job.kind == KIND else "customer.see")
    file = get_file(by=by.lent("file.see"), file_id=file_id)
    answer = FileResponse(_pieces(file_id), as_attachment=True, filename=file.name, content_type="text/csv")
    answer["Content-Length"] = str(file.size)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _pieces(file_id: UUID) -> Iterator[bytes]:
    with open_file(file_id) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece


def file_of(job: Job) -> UUID | None:
    """Return the file that an export or an act on many has written; None before its end, and for other kinds."""
    if job.kind not in (KIND, OF_AN_ACT) or not isinstance(job.result, dict):
        return None
    return UUID(job.result["file_id"]) if job.result.get("file_id") else None
