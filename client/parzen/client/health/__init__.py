"""What ``parzen doctor`` looks at: one file for each group of checks.

A check returns findings, and asks nobody but the machine or the store; what is good and what is bad
is told from plain facts, so that each can be tried without the trouble that it tells of.
"""
