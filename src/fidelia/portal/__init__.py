"""The face for customers: pages that need no log-in so far, such as the link to refuse more messages."""
