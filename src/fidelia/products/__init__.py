"""Products: what is sold, by code, with category, brand and dated costs. Postage and fees are lines, not products."""
