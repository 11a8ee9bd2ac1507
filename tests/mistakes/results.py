"""What an objective returns, reports and attaches."""

from __future__ import annotations

import math  # noqa: F401 - these imports are for the rows' code
from collections import OrderedDict  # noqa: F401
from datetime import date, datetime, timezone  # noqa: F401
from decimal import Decimal  # noqa: F401
from pathlib import Path

import numpy as np  # noqa: F401
from mistakes.rows import Row

from parzen.shared.records import Direction
from parzen.worker.context import About, LocalTrial
from parzen.worker.result import normalise


class Tensor:
    """What a tensor of one element offers."""

    def __init__(self, value):
        self.value = value

    def item(self):
        """Its number."""
        return self.value


class Lazy:
    """A tensor whose number cannot be had."""

    def item(self):
        """Raise as a tensor on another device does."""
        raise RuntimeError("CUDA error: device-side assert triggered")


def returned(value):
    """What the store keeps of a value that an objective of a study to minimise returned."""
    done = normalise(value, Direction.MINIMIZE)
    return done.value, done.result


def maximised(value):
    """The same, of a study to maximise."""
    done = normalise(value, Direction.MAXIMIZE)
    return done.value, done.result


def sized(megabytes):
    """A result with so many bytes beside the loss."""
    return "works" if returned({"loss": 1.0, "x": bytes(int(megabytes * 1e6))}) else None


def cyclic():
    """A dict that holds itself."""
    loop = {"loss": 1.0}
    loop["self"] = loop
    return loop


def deep(depth):
    """Lists within lists."""
    inner = 1
    for _ in range(depth):
        inner = [inner]
    return {"loss": 1.0, "x": inner}


trial = LocalTrial(About(number=0, attempt=1, params={}, workdir=Path()))


ROWS: tuple[Row, ...] = (
    Row(
        "returned(None)",
        "InvalidResult",
        (
            "the objective's return value is None, expected a finite real number, or a "
            "dict with 'loss': did the objective forget to return?"
        ),
    ),
    Row(
        "returned(math.nan)",
        "InvalidResult",
        (
            "the objective's return value is nan, expected a finite real number, or a dict "
            "with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        "returned(math.inf)",
        "InvalidResult",
        (
            "the objective's return value is inf, expected a finite real number, or a dict "
            "with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        "returned(-math.inf)",
        "InvalidResult",
        (
            "the objective's return value is -inf, expected a finite real number, or a "
            "dict with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        'returned("0.5")',
        "InvalidResult",
        (
            "the objective's return value is '0.5', expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        'returned(b"0.5")',
        "InvalidResult",
        (
            "the objective's return value is a bytes, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned(True)",
        "InvalidResult",
        (
            "the objective's return value is True, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned(1 + 2j)",
        "InvalidResult",
        (
            "the objective's return value is (1+2j), expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned(10**400)",
        "InvalidResult",
        (
            "the objective's return value is inf, expected a finite real number, or a dict "
            "with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row('returned(Decimal("0.5"))', "works", "(0.5, {})"),
    Row(
        "returned([0.5])",
        "InvalidResult",
        (
            "the objective's return value is a list, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned((0.5,))",
        "InvalidResult",
        (
            "the objective's return value is a tuple, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned({0.5})",
        "InvalidResult",
        (
            "the objective's return value is a set, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned(object())",
        "InvalidResult",
        (
            "the objective's return value is a object, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned(print)",
        "InvalidResult",
        (
            "the objective's return value is a builtin_function_or_method, expected a "
            "finite real number, or a dict with 'loss'"
        ),
    ),
    Row(
        "returned(lambda: 0.5)",
        "InvalidResult",
        (
            "the objective's return value is a function, expected a finite real number, or "
            "a dict with 'loss'"
        ),
    ),
    Row(
        "returned((x for x in [1]))",
        "InvalidResult",
        (
            "the objective's return value is a generator, expected a finite real number, "
            "or a dict with 'loss'"
        ),
    ),
    Row("returned(np.float32(0.5))", "works", "(0.5, {})"),
    Row("returned(np.longdouble(0.5))", "works", "(0.5, {})"),
    Row("returned(np.int64(3))", "works", "(3.0, {})"),
    Row(
        "returned(np.bool_(True))",
        "InvalidResult",
        (
            "the objective's return value is a bool, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row("returned(np.array(0.5))", "works", "(0.5, {})"),
    Row("returned(np.array([0.5]))", "works", "(0.5, {})"),
    Row(
        "returned(np.array([0.5, 1]))",
        "InvalidResult",
        (
            "the objective's return value is a ndarray of shape (2,), expected a finite "
            "real number, or a dict with 'loss'"
        ),
    ),
    Row(
        "returned(np.array([]))",
        "InvalidResult",
        (
            "the objective's return value is a ndarray of shape (0,), expected a finite "
            "real number, or a dict with 'loss'"
        ),
    ),
    Row(
        'returned(np.float64("nan"))',
        "InvalidResult",
        (
            "the objective's return value is nan, expected a finite real number, or a dict "
            "with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        "returned(np.ma.masked)",
        "InvalidResult",
        (
            "the objective's return value is a MaskedConstant, expected a finite real "
            "number, or a dict with 'loss'"
        ),
    ),
    Row(
        "returned(np.ma.array([0.5], mask=[True]))",
        "InvalidResult",
        (
            "the objective's return value is a MaskedArray of shape (1,), expected a "
            "finite real number, or a dict with 'loss'"
        ),
    ),
    Row(
        'returned(np.datetime64("2026-01-01"))',
        "InvalidResult",
        (
            "the objective's return value is a datetime64, expected a finite real number, "
            "or a dict with 'loss'"
        ),
    ),
    Row(
        'returned(np.array("0.5"))',
        "InvalidResult",
        (
            "the objective's return value is a ndarray, expected a finite real number, or "
            "a dict with 'loss'"
        ),
    ),
    Row("returned(Tensor(0.5))", "works", "(0.5, {})"),
    Row(
        "returned(Tensor(math.nan))",
        "InvalidResult",
        (
            "the objective's return value is nan, expected a finite real number, or a dict "
            "with 'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        "returned(Lazy())",
        "InvalidResult",
        (
            "the objective's return value is a Lazy, expected a finite real number, or a "
            "dict with 'loss'"
        ),
    ),
    Row(
        "returned({})",
        "InvalidResult",
        ("the objective returned a dict without 'loss' (it holds nothing): add it"),
    ),
    Row(
        'returned({"acc": 0.5})',
        "InvalidResult",
        "the objective returned a dict without 'loss' (it holds 'acc'): add it",
    ),
    Row(
        'returned({"value": 0.5})',
        "InvalidResult",
        (
            "the objective returned a dict with 'value' but the study's direction is "
            "minimize: use 'loss'"
        ),
    ),
    Row(
        'maximised({"loss": 0.5})',
        "InvalidResult",
        (
            "the objective returned a dict with 'loss' but the study's direction is "
            "maximize: use 'value'"
        ),
    ),
    Row('returned({"loss": 0.5, "value": 0.6})', "works", "(0.5, {'value': 0.6})"),
    Row(
        'returned({"loss": None})',
        "InvalidResult",
        (
            "the objective's 'loss' is None, expected a finite real number, or a dict with "
            "'loss': did the objective forget to return?"
        ),
    ),
    Row(
        'returned({"loss": "0.5"})',
        "InvalidResult",
        ("the objective's 'loss' is '0.5', expected a finite real number, or a dict with 'loss'"),
    ),
    Row(
        'returned({"loss": math.nan})',
        "InvalidResult",
        (
            "the objective's 'loss' is nan, expected a finite real number, or a dict with "
            "'loss': return a large penalty, or raise, where it diverges"
        ),
    ),
    Row(
        'returned({"Loss": 0.5})',
        "InvalidResult",
        ("the objective returned a dict without 'loss' (it holds 'Loss'): add it"),
    ),
    Row('returned({"loss": 0.5, "x": math.nan})', "works", "(0.5, {'x': nan})"),
    Row('returned({"loss": 0.5, "x": {"y": [math.inf]}})', "works", "(0.5, {'x': {'y': [inf]}})"),
    Row('returned({"loss": 0.5, 1: "a"})', "works", "(0.5, {'1': 'a'})"),
    Row(
        'returned({"loss": 0.5, 1: "a", "1": "b"})',
        "InvalidResult",
        "result has two keys that are both '1' as strings",
    ),
    Row('returned({"loss": 0.5, None: 1})', "works", "(0.5, {'None': 1})"),
    Row(
        'returned({"loss": 0.5, ("a", "b"): 1})',
        "InvalidResult",
        ("result has the key a tuple, expected a string: name it, for instance 'a/b'"),
    ),
    Row('returned({"loss": 0.5, "": 1})', "works", "(0.5, {'': 1})"),
    Row('returned({"loss": 0.5, "$set": {"a": 1}})', "works", "(0.5, {'$set': {'a': 1}})"),
    Row('returned({"loss": 0.5, "a.b": 1})', "works", "(0.5, {'a.b': 1})"),
    Row(
        'returned({"loss": 0.5, "a\\0b": 1})',
        "InvalidResult",
        ("a key of result holds a NUL, which MongoDB refuses in names: take it out"),
    ),
    Row(
        'returned({"loss": 0.5, "\\ud800": 1})',
        "InvalidResult",
        (
            "a key of result holds half a surrogate pair, which is no text: decode it "
            "properly, or return bytes"
        ),
    ),
    Row('returned({"loss": 0.5, "_id": 1})', "works", "(0.5, {'_id': 1})"),
    Row(
        'returned({"loss": 0.5, "x": "\\ud800"})',
        "InvalidResult",
        (
            "result['x'] holds half a surrogate pair, which is no text: decode it "
            "properly, or return bytes"
        ),
    ),
    Row('returned({"loss": 0.5, "x": "a\\0b"})', "works", "(0.5, {'x': 'a\\x00b'})"),
    Row('returned({"loss": 0.5, "x": "\\u202e🎉"})', "works", "(0.5, {'x': '\\u202e🎉'})"),
    Row('returned({"loss": 0.5, "x": b"\\xff"})', "works", "(0.5, {'x': b'\\xff'})"),
    Row('returned({"loss": 0.5, "x": bytearray(b"a")})', "works", "(0.5, {'x': b'a'})"),
    Row('returned({"loss": 0.5, "x": memoryview(b"a")})', "works", "(0.5, {'x': b'a'})"),
    Row('returned({"loss": 0.5, "x": memoryview(b"abcd")[::2]})', "works", "(0.5, {'x': b'ac'})"),
    Row(
        'returned({"loss": 0.5, "x": datetime(1, 1, 1)})',
        "works",
        "(0.5, {'x': datetime.datetime(1, 1, 1, 0, 0)})",
    ),
    Row(
        'returned({"loss": 0.5, "x": datetime(1900, 1, 1, tzinfo=timezone.utc)})',
        "works",
        ("(0.5, {'x': datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)})"),
    ),
    Row(
        'returned({"loss": 0.5, "x": datetime(9999, 12, 31, 23, 59, 59)})',
        "works",
        "(0.5, {'x': datetime.datetime(9999, 12, 31, 23, 59, 59)})",
    ),
    Row(
        'returned({"loss": 0.5, "x": date(2026, 1, 1)})',
        "InvalidResult",
        (
            "result['x'] is a datetime.date, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": Decimal("0.1")})',
        "InvalidResult",
        (
            "result['x'] is a decimal.Decimal, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": {1, 2}})',
        "InvalidResult",
        (
            "result['x'] is a builtins.set, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": 1j})',
        "InvalidResult",
        (
            "result['x'] is a builtins.complex, which a document cannot hold: convert it "
            "to numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": object()})',
        "InvalidResult",
        (
            "result['x'] is a builtins.object, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": print})',
        "InvalidResult",
        (
            "result['x'] is a builtins.builtin_function_or_method, which a document cannot "
            "hold: convert it to numbers, strings, lists or dicts, or keep it with "
            "trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": Path("a")})',
        "InvalidResult",
        (
            "result['x'] is a pathlib.PosixPath, which a document cannot hold: convert it "
            "to numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": 2**63})',
        "InvalidResult",
        (
            "result['x'] is an integer beyond 64 bits, which MongoDB cannot hold: return "
            "it as a float or a string"
        ),
    ),
    Row('returned({"loss": 0.5, "x": -2**63})', "works", "(0.5, {'x': -9223372036854775808})"),
    Row(
        'returned({"loss": 0.5, "x": 10**5000})',
        "InvalidResult",
        (
            "result['x'] is an integer beyond 64 bits, which MongoDB cannot hold: return "
            "it as a float or a string"
        ),
    ),
    Row('returned({"loss": 0.5, "x": np.float32(0.5)})', "works", "(0.5, {'x': 0.5})"),
    Row('returned({"loss": 0.5, "x": np.arange(3)})', "works", "(0.5, {'x': [0, 1, 2]})"),
    Row('returned({"loss": 0.5, "x": np.zeros((2, 0))})', "works", "(0.5, {'x': [[], []]})"),
    Row(
        'returned({"loss": 0.5, "x": np.array([object()])})',
        "InvalidResult",
        (
            "result['x'][0] is a builtins.object, which a document cannot hold: convert it "
            "to numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": np.uint64(2**64 - 1)})',
        "InvalidResult",
        (
            "result['x'] is an integer beyond 64 bits, which MongoDB cannot hold: return "
            "it as a float or a string"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": np.zeros(3_000_000)})',
        "InvalidResult",
        (
            "result['x'] is a numpy.ndarray, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": Tensor(0.5)})',
        "InvalidResult",
        (
            "result['x'] is a mistakes.results.Tensor, which a document cannot hold: "
            "convert it to numbers, strings, lists or dicts, or keep it with "
            "trial.attach(name, bytes)"
        ),
    ),
    Row(
        'returned({"loss": 0.5, "x": np.datetime64("2026-01-01")})',
        "InvalidResult",
        (
            "result['x'] is a datetime.date, which a document cannot hold: convert it to "
            "numbers, strings, lists or dicts, or keep it with trial.attach(name, bytes)"
        ),
    ),
    Row("returned(OrderedDict(loss=0.5, x=1))", "works", "(0.5, {'x': 1})"),
    Row(
        "returned(cyclic())",
        "InvalidResult",
        (
            "result['self']['self']['self']['self']['self']['self']['self']['self']['self']['"
            "self']['self']['self']['self']['self']['self']['self']['self']['self']['self']['"
            "…lf']['self']['self']['self']['self']['self']['self']['loss'] nests deeper "
            "than 50 levels: flatten it, or keep it with trial.attach"
        ),
    ),
    Row("returned(deep(20))", "works", "(1.0, {'x': [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]})"),
    Row(
        "returned(deep(5000))",
        "InvalidResult",
        (
            "result['x'][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
            "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0"
            "] nests deeper than 50 levels: flatten it, or keep it with trial.attach"
        ),
    ),
    Row(
        "sized(3.9)",
        "InvalidResult",
        (
            "result['x'] makes the returned dict larger than 1048576 bytes: keep large "
            "things with trial.attach(name, bytes)"
        ),
    ),
    Row(
        "sized(12)",
        "InvalidResult",
        (
            "result['x'] makes the returned dict larger than 1048576 bytes: keep large "
            "things with trial.attach(name, bytes)"
        ),
    ),
    Row(
        "sized(15.9)",
        "InvalidResult",
        (
            "result['x'] makes the returned dict larger than 1048576 bytes: keep large "
            "things with trial.attach(name, bytes)"
        ),
    ),
    Row(
        "sized(16)",
        "InvalidResult",
        (
            "result['x'] makes the returned dict larger than 1048576 bytes: keep large "
            "things with trial.attach(name, bytes)"
        ),
    ),
    Row(
        "sized(17)",
        "InvalidResult",
        (
            "result['x'] makes the returned dict larger than 1048576 bytes: keep large "
            "things with trial.attach(name, bytes)"
        ),
    ),
    Row("trial.report(0, 0.5)", "works", "None"),
    Row("trial.report(0, math.nan)", "works", "None"),
    Row("trial.report(0, math.inf)", "works", "None"),
    Row(
        "trial.report(-1, 0.5)",
        "InvalidInput",
        "trial.report: the step is -1, expected an integer from 0",
    ),
    Row(
        "trial.report(0.5, 0.5)",
        "InvalidInput",
        ("trial.report: the step is 0.5, expected an integer from 0: report(step, value)"),
    ),
    Row(
        "trial.report(1.0, 0.5)",
        "InvalidInput",
        ("trial.report: the step is 1.0, expected an integer from 0: report(step, value)"),
    ),
    Row(
        'trial.report("1", 0.5)',
        "InvalidInput",
        ("trial.report: the step is '1', expected an integer from 0: report(step, value)"),
    ),
    Row(
        "trial.report(True, 0.5)",
        "InvalidInput",
        ("trial.report: the step is True, expected an integer from 0: report(step, value)"),
    ),
    Row(
        "trial.report(2**63, 0.5)",
        "InvalidInput",
        ("trial.report: the step is 9223372036854775808, expected an integer from 0"),
    ),
    Row("trial.report(np.int64(1), np.float32(0.5))", "works", "None"),
    Row(
        "trial.report(None, 0.5)",
        "InvalidInput",
        ("trial.report: the step is None, expected an integer from 0: report(step, value)"),
    ),
    Row(
        "trial.report(0, None)",
        "InvalidInput",
        "trial.report: the value is a NoneType, expected a real number",
    ),
    Row(
        'trial.report(0, "0.5")',
        "InvalidInput",
        "trial.report: the value is a str, expected a real number",
    ),
    Row(
        "trial.report(0, True)",
        "InvalidInput",
        "trial.report: the value is a bool, expected a real number",
    ),
    Row(
        "trial.report(0, [0.5])",
        "InvalidInput",
        "trial.report: the value is a list, expected a real number",
    ),
    Row(
        'trial.report(0, {"loss": 0.5})',
        "InvalidInput",
        "trial.report: the value is a dict, expected a real number",
    ),
    Row(
        "trial.report(0.5)",
        "TypeError",
        "TrialContext.report() missing 1 required positional argument: 'value'",
    ),
    Row("trial.report(0, 10**400)", "works", "None"),
    Row(
        'trial.attach("", b"")',
        "InvalidInput",
        "trial.attach: the name is '', expected 1 to 200 characters",
    ),
    Row(
        'trial.attach("a", "text")',
        "InvalidInput",
        (
            "trial.attach: 'a' is a str, expected bytes: encode it, or read the file with "
            "Path.read_bytes()"
        ),
    ),
    Row(
        'trial.attach("a", None)',
        "InvalidInput",
        (
            "trial.attach: 'a' is a NoneType, expected bytes: encode it, or read the file "
            "with Path.read_bytes()"
        ),
    ),
    Row(
        'trial.attach("a", [1, 2])',
        "InvalidInput",
        (
            "trial.attach: 'a' is a list, expected bytes: encode it, or read the file with "
            "Path.read_bytes()"
        ),
    ),
    Row(
        'trial.attach(5, b"a")',
        "InvalidInput",
        "trial.attach: the name is 5, expected 1 to 200 characters",
    ),
    Row(
        'trial.attach("x" * 201, b"a")',
        "InvalidInput",
        (
            "trial.attach: the name is "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', expected 1 to 200 characters"
        ),
    ),
    Row(
        'trial.attach("a\\0b", b"a")',
        "InvalidInput",
        "trial.attach: the name is 'a\\x00b', expected printable characters",
    ),
    Row(
        'trial.attach("../../etc/passwd", b"a")',
        "InvalidInput",
        (
            "trial.attach: the name is '../../etc/passwd', expected the name of a file, "
            "such as 'plots/loss.png', which leads nowhere else"
        ),
    ),
    Row(
        'trial.attach("/etc/passwd", b"a")',
        "InvalidInput",
        (
            "trial.attach: the name is '/etc/passwd', expected the name of a file, such as "
            "'plots/loss.png', which leads nowhere else"
        ),
    ),
    Row(
        'trial.attach(".", b"a")',
        "InvalidInput",
        (
            "trial.attach: the name is '.', expected the name of a file, such as "
            "'plots/loss.png', which leads nowhere else"
        ),
    ),
    Row(
        'trial.attach("\\ud800", b"a")',
        "InvalidInput",
        "trial.attach: the name is '\\ud800', expected printable characters",
    ),
    Row(
        'trial.attach("a\\nb", b"a")',
        "InvalidInput",
        "trial.attach: the name is 'a\\nb', expected printable characters",
    ),
    Row('trial.attach("$where", b"a")', "works", "None"),
    Row(
        "trial.failed(None)",
        "InvalidInput",
        (
            "trial.failed: the message is None, expected a text that says why: "
            "trial.failed('diverged at step 3')"
        ),
    ),
    Row(
        'trial.failed("diverged", 1e9)',
        "InvalidInput",
        (
            "trial.failed: the result is 1000000000.0, expected a dict: "
            "trial.failed('diverged', result={'grad_norm': 1e9})"
        ),
    ),
    Row(
        'trial.attach("a", np.zeros(2))',
        "InvalidInput",
        (
            "trial.attach: 'a' is a ndarray, expected bytes: encode it, or read the file "
            "with Path.read_bytes()"
        ),
    ),
    Row('trial.attach("a", memoryview(b"abcd")[::2])', "works", "None"),
    Row('trial.attach("e\\u0301.bin", b"")', "works", "None"),
)
