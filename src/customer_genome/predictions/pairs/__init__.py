"""Pairs: one model of customers and what they may choose, for the next session or within a horizon."""
