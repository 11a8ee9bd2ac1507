"""``PYTHONPATH=tests python -m mistakes``: write docs/mistakes.md from the rows."""

from mistakes.page import PAGE, text

PAGE.write_text(text(), "utf-8")
