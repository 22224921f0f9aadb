"""Subscriptions: paid memberships, bought for a month, a year or for life, renewed, changed, ended and refunded.

Nouns: a *plan* is what the terms of a programme sell; a *subscription* is one member's hold on a plan, with its
*periods*, each with what was paid for it. Money is told, never taken: a till or a payment service does that, and says
so here. What a period gives (entitlements, a tier, points) is dated: a purchase of any day meets what held then.
"""
