"""Measurements: how long the work takes beside the bare work that no design can avoid, and how much memory it needs.

Every measured process is a fresh one; answers are compared before times are believed. Only what is measured here stands in
docs/performance.md.
"""
