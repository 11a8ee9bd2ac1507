from parzen.shared import errors, exits


def kinds(root=errors.ParzenError):
    return [root, *(kind for below in root.__subclasses__() for kind in kinds(below))]


def test_every_error_has_a_code_that_is_explained():
    assert {kind.exit_code for kind in kinds()} <= set(exits.MEANINGS)


def test_the_list_has_a_line_for_each_code():
    lines = exits.listed().splitlines()
    assert [int(line.split()[0]) for line in lines] == sorted(exits.MEANINGS)
    assert lines[3] == f"  3  {exits.MEANINGS[3]}"
