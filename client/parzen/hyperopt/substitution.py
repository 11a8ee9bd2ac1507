"""``import hyperopt`` that gives parzen's modules: for packages that are written for Hyperopt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from parzen.shared.errors import Conflict

THEIRS = "hyperopt"
OURS = "parzen.hyperopt"


def pose_as_hyperopt() -> None:
    """Let ``import hyperopt``, and of any module in it, give the module of parzen's of that name.

    For packages such as hyperopt-sklearn or Ray Tune, which import ``hyperopt`` themselves: call it
    before they are imported. The modules are the same objects under both names, so what one hands
    out is an instance of the other's classes. It holds for this process and those forked from it;
    a process that starts a new interpreter has to call it again. Calling it twice does no harm.

    Raises:
        Conflict: Hyperopt has been imported already.
    """
    found = sys.modules.get(THEIRS)
    if found is not None and found is sys.modules[OURS]:
        return
    if found is not None:
        raise Conflict(
            f"hyperopt has been imported already, from {getattr(found, '__file__', None)}: call "
            "pose_as_hyperopt() at the top of the script, before anything that imports hyperopt"
        )
    loaded = [name for name in sys.modules if name == OURS or name.startswith(f"{OURS}.")]
    for name in loaded:  # to load fmin again would put the module in the place of the function
        sys.modules[THEIRS + name.removeprefix(OURS)] = sys.modules[name]
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds among parzen's modules those of ``hyperopt`` that are not loaded yet."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target  # the name says it all
        package, _, rest = fullname.partition(".")
        if package != THEIRS:
            return None
        name = f"{OURS}.{rest}"
        if find_spec(name) is None:
            raise ModuleNotFoundError(
                f"no module {fullname}: parzen.hyperopt stands in hyperopt's place here "
                f"(pose_as_hyperopt was called), and it has no {rest}",
                name=fullname,
            )
        return ModuleSpec(fullname, _Loader(name))


class _Loader(Loader):
    """Loads the module ``name``, whatever it is asked for by.

    The import system writes the name that it asked for into the module; it is taken out again, so
    that parzen's own imports of the module go on as before.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        del spec
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
