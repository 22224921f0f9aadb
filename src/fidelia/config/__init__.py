"""The composition root: settings, urls, and the registries that hand modules to each other."""
