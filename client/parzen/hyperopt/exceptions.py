"""Hyperopt's exceptions, each with a sentence."""

from __future__ import annotations

from parzen.shared.plain import shown


class BadSearchSpace(Exception):
    """The description of the search space is wrong."""


class DuplicateLabel(BadSearchSpace):
    """Two parameters of a space have one label.

    Args:
        label: theirs.
    """

    def __init__(self, label: object) -> None:
        super().__init__(
            f"two parameters have the label {shown(label)}: give each one of its own, or use one "
            "and the same parameter in both places"
        )
        self.label = label

    def __reduce__(self) -> tuple[type[DuplicateLabel], tuple[object]]:
        return type(self), (self.label,)


class InvalidTrial(ValueError):
    """Something is taken for a trial that is none.

    Args:
        msg: what is wrong with it.
        obj: it, or the part that is wrong.
    """

    def __init__(self, msg: str, obj: object) -> None:
        super().__init__(f"{msg}: {shown(obj)}")
        self.msg, self.obj = msg, obj

    def __reduce__(self) -> tuple[type[InvalidTrial], tuple[str, object]]:
        return type(self), (self.msg, self.obj)


class _InvalidResult(ValueError):
    """What an objective returned is of no use; ``result`` is what it returned."""

    wrong: str

    def __init__(self, result: object) -> None:
        super().__init__(f"the objective returned {shown(result)}: {self.wrong}")
        self.result = result

    def __reduce__(self) -> tuple[type[_InvalidResult], tuple[object]]:
        return type(self), (self.result,)


class InvalidResultStatus(_InvalidResult):
    """The objective returned a dict whose status is none of ``STATUS_STRINGS``."""

    wrong = "its 'status' must be 'ok', 'fail', 'new', 'running' or 'suspended'"


class InvalidLoss(_InvalidResult):
    """The objective returned no number, or a dict with status 'ok' and no number as its loss."""

    wrong = (
        "expected a number, or a dict with 'status' and 'loss', which must be a number where the "
        "status is 'ok'"
    )


class AllTrialsFailed(Exception):
    """No trial has a loss, so that none is the best."""

    def __init__(
        self,
        message: str = "no trial has the status 'ok' and a loss, so none is the best: see "
        "trials.results, or the last exception, for why",
    ) -> None:
        super().__init__(message)


class InvalidAnnotatedParameter(ValueError):
    """An argument of the objective is annotated with something else than a parameter.

    Args:
        result: the sentence that says so.
    """

    def __init__(self, result: object) -> None:
        super().__init__(result)
        self.result = result
