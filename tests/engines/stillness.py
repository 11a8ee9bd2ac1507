"""Time that stands still until a test moves it."""


class Clock:
    """Seconds, as a callable; ``at`` is what it says."""

    at = 0.0

    def __call__(self):
        return self.at
