"""Long work that a person sees, stops and resumes; and the events that reactions could not serve.

Nouns: a *kind* of job is declared by the module that does the work (`jobs.py`, JOBS) and registered in `config`; a
*job* is one such work with its progress; a *checkpoint* is how far its effects have come, committed with them.
Promises: a job runs in one place at a time, one whose worker died is found within two minutes and goes on from its
checkpoint, and a job that is asked to stop stops at its next step.
"""
