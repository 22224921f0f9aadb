"""The tags and filters of the components."""
