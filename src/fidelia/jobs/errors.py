"""What jobs refuses."""

from __future__ import annotations

from fidelia.kernel.errors import NotFound, Refused


class JobKindUnknown(NotFound):
    """No module of this release declares such a kind of job."""

    default_code = "job_kind_unknown"


class JobUnknown(NotFound):
    """There is no such job, or it is not the actor's to see."""

    default_code = "job_unknown"


class JobHasEnded(Refused):
    """The job has come to its end, or is stopped already."""

    default_code = "job_has_ended"


class JobNotResumable(Refused):
    """The job runs, is done, or is of a kind that cannot go on from where it stopped."""

    default_code = "job_not_resumable"


class ReactionUnknown(NotFound):
    """No reaction of this release has this name."""

    default_code = "reaction_unknown"
