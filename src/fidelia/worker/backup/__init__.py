"""A backup is one zip file: the database as pg_dump writes it, and a manifest that says what must be in it.

The counts of the manifest come from the very snapshot that pg_dump copies, so that they are equal or the backup is
damaged. A backup is verified by restoring it: into a scratch database, beside the one in use.
"""
