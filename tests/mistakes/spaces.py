"""Search spaces that cannot be searched, or look as if they could not."""

from __future__ import annotations

import math  # noqa: F401 - this import and the next are for the rows' code
from decimal import Decimal  # noqa: F401
from fractions import Fraction  # noqa: F401

import numpy as np  # noqa: F401
from mistakes.rows import Row

from parzen.client import Choice, Float, Int, LogNormal, Normal, Space  # noqa: F401


def cyclic_list():
    """A list that holds itself."""
    loop = [Float(0, 1)]
    loop.append(loop)
    return loop


def cyclic_dict():
    """A dict that holds itself."""
    loop = {"a": Float(0, 1)}
    loop["b"] = loop
    return loop


def deep(depth):
    """Dicts within dicts."""
    inner = {"a": Float(0, 1)}
    for _ in range(depth):
        inner = {"k": inner}
    return inner


def nested(depth):
    """Lists within lists, without a parameter."""
    inner = [1]
    for _ in range(depth):
        inner = [inner]
    return inner


def branching(depth):
    """Choices within choices."""
    inner = {"a": Float(0, 1)}
    for _ in range(depth):
        inner = {"k": Choice({"a": inner, "b": {}})}
    return inner


ROWS: tuple[Row, ...] = (
    Row("Float(1, 0)", "InvalidSpace", "Float(1.0, 0.0): low must be below high; swap them"),
    Row(
        "Float(1, 1)",
        "InvalidSpace",
        ("Float(1.0, 1.0): low and high are the same point; write the constant 1.0 instead"),
    ),
    Row('Float("0", 1)', "InvalidSpace", "Float('0', 1): low must be a number, not '0'"),
    Row("Float(None, 1)", "InvalidSpace", "Float(None, 1): low must be a number, not None"),
    Row("Float(0)", "TypeError", "Float.__init__() missing 1 required positional argument: 'high'"),
    Row("Float(0, math.nan)", "InvalidSpace", "Float(0.0, nan): high must be finite"),
    Row("Float(0, math.inf)", "InvalidSpace", "Float(0.0, inf): high must be finite"),
    Row("Float(-math.inf, 1)", "InvalidSpace", "Float(-inf, 1): low must be finite"),
    Row(
        "Float(False, True)", "InvalidSpace", "Float(False, True): low must be a number, not False"
    ),
    Row(
        'Float(Decimal("0.1"), 1)',
        "InvalidSpace",
        "Float(Decimal('0.1'), 1): low must be a number, not Decimal('0.1')",
    ),
    Row("Float(Fraction(1,3), 1)", "works", "Float(0.3333333333333333, 1.0)"),
    Row("Float(np.float32(0.1), np.float64(1))", "works", "Float(0.10000000149011612, 1.0)"),
    Row(
        "Float(np.array(0.0), 1)",
        "InvalidSpace",
        "Float(array(0.), 1): low must be a number, not array(0.)",
    ),
    Row(
        "Float(np.array([0.0, 1.0]), 1)",
        "InvalidSpace",
        "Float(array([0., 1.]), 1): low must be a number, not array([0., 1.])",
    ),
    Row(
        'Float(np.longdouble("1e4000"), 1)',
        "InvalidSpace",
        "Float(np.longdouble('1e+4000'), 1): low must be finite",
    ),
    Row(
        "Float(np.bool_(True), 2)",
        "InvalidSpace",
        "Float(np.True_, 2): low must be a number, not np.True_",
    ),
    Row(
        "Float(0, 10**400)",
        "InvalidSpace",
        "Float(0.0, <an int of 1329 bits>): high must be finite",
    ),
    Row("Float(0j, 1)", "InvalidSpace", "Float(0j, 1): low must be a number, not 0j"),
    Row(
        "Float(-1e308, 1e308)",
        "InvalidSpace",
        "Float(-1e+308, 1e+308): the range is wider than a float can hold",
    ),
    Row(
        "Float(0, 5e-324)",
        "InvalidSpace",
        ("Float(0.0, 5e-324): the range is too narrow to tell its values apart; widen it"),
    ),
    Row(
        "Float(1, 1 + 1e-15)",
        "InvalidSpace",
        (
            "Float(1.0, 1.000000000000001): the range is too narrow to tell its values "
            "apart; widen it"
        ),
    ),
    Row(
        "Float(0, 1, log=True)",
        "InvalidSpace",
        "Float(0.0, 1.0, log=True): log needs a positive low",
    ),
    Row(
        "Float(-1, 1, log=True)",
        "InvalidSpace",
        "Float(-1.0, 1.0, log=True): log needs a positive low",
    ),
    Row(
        "Float(1e-4, 1, log=1)",
        "InvalidSpace",
        "Float(0.0001, 1.0, log=1): log must be True or False, not 1",
    ),
    Row(
        'Float(1e-4, 1, log="yes")',
        "InvalidSpace",
        "Float(0.0001, 1.0, log='yes'): log must be True or False, not 'yes'",
    ),
    Row(
        "Float(1e-4, 1, True)",
        "TypeError",
        "Float.__init__() takes 3 positional arguments but 4 were given",
    ),
    Row(
        "Float(1, 10, log=True, step=1)",
        "InvalidSpace",
        (
            "Float(1.0, 10.0, log=True, step=1.0): log and step exclude each other; leave "
            "one out, or use a Choice"
        ),
    ),
    Row("Float(0, 1, step=0)", "InvalidSpace", "Float(0.0, 1.0, step=0.0): step must be positive"),
    Row(
        "Float(0, 1, step=-0.1)",
        "InvalidSpace",
        "Float(0.0, 1.0, step=-0.1): step must be positive",
    ),
    Row(
        "Float(0, 1, step=math.nan)",
        "InvalidSpace",
        "Float(0.0, 1.0, step=nan): step must be finite",
    ),
    Row(
        "Float(0, 1, step=0.3)",
        "InvalidSpace",
        (
            "Float(0.0, 1.0, step=0.3): the range is not a whole number of steps; the "
            "nearest high is 0.9"
        ),
    ),
    Row(
        "Float(0, 1, step=2)",
        "InvalidSpace",
        (
            "Float(0.0, 1.0, step=2.0): step is larger than the range; make it smaller, or "
            "use a Choice"
        ),
    ),
    Row(
        'Float(0, 1, step="0.1")',
        "InvalidSpace",
        "Float(0.0, 1.0, step='0.1'): step must be a number, not '0.1'",
    ),
    Row(
        "Float(0, 1, step=1e-17)",
        "InvalidSpace",
        (
            "Float(0.0, 1.0, step=1e-17): step makes more than 2**53 values; make it "
            "larger, or leave it out"
        ),
    ),
    Row(
        "Float(0, 1, setp=0.1)",
        "TypeError",
        "Float.__init__() got an unexpected keyword argument 'setp'",
    ),
    Row("Int(1, 0)", "InvalidSpace", "Int(1, 0): low must be below high; swap them"),
    Row(
        "Int(1, 1)",
        "InvalidSpace",
        ("Int(1, 1): low and high are the same point; write the constant 1 instead"),
    ),
    Row("Int(0, 1.5)", "InvalidSpace", "Int(0, 1.5): high must be an integer, not 1.5"),
    Row("Int(0, 3.0)", "works", "Int(0, 3)"),
    Row('Int("0", 3)', "InvalidSpace", "Int('0', 3): low must be an integer, not '0'"),
    Row("Int(False, 3)", "InvalidSpace", "Int(False, 3): low must be an integer, not False"),
    Row("Int(0, 2**63)", "InvalidSpace", "Int(0, 9223372036854775808): high must lie in 64 bits"),
    Row("Int(-2**63, 2**63-1)", "works", "Int(-9223372036854775808, 9223372036854775807)"),
    Row(
        "Int(0, 10**5000)",
        "InvalidSpace",
        "Int(0, <an int of 16610 bits>): high must lie in 64 bits",
    ),
    Row("Int(0, math.nan)", "InvalidSpace", "Int(0, nan): high must be an integer, not nan"),
    Row("Int(0, math.inf)", "InvalidSpace", "Int(0, inf): high must be an integer, not inf"),
    Row(
        "Int(np.int8(0), np.uint64(2**64-1))",
        "InvalidSpace",
        "Int(0, np.uint64(18446744073709551615)): high must lie in 64 bits",
    ),
    Row("Int(np.int64(0), np.int64(3))", "works", "Int(0, 3)"),
    Row(
        "Int(Decimal(0), 3)",
        "InvalidSpace",
        "Int(Decimal('0'), 3): low must be an integer, not Decimal('0')",
    ),
    Row(
        "Int(0, 10, step=3)",
        "InvalidSpace",
        ("Int(0, 10, step=3): the range is not a whole number of steps; the nearest high is 9"),
    ),
    Row("Int(0, 10, step=0)", "InvalidSpace", "Int(0, 10, step=0): step must be positive"),
    Row(
        "Int(0, 10, step=2.5)",
        "InvalidSpace",
        "Int(0, 10, step=2.5): step must be an integer, not 2.5",
    ),
    Row(
        "Int(0, 10, step=20)",
        "InvalidSpace",
        ("Int(0, 10, step=20): step is larger than the range; make it smaller, or use a Choice"),
    ),
    Row("Int(0, 10, log=True)", "InvalidSpace", "Int(0, 10, log=True): log needs a positive low"),
    Row(
        "Int(1, 10, log=True, step=2)",
        "InvalidSpace",
        (
            "Int(1, 10, log=True, step=2): log and step exclude each other; leave one out, "
            "or use a Choice"
        ),
    ),
    Row("Normal(0, 0)", "InvalidSpace", "Normal(0.0, 0.0): sigma must be positive"),
    Row("Normal(0, -1)", "InvalidSpace", "Normal(0.0, -1.0): sigma must be positive"),
    Row("Normal(0, math.nan)", "InvalidSpace", "Normal(0.0, nan): sigma must be finite"),
    Row("Normal(math.inf, 1)", "InvalidSpace", "Normal(inf, 1): mu must be finite"),
    Row(
        "Normal(0, 1, low=1, high=0)",
        "InvalidSpace",
        ("Normal(0.0, 1.0, low=1.0, high=0.0): low must be below high; swap them"),
    ),
    Row(
        "Normal(0, 1, low=50, high=51)",
        "InvalidSpace",
        (
            "Normal(0.0, 1.0, low=50.0, high=51.0): only 0 of the probability lies within "
            "the bounds; widen them"
        ),
    ),
    Row(
        "Normal(0, 1, step=0)", "InvalidSpace", "Normal(0.0, 1.0, step=0.0): step must be positive"
    ),
    Row(
        "Normal(0, 1e-320)",
        "InvalidSpace",
        ("Normal(0.0, 1e-320): sigma is too small beside mu to tell values apart; make it larger"),
    ),
    Row(
        "Normal(1e300, 1)",
        "InvalidSpace",
        ("Normal(1e+300, 1.0): sigma is too small beside mu to tell values apart; make it larger"),
    ),
    Row(
        "LogNormal(0, 1, low=-1)",
        "InvalidSpace",
        (
            "LogNormal(0.0, 1.0, low=-1.0): low must not be negative: a log-normal number "
            "is positive"
        ),
    ),
    Row(
        "LogNormal(800, 1)",
        "InvalidSpace",
        ("LogNormal(800.0, 1.0): mu is that of the logarithm, and must lie in [-600, 600]"),
    ),
    Row("LogNormal(0, 0)", "InvalidSpace", "LogNormal(0.0, 0.0): sigma must be positive"),
    Row("LogNormal(0, 500)", "works", "LogNormal(0.0, 500.0)"),
    Row("Choice([])", "InvalidSpace", "Choice(()): there must be at least one option"),
    Row("Choice({})", "InvalidSpace", "Choice({}): there must be at least one option"),
    Row("Choice(())", "InvalidSpace", "Choice(()): there must be at least one option"),
    Row(
        'Choice("abc")',
        "InvalidSpace",
        ("Choice('abc'): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row(
        "Choice(5)",
        "InvalidSpace",
        ("Choice(5): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row(
        "Choice(None)",
        "InvalidSpace",
        ("Choice(None): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row(
        "Choice({1, 2})",
        "InvalidSpace",
        ("Choice({1, 2}): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row(
        "Choice(x for x in [1, 2])",
        "InvalidSpace",
        (
            "Choice(<generator object <genexpr> at …>): options must be a list, a tuple, "
            "or a dict {label: sub-space}"
        ),
    ),
    Row(
        "Choice(range(3))",
        "InvalidSpace",
        ("Choice(range(0, 3)): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row(
        "Choice(np.arange(3))",
        "InvalidSpace",
        ("Choice(array([0, 1, 2])): options must be a list, a tuple, or a dict {label: sub-space}"),
    ),
    Row('Choice(["a"])', "works", "Choice(('a',))"),
    Row(
        "Choice([1, 1.0])",
        "InvalidSpace",
        ("Choice((1, 1.0)): the option 1.0 is there twice (1, 1.0 and True are one value)"),
    ),
    Row(
        "Choice([1, True])",
        "InvalidSpace",
        ("Choice((1, True)): the option True is there twice (1, 1.0 and True are one value)"),
    ),
    Row(
        "Choice([0.1, 0.1])",
        "InvalidSpace",
        ("Choice((0.1, 0.1)): the option 0.1 is there twice (1, 1.0 and True are one value)"),
    ),
    Row(
        "Choice([math.nan, 1.0])",
        "InvalidSpace",
        "Choice((nan, 1.0)): the option nan is not a number",
    ),
    Row(
        "Choice([math.nan, math.nan])",
        "InvalidSpace",
        "Choice((nan, nan)): the option nan is not a number",
    ),
    Row("Choice([math.inf, 1.0])", "works", "Choice((inf, 1.0))"),
    Row('Choice([None, "none"])', "works", "Choice((None, 'none'))"),
    Row(
        "Choice([0.0, -0.0])",
        "InvalidSpace",
        ("Choice((0.0, -0.0)): the option -0.0 is there twice (1, 1.0 and True are one value)"),
    ),
    Row(
        "Choice([[], []])",
        "InvalidSpace",
        ("Choice(([], [])): the option () is there twice (1, 1.0 and True are one value)"),
    ),
    Row(
        "Choice([[1, 2], (1, 2)])",
        "InvalidSpace",
        (
            "Choice(([1, 2], (1, 2))): the option (1, 2) is there twice (1, 1.0 and True "
            "are one value)"
        ),
    ),
    Row(
        "Choice([[1, 2], [1.0, 2.0]])",
        "InvalidSpace",
        (
            "Choice(([1, 2], [1.0, 2.0])): the option (1.0, 2.0) is there twice (1, 1.0 "
            "and True are one value)"
        ),
    ),
    Row(
        "Choice([object(), 2])",
        "InvalidSpace",
        (
            "Choice((<object object at …>, 2)): the option <object object at …> cannot be "
            "stored in MongoDB as it is; give each option a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([print, len])",
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>)): the option "
            "<built-in function print> cannot be stored in MongoDB as it is; give each "
            "option a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([2**63, 1])",
        "InvalidSpace",
        (
            "Choice((9223372036854775808, 1)): the option 9223372036854775808 does not lie "
            "in 64 bits; give it a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([10**5000, 1])",
        "InvalidSpace",
        (
            "Choice(<a tuple of too many digits>): the option <an int of 16610 bits> does "
            "not lie in 64 bits; give it a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([np.int64(1), np.float32(0.5)])", "works", "Choice((np.int64(1), np.float32(0.5)))"
    ),
    Row(
        "Choice([np.bool_(True), False])",
        "InvalidSpace",
        (
            "Choice((np.True_, False)): the option np.True_ cannot be stored in MongoDB as "
            "it is; give each option a label with labels=[…]"
        ),
    ),
    Row(
        'Choice([Decimal("0.1"), Decimal("0.2")])',
        "InvalidSpace",
        (
            "Choice((Decimal('0.1'), Decimal('0.2'))): the option Decimal('0.1') cannot be "
            "stored in MongoDB as it is; give each option a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([Fraction(1,2), 3])",
        "InvalidSpace",
        (
            "Choice((Fraction(1, 2), 3)): the option Fraction(1, 2) cannot be stored in "
            "MongoDB as it is; give each option a label with labels=[…]"
        ),
    ),
    Row(
        "Choice([1j, 2])",
        "InvalidSpace",
        (
            "Choice((1j, 2)): the option 1j cannot be stored in MongoDB as it is; give "
            "each option a label with labels=[…]"
        ),
    ),
    Row(
        'Choice([{"a": 1}, {"a": 2}])',
        "InvalidSpace",
        (
            "Choice(({'a': 1}, {'a': 2})): the option {'a': 1} is a sub-space; name the "
            "options with a dict: Choice({'a': …, 'b': …})"
        ),
    ),
    Row(
        "Choice([Float(0, 1), 2])",
        "InvalidSpace",
        (
            "Choice((Float(0.0, 1.0), 2)): the option Float(0.0, 1.0) is a sub-space; name "
            "the options with a dict: Choice({'a': …, 'b': …})"
        ),
    ),
    Row(
        "Choice([[Float(0, 1)], 2])",
        "InvalidSpace",
        (
            "Choice(([Float(0.0, 1.0)], 2)): the option [Float(0.0, 1.0)] is a sub-space; "
            "name the options with a dict: Choice({'a': …, 'b': …})"
        ),
    ),
    Row(
        'Choice(["\\ud800", "b"])',
        "InvalidSpace",
        (
            "Choice(('\\ud800', 'b')): the option '\\ud800' holds half a surrogate pair, "
            "which is not text"
        ),
    ),
    Row('Choice(["a\\0b", "c"])', "works", "Choice(('a\\x00b', 'c'))"),
    Row('Choice(["é", "e\\u0301"])', "works", "Choice(('é', 'é'))"),
    Row('Choice([b"a", "a"])', "works", "Choice((b'a', 'a'))"),
    Row(
        "Choice([nested(50), 1])",
        "works",
        (
            "Choice(([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"
            "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]], 1))"
        ),
    ),
    Row(
        "Choice([nested(500), 1])",
        "InvalidSpace",
        (
            "Choice(([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "[[[[[[[…]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]], 1)): the "
            "option "
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "…]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] contains "
            "itself, or is nested too deep"
        ),
    ),
    Row(
        'Choice(["a", "b"], weights=[1])',
        "InvalidSpace",
        "Choice(('a', 'b'), weights=[1]): there are 2 options and 1 weights",
    ),
    Row(
        'Choice(["a", "b"], weights=[1, 0])',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=[1, 0]): a weight is 0; leave the option out"),
    ),
    Row(
        'Choice(["a", "b"], weights=[1, -1])',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=[1, -1]): the weight -1 must be positive and finite"),
    ),
    Row(
        'Choice(["a", "b"], weights=[1, math.nan])',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=[1, nan]): the weight nan must be positive and finite"),
    ),
    Row(
        'Choice(["a", "b"], weights=[1, math.inf])',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=[1, inf]): the weight inf must be positive and finite"),
    ),
    Row(
        'Choice(["a", "b"], weights=[1, "2"])',
        "InvalidSpace",
        "Choice(('a', 'b'), weights=[1, '2']): the weight '2' is not a number",
    ),
    Row(
        'Choice(["a", "b"], weights=[True, True])',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=[True, True]): the weight True is not a number"),
    ),
    Row(
        'Choice(["a", "b"], weights={"a": 1})',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights={'a': 1}): weights must name each of the options 'a', 'b'"),
    ),
    Row(
        'Choice(["a", "b"], weights={"a": 1, "b": 2, "c": 3})',
        "InvalidSpace",
        (
            "Choice(('a', 'b'), weights={'a': 1, 'b': 2, 'c': 3}): weights must name each "
            "of the options 'a', 'b'"
        ),
    ),
    Row(
        'Choice(["a", "b"], weights=5)',
        "InvalidSpace",
        ("Choice(('a', 'b'), weights=5): weights must be a list of numbers, one for each option"),
    ),
    Row(
        'Choice(["a", "b"], weights=np.array([1, 2]))',
        "InvalidSpace",
        (
            "Choice(('a', 'b'), weights=array([1, 2])): weights must be a list of numbers, "
            "one for each option"
        ),
    ),
    Row(
        'Choice(["a", "b"], weights=[1e-320, 1e308])',
        "InvalidSpace",
        (
            "Choice(('a', 'b'), weights=[1e-320, 1e+308]): the weight 1e-320 is nothing "
            "beside 1e+308; leave the option out"
        ),
    ),
    Row("Choice([1, 2], weights={1: 1, 2: 1})", "works", "Choice((1, 2), weights=(0.5, 0.5))"),
    Row(
        'Choice([[1], [2]], weights={"a": 1, "b": 2})',
        "InvalidSpace",
        (
            "Choice(([1], [2]), weights={'a': 1, 'b': 2}): weights must name each of the "
            "options (1,), (2,)"
        ),
    ),
    Row(
        'Choice(["a", "b"], weights=(w for w in [1, 2]))',
        "InvalidSpace",
        (
            "Choice(('a', 'b'), weights=<generator object <genexpr> at …>): weights must "
            "be a list of numbers, one for each option"
        ),
    ),
    Row(
        'Choice([print, len], labels=["a"])',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels=['a']): "
            "there are 2 options and 1 labels"
        ),
    ),
    Row(
        'Choice([print, len], labels=["a", "a"])',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels=('a', "
            "'a')): the option 'a' is there twice (1, 1.0 and True are one value)"
        ),
    ),
    Row(
        'Choice([print, len], labels=["a", ""])',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels=['a', "
            "'']): the label '' must be a non-empty str of plain text"
        ),
    ),
    Row(
        'Choice([print, len], labels=["a", 1])',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels=['a', "
            "1]): the label 1 must be a non-empty str of plain text"
        ),
    ),
    Row(
        'Choice([print, len], labels="ab")',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels='ab'): "
            "labels must be a list of str, one for each option"
        ),
    ),
    Row(
        'Choice([print, len], labels=["a", "\\ud800"])',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels=['a', "
            "'\\ud800']): the label '\\ud800' must be a non-empty str of plain text"
        ),
    ),
    Row(
        'Choice([print, len], labels={"a": print})',
        "InvalidSpace",
        (
            "Choice((<built-in function print>, <built-in function len>), labels={'a': "
            "<built-in function print>}): labels must be a list of str, one for each option"
        ),
    ),
    Row(
        'Choice({"a": {}}, labels=["a"])',
        "InvalidSpace",
        (
            "Choice({'a': {}}, labels=['a']): labels= belongs to a list of options; a "
            "dict's keys are its labels"
        ),
    ),
    Row(
        'Choice({"a.b": {}, "c": {}})',
        "InvalidSpace",
        (
            "Choice({'a.b': {}, 'c': {}}): the label 'a.b' must not hold '/' or '.', nor "
            "start with '$'; use another name"
        ),
    ),
    Row(
        'Choice({"a/b": {}, "c": {}})',
        "InvalidSpace",
        (
            "Choice({'a/b': {}, 'c': {}}): the label 'a/b' must not hold '/' or '.', nor "
            "start with '$'; use another name"
        ),
    ),
    Row(
        'Choice({"$a": {}, "c": {}})',
        "InvalidSpace",
        (
            "Choice({'$a': {}, 'c': {}}): the label '$a' must not hold '/' or '.', nor "
            "start with '$'; use another name"
        ),
    ),
    Row(
        'Choice({"": {}, "c": {}})',
        "InvalidSpace",
        "Choice({'': {}, 'c': {}}): the label '' must not be empty",
    ),
    Row(
        "Choice({1: {}, 2: {}})",
        "InvalidSpace",
        "Choice({1: {}, 2: {}}): the label 1 must be a str",
    ),
    Row(
        'Choice({"a\\0": {}, "c": {}})',
        "InvalidSpace",
        ("Choice({'a\\x00': {}, 'c': {}}): the label 'a\\x00' holds a NUL character"),
    ),
    Row(
        'Choice({"\\ud800": {}})',
        "InvalidSpace",
        (
            "Choice({'\\ud800': {}}): the label '\\ud800' holds half a surrogate pair, which "
            "is not text"
        ),
    ),
    Row(
        "Choice({True: {}, False: {}})",
        "InvalidSpace",
        "Choice({True: {}, False: {}}): the label True must be a str",
    ),
    Row(
        'Float(0, 1, name="")',
        "InvalidSpace",
        "Float(0, 1, name=''): name='' must be a non-empty str",
    ),
    Row(
        "Float(0, 1, name=5)", "InvalidSpace", "Float(0, 1, name=5): name=5 must be a non-empty str"
    ),
    Row(
        'Float(0, 1, name="a.b")',
        "InvalidSpace",
        (
            "Float(0, 1, name='a.b'): name='a.b' must not hold '/' or '.', nor start with "
            "'$'; use another name"
        ),
    ),
    Row(
        'Float(0, 1, name="$a")',
        "InvalidSpace",
        (
            "Float(0, 1, name='$a'): name='$a' must not hold '/' or '.', nor start with "
            "'$'; use another name"
        ),
    ),
    Row(
        'Float(0, 1, name="/")', "InvalidSpace", "Float(0, 1, name='/'): name='/' must not be empty"
    ),
    Row(
        'Float(0, 1, name="a//b")',
        "InvalidSpace",
        "Float(0, 1, name='a//b'): name='a//b' must not be empty",
    ),
    Row(
        'Float(0, 1, name="a\\0")',
        "InvalidSpace",
        "Float(0, 1, name='a\\x00'): name='a\\x00' holds a NUL character",
    ),
    Row(
        'Float(0, 1, name="\\ud800")',
        "InvalidSpace",
        (
            "Float(0, 1, name='\\ud800'): name='\\ud800' holds half a surrogate pair, which "
            "is not text"
        ),
    ),
    Row(
        'Float(0, 1, name="x" * 100_000)',
        "InvalidSpace",
        (
            "Float(0, 1, "
            "name='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'): "
            "name='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' has "
            "100,000 characters; 255 is the most"
        ),
    ),
    Row(
        'Float(0, 1, name=" ")', "InvalidSpace", "Float(0, 1, name=' '): name=' ' must not be blank"
    ),
    Row(
        'Float(0, 1, name="a\\nb")',
        "InvalidSpace",
        (
            "Float(0, 1, name='a\\nb'): name='a\\nb' holds the unprintable character U+000A; "
            "leave it out"
        ),
    ),
    Row(
        "Space({})",
        "InvalidSpace",
        ("the space {} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        "Space([])",
        "InvalidSpace",
        ("the space [] has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        "Space(None)",
        "InvalidSpace",
        "a search space is a dict, a list, a tuple or one parameter, not None",
    ),
    Row(
        "Space(5)",
        "InvalidSpace",
        "a search space is a dict, a list, a tuple or one parameter, not 5",
    ),
    Row(
        'Space("lr")',
        "InvalidSpace",
        "a search space is a dict, a list, a tuple or one parameter, not 'lr'",
    ),
    Row(
        'Space({"a": 1})',
        "InvalidSpace",
        ("the space {'a': 1} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        'Space({"a": {}})',
        "InvalidSpace",
        ("the space {'a': {}} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        'Space({"a": []})',
        "InvalidSpace",
        ("the space {'a': []} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        "Space(Float(0, 1))",
        "InvalidSpace",
        "Float(0.0, 1.0) stands alone and has no name; give it name='…'",
    ),
    Row('Space(Float(0, 1, name="x"))', "works", "Space(x)"),
    Row("Space(Float)", "InvalidSpace", "the space is the class Float; call it: Float(…)"),
    Row('Space({"lr": Float})', "InvalidSpace", "'lr' is the class Float; call it: Float(…)"),
    Row(
        'Space({"lr": (Float(0, 1) for _ in range(2))})',
        "InvalidSpace",
        (
            "'lr' is the iterator <generator object <genexpr> at …>, which can be read "
            "once; use a list"
        ),
    ),
    Row(
        'Space({"lr": {Float(0, 1)}})',
        "InvalidSpace",
        "'lr' is a set, which has no order; use a list, a tuple or a dict",
    ),
    Row(
        'Space({"lr": frozenset([Float(0, 1)])})',
        "InvalidSpace",
        "'lr' is a set, which has no order; use a list, a tuple or a dict",
    ),
    Row("Space({1: Float(0, 1)})", "InvalidSpace", "the space: the key 1 must be a str"),
    Row("Space({None: Float(0, 1)})", "InvalidSpace", "the space: the key None must be a str"),
    Row(
        'Space({("a", "b"): Float(0, 1)})',
        "InvalidSpace",
        "the space: the key ('a', 'b') must be a str",
    ),
    Row('Space({"": Float(0, 1)})', "InvalidSpace", "the space: the key '' must not be empty"),
    Row(
        'Space({"a.b": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key 'a.b' must not hold '/' or '.', nor start with '$'; use another name"),
    ),
    Row(
        'Space({"$a": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key '$a' must not hold '/' or '.', nor start with '$'; use another name"),
    ),
    Row(
        'Space({"a/b": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key 'a/b' must not hold '/' or '.', nor start with '$'; use another name"),
    ),
    Row(
        'Space({"a\\0b": Float(0, 1)})',
        "InvalidSpace",
        "the space: the key 'a\\x00b' holds a NUL character",
    ),
    Row(
        'Space({"\\ud800": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key '\\ud800' holds half a surrogate pair, which is not text"),
    ),
    Row(
        'Space({"é": Float(0, 1), "e\\u0301": Float(0, 1)})',
        "InvalidSpace",
        (
            "two parameters are called 'é' and differ only in how an accent is encoded; "
            "give one of them another name"
        ),
    ),
    Row('Space({"🎉": Float(0, 1)})', "works", "Space(🎉)"),
    Row(
        'Space({"\\u202eabc": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key '\\u202eabc' holds the unprintable character U+202E; leave it out"),
    ),
    Row('Space({" ": Float(0, 1)})', "InvalidSpace", "the space: the key ' ' must not be blank"),
    Row(
        'Space({"a\\nb": Float(0, 1)})',
        "InvalidSpace",
        ("the space: the key 'a\\nb' holds the unprintable character U+000A; leave it out"),
    ),
    Row('Space({"__class__": Float(0, 1)})', "works", "Space(__class__)"),
    Row('Space({"_id": Float(0, 1)})', "works", "Space(_id)"),
    Row(
        'Space({"x" * 5000: Float(0, 1)})',
        "InvalidSpace",
        (
            "the space: the key "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' has 5,000 "
            "characters; 255 is the most"
        ),
    ),
    Row(
        'Space({"a": {"b": Float(0, 1)}, "c": Float(0, 1, name="a/b")})',
        "InvalidSpace",
        "two parameters are called 'a/b'; give one of them another name=",
    ),
    Row(
        'Space([Float(0, 1, name="x"), Float(0, 2, name="x")])',
        "InvalidSpace",
        (
            "two parameters share name='x' and are defined differently at 'x'; define them "
            "alike, or give one of them another name"
        ),
    ),
    Row('Space([Float(0, 1, name="x"), Float(0, 1, name="x")])', "works", "Space(x)"),
    Row(
        'Space([Float(0, 1, name="x"), Int(0, 1, name="x")])',
        "InvalidSpace",
        (
            "two parameters share name='x' and are defined differently at 'x'; define them "
            "alike, or give one of them another name"
        ),
    ),
    Row(
        ('Space({"a": Choice({"b": Float(0, 1)}), "c": Choice({"b": Float(0, 1)}, name="a")})'),
        "InvalidSpace",
        "two parameters are called 'a/b'; give one of them another name=",
    ),
    Row("Space(cyclic_list())", "InvalidSpace", "'1' contains itself; a space must end somewhere"),
    Row("Space(cyclic_dict())", "InvalidSpace", "'b' contains itself; a space must end somewhere"),
    Row(
        "Space(deep(90))",
        "works",
        (
            "Space(k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/"
            "k/k/k/k/k/k/k/k/k/k/…"
        ),
    ),
    Row(
        "Space(deep(1000))",
        "InvalidSpace",
        (
            "'k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k"
            "/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k"
            "/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k' is nested more than 100 deep; "
            "flatten the space"
        ),
    ),
    Row(
        "Space(deep(100_000))",
        "InvalidSpace",
        (
            "'k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k"
            "/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k"
            "/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k/k' is nested more than 100 deep; "
            "flatten the space"
        ),
    ),
    Row(
        "Space(branching(40))",
        "works",
        (
            "Space(k, k/a/k, k/a/k/a/k, k/a/k/a/k/a/k, k/a/k/a/k/a/k/a/k, "
            "k/a/k/a/k/a/k/a/k/a/k, k/a/k/a/k/a/k/a/…"
        ),
    ),
    Row(
        "Space(branching(1000))",
        "InvalidSpace",
        (
            "'k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a"
            "/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a"
            "/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a/k/a' is nested more than 100 deep; "
            "flatten the space"
        ),
    ),
    Row(
        'Space({"a": Float(0, 1), "c": nested(1000)})',
        "InvalidSpace",
        (
            "'c/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"
            "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"
            "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0' is nested more than 100 deep; "
            "flatten the space"
        ),
    ),
    Row('Space({"a": Float(0, 1), "c": lambda: 1})', "works", "Space(a)"),
    Row('Space({"x": Choice(list(range(100_000)))})', "works", "Space(x)"),
    Row(
        'Space({"x": Choice({f"o{i}": {"y": Float(0, 1)} for i in range(10_000)})})',
        "works",
        (
            "Space(x, x/o0/y, x/o1/y, x/o2/y, x/o3/y, x/o4/y, x/o5/y, x/o6/y, x/o7/y, "
            "x/o8/y, x/o9/y, x/o10/y, x/…"
        ),
    ),
    Row(
        ('Space({"x": Choice({f"o{i}": {"y": Float(0, 1, name="y")} for i in range(10_000)})})'),
        "works",
        "Space(x, y)",
    ),
    Row(
        'Space({"x": Choice(list(range(100_000)) + [7])})',
        "InvalidSpace",
        (
            "Choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, "
            "20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, "
            "39, 40, 41, 4…, 99992, 99993, 99994, 99995, 99996, 99997, 99998, 99999, 7)): "
            "the option 7 is there twice (1, 1.0 and True are one value)"
        ),
    ),
    Row(
        ('Space({"x": Choice({f"o{i}": {"y": Int(0, 1)} for i in range(10_000)})}).size'),
        "works",
        "20000",
    ),
    Row(
        'Choice({"\\u00e9": {}, "e\\u0301": {}})',
        "InvalidSpace",
        (
            "Choice({'é': {}, 'é': {}}): two labels look the same and differ in how an "
            "accent is encoded"
        ),
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({"x": 2})',
        "InvalidParams",
        "the parameter 'x' is 2; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({"x": math.nan})',
        "InvalidParams",
        "the parameter 'x' is nan; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({"x": True})',
        "InvalidParams",
        "the parameter 'x' is True; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({"x": "0.5"})',
        "InvalidParams",
        "the parameter 'x' is '0.5'; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({})',
        "InvalidParams",
        "the parameter 'x' is missing; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check({"x": 0.5, "y": 1})',
        "InvalidParams",
        "there is no parameter 'y'; did you mean x?",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check([0.5])',
        "InvalidParams",
        "params must be a dict {name: value}, not [0.5]",
    ),
    Row(
        'Space({"x": Float(0, 1)}).check(None)',
        "InvalidParams",
        "params must be a dict {name: value}, not None",
    ),
    Row(
        'Space({"n": Int(0, 9)}).check({"n": 1.5})',
        "InvalidParams",
        "the parameter 'n' is 1.5; it must be an integer from 0 to 9",
    ),
    Row(
        'Space({"n": Int(0, 9)}).check({"n": 10**400})',
        "InvalidParams",
        ("the parameter 'n' is <an int of 1329 bits>; it must be an integer from 0 to 9"),
    ),
    Row(
        'Space({"c": Choice([1, 2])}).check({"c": 3})',
        "InvalidParams",
        "the parameter 'c' is 3; it must be one of 1, 2",
    ),
    Row(
        'Space({"c": Choice([1, 2])}).check({"c": True})',
        "InvalidParams",
        "the parameter 'c' is True; it must be one of 1, 2",
    ),
    Row(
        'Space({"c": Choice([1, 2])}).check({"c": [1]})',
        "InvalidParams",
        "the parameter 'c' is [1]; it must be one of 1, 2",
    ),
    Row(
        (
            'Space({"c": Choice({"a": {"x": Float(0, 1)}, "b": {}})}).check({"c": "b", '
            '"c/a/x": 0.5})'
        ),
        "InvalidParams",
        ("the parameter 'c/a/x' is given but takes part only where 'c' is 'a'; leave it out"),
    ),
)
