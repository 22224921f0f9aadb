"""The embedded PostgreSQL: where it lives, how it starts, how it stops. Knows no Django."""

from .paths import database_url, default_home, find_home
from .supervisor import ensure_running, leave, stop_for_all

__all__ = ["database_url", "default_home", "ensure_running", "find_home", "leave", "stop_for_all"]
