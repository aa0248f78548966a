"""Checks: show that a lifecycle keeps its claims, or show the shortest way in which it does not."""
