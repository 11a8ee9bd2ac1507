"""The tree that the module draws is the tree that it defines."""

from __future__ import annotations

import inspect
import re

from parzen.shared import errors


def drawn():
    """{name: parent} as the docstring draws it, by the depth of each line."""
    parents, path = {}, {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"^    ([│├└─ ]*)([A-Z]\w+)\b", line):
            depth = len(found[1]) // 4
            path[depth] = found[2]
            parents[found[2]] = path.get(depth - 1)
    return parents


def defined():
    classes = [c for c in vars(errors).values() if inspect.isclass(c)]
    return {c.__name__: c.__base__.__name__ for c in classes if c is not errors.ParzenError}


def test_the_drawing_is_the_class_tree():
    assert drawn() == {"ParzenError": None, **defined()}


def test_bad_input_is_a_value_error_too():
    assert issubclass(errors.InvalidSpace, ValueError)
    assert not issubclass(errors.StoreError, ValueError)


def test_every_error_has_an_exit_code_that_a_shell_takes_for_failure():
    classes = [c for c in vars(errors).values() if inspect.isclass(c)]
    assert all(0 < c.exit_code < 128 for c in classes)
