"""Referral."""
