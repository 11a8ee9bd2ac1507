"""Bringing trials in from elsewhere, a file for each format; ``choosing`` lists them.

``docs/export.md`` says what each may hold, and what is lost.
"""
