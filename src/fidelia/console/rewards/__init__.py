"""Coupons, gift cards and what there is to give away, as the console shows them."""
