"""The life cycle of a checkout: evaluated, opened, updated, closed, returned, cancelled, reopened."""
