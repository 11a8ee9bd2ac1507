"""Things that are large, near and beyond MongoDB's 16 MB, and hundreds of thousands of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mistakes.rows import Row, tried

from parzen.client import Choice, Float, Space
from parzen.client.study import Study
from parzen.client.submission import put
from parzen.shared.home import StoreAddress
from parzen.shared.mongo import MongoStore, connect


def objective(params):
    """Something to minimise."""
    return 0.5


@dataclass
class Lab:
    """A store at ``uri``, opened when it is needed."""

    uri: str
    _open: list[MongoStore] = field(default_factory=list)

    @property
    def store(self):
        """The store."""
        if not self._open:
            self._open.append(connect(self.uri, prepare=True))
        return self._open[0]

    def submit(self, space):
        """Submit a study over the space, and delete it again."""
        study = Study("large", space=space, objective=objective, max_trials=1)
        try:
            put(study, self.store, StoreAddress(store=self.uri))
        finally:
            left = self.store.db["objectives.files"].count_documents({"filename": "large.bundle"})
            stands = self.store.db["studies"].delete_one({"_id": "large"}).deleted_count
            for name in ("files", "chunks"):
                self.store.db[f"objectives.{name}"].delete_many({})
            assert stands == left, "a bundle was uploaded for a study that was refused"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for store in self._open:
            store.close()


def many_dimensions(lab):
    """A hundred thousand parameters."""
    lab.submit(Space({f"x{i}": Float(0, 1) for i in range(100_000)}))


def thousands_of_dimensions(lab):
    """As many as a study takes."""
    lab.submit(Space({f"x{i}": Float(0, 1) for i in range(10_000)}))


def long_names(lab):
    """Names that fill a document."""
    lab.submit(Space({f"{'x' * 240}{i}": Float(0, 1) for i in range(10_000)}))


def long_options(lab):
    """Options of which each fits, and all together do not."""
    lab.submit(Space({"x": Choice([f"{i}" * 1000 for i in range(10_000)])}))


def many_options(lab):
    """A hundred thousand options."""
    lab.submit(Space({"x": Choice(list(range(100_000)))}))


def large_options(lab):
    """Options of 17 MB."""
    lab.submit(Space({"x": Choice(["a" * 17_000_000, "b"])}))


def near_options(lab):
    """Options that MongoDB would hold, and a trial with its result would not."""
    lab.submit(Space({"x": Choice(["a" * 15_000_000, "b"])}))


def several_options(lab):
    """Options of which each fits."""
    lab.submit(Space({"x": Choice([str(i) * 3_000_000 for i in range(4)])}))


def large_constant(lab):
    """A constant that is larger than a bundle."""
    lab.submit(Space({"x": Float(0, 1), "data": bytes(40_000_000)}))


def outcome(make, lab):
    """What the row gets."""
    return tried(lambda: make(lab))


ROWS: tuple[Row, ...] = (
    Row("a space of 10,000 parameters", "works", "", thousands_of_dimensions),
    Row(
        "a space of 100,000 parameters",
        "InvalidSpace",
        (
            "the space has 100,000 parameters, of which a study takes 10,000: search fewer "
            "at a time, or use an Optimizer, which has no limit"
        ),
        many_dimensions,
    ),
    Row("a space of 10,000 parameters with names of 240 characters", "works", "", long_names),
    Row("a choice of 100,000 options", "works", "", many_options),
    Row(
        "a choice with an option of 15 MB",
        "InvalidStudy",
        (
            "the parameters of one trial of study 'large' take up to 14.3 MiB, of which a "
            "trial holds 4.0 MiB: give large options short names with labels=[…], or load "
            "them in the objective by name"
        ),
        near_options,
    ),
    Row(
        "a choice with an option of 17 MB",
        "InvalidStudy",
        (
            "the parameters of one trial of study 'large' take up to 16.2 MiB, of which a "
            "trial holds 4.0 MiB: give large options short names with labels=[…], or load "
            "them in the objective by name"
        ),
        large_options,
    ),
    Row(
        "a choice of four options of 3 MB each",
        "InvalidStudy",
        (
            "study 'large' takes 11.4 MiB with its search space, of which a study holds "
            "8.0 MiB: give large options short names with labels=[…], or load them in the "
            "objective by name, or search fewer parameters"
        ),
        several_options,
    ),
    Row(
        "a constant of 40 MB in the space",
        "InvalidSpace",
        (
            "the constants and options of the space are larger than 32.0 MiB, which is the "
            "limit of a bundle; load large data in setup(), or read it by its path in the "
            "objective"
        ),
        large_constant,
    ),
    Row(
        "a choice of 10,000 options of 4 KB",
        "InvalidSpace",
        (
            "the constants and options of the space are larger than 32.0 MiB, which is the "
            "limit of a bundle; load large data in setup(), or read it by its path in the "
            "objective"
        ),
        long_options,
    ),
)
