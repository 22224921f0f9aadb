"""The face that programs speak: JSON over HTTP at /api/v1. A view is request → one domain call → response."""
