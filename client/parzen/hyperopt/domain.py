"""A search space with the objective that is tried in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parzen.hyperopt.ctrl import Ctrl
from parzen.hyperopt.judging import result_of
from parzen.hyperopt.pyll import as_apply, dfs, rec_eval, scope
from parzen.hyperopt.pyll.base import Apply, GarbageCollected, Literal
from parzen.hyperopt.states import COMMAND, STATUS_NEW
from parzen.hyperopt.translation import Translation
from parzen.hyperopt.walking import drawn_of, parameters, vectors
from parzen.shared.plain import shown


@scope.define
def draw_parameters(expr: Apply, new_ids: Any, rng: Any) -> Any:
    """Draws for the trials ``new_ids``: (ids by label, values by label)."""
    return vectors(expr, new_ids, rng)


scope.settle()


class Domain:
    """What is searched, and by what.

    Args:
        fn: the objective: takes a point of the space, returns a loss or a result.
        expr: the space.
        workdir: where workers run the objective; kept with trials.
        pass_expr_memo_ctrl: call ``fn(expr=, memo=, ctrl=)`` instead; as ``fn`` says if None.
        name: for people.
        loss_target: for people.

    Raises:
        DuplicateLabel: two parameters have one label.
        BadSearchSpace: the space uses itself.
    """

    rec_eval_print_node_on_error = False
    pyll_ctrl = as_apply(Ctrl)

    def __init__(
        self,
        fn: Callable[..., Any],
        expr: Any,
        workdir: str | None = None,
        pass_expr_memo_ctrl: bool | None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        self.fn = fn
        asked = getattr(fn, "fmin_pass_expr_memo_ctrl", False)
        self.pass_expr_memo_ctrl = asked if pass_expr_memo_ctrl is None else pass_expr_memo_ctrl
        self.expr = as_apply(expr)
        self._nodes = parameters(self.expr)
        self.params = {label: drawn_of(node) for label, node in self._nodes.items()}
        self.workdir, self.name, self.loss_target = workdir, name, loss_target
        self.cmd = COMMAND
        self.s_new_ids, self.s_rng = Literal("new_ids"), Literal("rng")
        self.s_idxs_vals = scope.draw_parameters(Literal(self.expr), self.s_new_ids, self.s_rng)
        self.search_seed: int | None = None
        """What a search that has its own loop draws its first trials from."""
        self._translation: Translation | None = None

    @property
    def translation(self) -> Translation:
        """The space as the engine knows it.

        Raises:
            BadSearchSpace: the engine knows no such distribution.
        """
        if self._translation is None:
            self._translation = Translation(self.expr)
        return self._translation

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_translation": None}

    def memo_from_config(self, config: Mapping[str, Any]) -> dict[Apply, Any]:
        """The values of a trial by node, for an evaluation of the space."""
        return {node: config.get(label, GarbageCollected) for label, node in self._nodes.items()}

    def evaluate(
        self, config: Mapping[str, Any], ctrl: Any, attach_attachments: bool = True
    ) -> dict[str, Any]:
        """Call the objective for the trial ``config``, {label: value}; the trial's result.

        Raises:
            InvalidLoss: the objective returned no number, or a dict with status "ok" without one.
            InvalidResultStatus: it returned a dict with another status than there are.
        """
        returned = self._returned(config, ctrl)
        result = result_of(returned)
        if attach_attachments:
            attached = result.pop("attachments", None) or {}
            if not isinstance(attached, Mapping):
                raise TypeError(
                    f"the objective returned the attachments {shown(attached)}: expected a dict "
                    "{name: value}"
                )
            for name, value in attached.items():
                ctrl.attachments[name] = value
        return result

    def _returned(self, config: Mapping[str, Any], ctrl: Any) -> Any:
        memo = self.memo_from_config(config)
        use_obj_for_literal_in_memo(self.expr, ctrl, Ctrl, memo)
        if self.pass_expr_memo_ctrl:
            return self.fn(expr=self.expr, memo=memo, ctrl=ctrl)
        told = self.rec_eval_print_node_on_error
        return self.fn(rec_eval(self.expr, memo=memo, print_node_on_error=told))

    def short_str(self) -> str:
        """For people."""
        return f"Domain{{{self.fn}}}"

    def loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss of a result."""
        del config
        return result.get("loss")

    def loss_variance(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The variance of its loss."""
        del config
        return result.get("loss_variance", 0.0)

    def true_loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """What its loss estimates."""
        return result["true_loss"] if "true_loss" in result else self.loss(result, config)

    def status(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The status of a result."""
        del config
        return result["status"]

    def new_result(self) -> dict[str, Any]:
        """The result of a trial that nobody has run."""
        return {"status": STATUS_NEW}


def use_obj_for_literal_in_memo(
    expr: Apply, obj: Any, lit: Any, memo: dict[Apply, Any]
) -> dict[Apply, Any]:
    """Let each constant ``lit`` in ``expr`` be ``obj`` in an evaluation with ``memo``."""
    for node in dfs(expr):
        if isinstance(node, Literal) and node.obj is lit:
            memo[node] = obj
    return memo
