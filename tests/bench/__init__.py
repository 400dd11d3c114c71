"""Measures the budgets of the design: `make bench`. Nothing here asserts a time."""
