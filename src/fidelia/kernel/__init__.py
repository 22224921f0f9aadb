"""What every module speaks: errors, money, identities, actors, time, transactions and the outbox."""
