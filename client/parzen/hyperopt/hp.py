"""``hp.uniform("x", 0, 1)`` and the other parameters of search spaces."""

from __future__ import annotations

from parzen.hyperopt.pyll_utils import hp_choice as choice
from parzen.hyperopt.pyll_utils import hp_lognormal as lognormal
from parzen.hyperopt.pyll_utils import hp_loguniform as loguniform
from parzen.hyperopt.pyll_utils import hp_normal as normal
from parzen.hyperopt.pyll_utils import hp_pchoice as pchoice
from parzen.hyperopt.pyll_utils import hp_qlognormal as qlognormal
from parzen.hyperopt.pyll_utils import hp_qloguniform as qloguniform
from parzen.hyperopt.pyll_utils import hp_qnormal as qnormal
from parzen.hyperopt.pyll_utils import hp_quniform as quniform
from parzen.hyperopt.pyll_utils import hp_randint as randint
from parzen.hyperopt.pyll_utils import hp_uniform as uniform
from parzen.hyperopt.pyll_utils import hp_uniformint as uniformint

__all__ = [
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]
