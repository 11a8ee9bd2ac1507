"""Bringing trials in from a CSV file or an Optuna storage, a file for each format.

``docs/export.md`` says what each may hold, and what is lost.
"""
