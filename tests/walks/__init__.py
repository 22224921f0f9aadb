"""Walks through the whole product, as people do them."""
