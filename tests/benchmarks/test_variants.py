import re
from pathlib import Path

import constants
import variants
from peers import registry

from parzen.coordinator import samplers

FOLDER = Path(next(iter(samplers.__path__)))
OWN = ("acquisition", "auto", "features", "gaussian_process", "parzen_estimator", "ranking")
CHOSEN = (*OWN, "branches", "rounds", "search", "targets", "tpe")
NUMERICAL = {"HALF_LOG_2PI", "SQRT2", "SQRT_PI", "SQRT5", "NEAR", "FAR", "FARTHEST", "JITTER"} | {
    "FLAT", "RAREST", "LEAST", "APART", "FEW", "AHEAD", "FEWEST", "LOWEST_SD", "HIGHEST_SD",
}  # fmt: skip
"""They keep numbers finite, or say how something is computed: proposals hardly go by them."""


def assigned(module):
    """The names of the constants that a file assigns."""
    text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    found = re.findall(r"^([A-Z][A-Z0-9_, ]*)(?:: [^=]+)? = ", text, re.MULTILINE)
    return {f"{module}.{name}" for names in found for name in names.split(", ")}


def test_every_variant_can_be_run_and_is_one():
    for variant in variants.ALL:
        name, options = registry.parse(variant.sampler)
        changed = {**options, **constants.parse(variant.sampler)}
        assert name == variant.base
        assert list(changed) == [variant.name]
        assert variant.value != variant.usual


def test_every_constant_is_measured_or_said_not_to_be():
    measured = {variant.name for variant in variants.ALL}
    known = measured | variants.NOT_MEASURED.keys()
    chosen = {name for module in CHOSEN for name in assigned(module)}
    assert {name for name in chosen - known if name.partition(".")[2] not in NUMERICAL} == set()
    assert not measured & variants.NOT_MEASURED.keys()
