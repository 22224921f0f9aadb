"""One invented shop's receipts, and how the programs of the world would write them down."""
