"""The look: templates, components, charts, icons. Knows no domain."""
