"""The `fidelia` command, the embedded PostgreSQL, and the processes that work in the background."""
