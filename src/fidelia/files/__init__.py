"""Files that people hand in, and files made for them: each content kept once, each keeping with owner and retention.

Nouns: the *content* is bytes, named by their SHA-256; a *stored file* is one keeping of a content, under the name that
its owner gave it. Contents lie in a folder, or in an object store that fsspec speaks to (FIDELIA_FILES).
"""
