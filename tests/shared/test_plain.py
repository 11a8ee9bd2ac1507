from parzen.shared.plain import raised


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("not even that")


def test_what_was_raised_is_one_line_that_a_document_holds():
    assert raised(ValueError("no\n  idea")) == "ValueError: no idea"
    assert raised(KeyError()) == "KeyError"
    assert raised(ValueError("half \ud800")) == "ValueError: half ?"
    assert raised(Silent()) == "Silent: (its message cannot be shown: RuntimeError)"
    assert len(raised(ValueError("x" * 10_000))) < 300
