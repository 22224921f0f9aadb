"""Who may do what: users, roles with scope, API keys, and the audit of every verb."""
