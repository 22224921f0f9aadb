"""How members come in to their own pages: by a code that is sent to an address of theirs, without any password.

Nouns: a *code* of six digits is asked for by a browser and works in that browser alone; a *session* is one device of a
member, and can be ended from another; a *link* stands in a message and works once. Promises: an address that nobody has
is answered like any other, by the same work; nothing that opens anything is kept readable.
"""
