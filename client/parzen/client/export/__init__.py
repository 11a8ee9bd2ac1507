"""Taking a study's trials away: to CSV, JSON lines, Parquet and Optuna, a file for each format.

``docs/export.md`` says what each holds, and what is lost.
"""
