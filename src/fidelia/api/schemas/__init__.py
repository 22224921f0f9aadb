"""What the API takes and gives, written by hand: names and shapes here are promises to callers."""
