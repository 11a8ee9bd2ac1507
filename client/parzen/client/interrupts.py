"""Ctrl-C while one waits, and a notebook's stop button: told in a sentence instead of frames."""

from __future__ import annotations


def interrupted(said: str) -> KeyboardInterrupt:
    """A KeyboardInterrupt that says what became of things; raise it ``from None``.

    It is Python's own and no subclass of it: only that makes a script that does not catch it end
    as one that was interrupted, by SIGINT, which its shell or its parent goes by.
    """
    error = KeyboardInterrupt(said)
    # IPython asks an exception whether it draws itself: here no frame is anybody's fault
    vars(error)["_render_traceback_"] = lambda: [f"KeyboardInterrupt: {said}"]
    return error
