"""The verbs of jobs, and what a module needs to declare a kind of its own."""

from .kinds import JobFunction, JobKind, get_kind, list_kinds, may_go_on
from .parked import dismiss_parked, retry_parked
from .progress import Progress, RunOvertaken, StopRequested
from .running import find_lost, forget_ended, run_job, start_scheduled
from .starting import RUN_JOB, queue_job, request_pause, request_stop, resume_job, start_job

__all__ = [
    "RUN_JOB",
    "JobFunction",
    "JobKind",
    "Progress",
    "RunOvertaken",
    "StopRequested",
    "dismiss_parked",
    "find_lost",
    "forget_ended",
    "get_kind",
    "list_kinds",
    "may_go_on",
    "queue_job",
    "request_pause",
    "request_stop",
    "resume_job",
    "retry_parked",
    "run_job",
    "start_job",
    "start_scheduled",
]
