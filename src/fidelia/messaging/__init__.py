"""Messages to customers: templates, consent asked before each, a record of each, and their delivery by e-mail.

Nouns: a *template* has numbered *versions* in both languages; a *message* is one version to one customer, queued with
its inputs, then sent, failed or *suppressed* with the reason. The body is not kept: version and inputs make it again.

Promises. Nothing is sent inside a transaction of anything else: a message is queued with what caused it, and sent after
the commit. A message is queued once per idempotency key. Sending is at least once, as SMTP allows no better: a message
is marked `sending`, committed, then handed to the server; killed in between, it is sent once more with the same
Message-ID after its lease, and if that happens a second time it stays `in_doubt` for a person to judge. So a customer
may get one message twice, never thrice, and only if the worker died between the server's yes and our commit.
"""
