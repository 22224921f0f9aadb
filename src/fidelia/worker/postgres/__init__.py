"""The embedded PostgreSQL: where it lives, how it starts, how it stops. Knows no Django."""
