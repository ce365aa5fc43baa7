import json
import re
from datetime import date

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from IPython.lib.pretty import pretty

from nstlib.checks import Mistake, Verdict, ch03_gram, judge

INPUTS = [(torch.tensor([1.0, 2.0]),), (torch.tensor([3.0, 5.0]),)]
TWICE = Mistake(lambda x: 3 * x, "three times is once too often.")


def double(x):
    return 2 * x


def stub(x): ...


def unfinished(x):
    raise NotImplementedError


def ellipsis(x):
    return ...


@pytest.mark.parametrize("answer", [stub, unfinished, ellipsis])
def test_a_stub_is_not_attempted_yet(answer):
    verdict = judge(answer, double, INPUTS)
    assert verdict.right is None
    assert repr(verdict) == "not attempted yet"


def test_right_wrong_and_wrong_in_a_known_way():
    assert repr(judge(lambda x: x + x, double, INPUTS, praise="well done.")) == "right: well done."
    known = judge(lambda x: x + x + x, double, INPUTS, [TWICE])
    assert repr(known) == "not yet: three times is once too often."
    unknown = judge(lambda x: x + 1, double, INPUTS, [TWICE])
    assert unknown.right is False
    assert "3 where 4 is expected" in unknown.message


def test_one_lucky_input_is_not_enough():
    assert judge(lambda x: x + torch.tensor([1.0, 2.0]), double, INPUTS).right is False


def test_shapes_types_and_exceptions_get_a_sentence():
    assert "(1, 2)" in judge(lambda x: 2 * x[None], double, INPUTS).message
    assert "ndarray" in judge(lambda x: 2 * x.numpy(), double, INPUTS).message
    assert "ZeroDivisionError" in judge(lambda x: 1 / 0, double, INPUTS).message
    assert "str" in judge(lambda x: "2", lambda x: 2.0, INPUTS).message


def test_a_function_that_changes_its_argument_cannot_fool_the_reference():
    def spoils(x):
        y = 2 * x
        x.zero_()
        return y

    assert judge(spoils, double, INPUTS).right
    assert not judge(lambda x: x.zero_(), double, INPUTS).right


def test_a_function_that_changes_a_network_cannot_fool_the_reference():
    """Weights of zero would give the right gradient of zero, for instance."""

    def spoils(network, x):
        network.weight.data.zero_()
        return network(x)

    network = torch.nn.Linear(2, 1, bias=False)
    assert not judge(spoils, lambda network, x: network(x), [(network, torch.ones(2))]).right


def test_floats_dictionaries_and_tuples_are_compared_by_member():
    assert judge(lambda x: float(x.sum()), lambda x: x.sum(), INPUTS).right
    assert judge(lambda x: {"a": x}, lambda x: {"a": x}, INPUTS).right
    assert not judge(lambda x: {"b": x}, lambda x: {"a": x}, INPUTS).right
    assert judge(lambda x: [x, 1], lambda x: (x, 1), INPUTS).right
    assert not judge(lambda x: (x, 2), lambda x: (x, 1), INPUTS).right
    assert not judge(lambda x: np.array([1.0]), lambda x: torch.tensor([1.0]), INPUTS).right


def test_a_mistake_that_cannot_happen_is_skipped():
    impossible = Mistake(lambda x: x @ torch.ones(7), "never")
    assert judge(lambda x: x + 1, double, INPUTS, [impossible, TWICE]).message != "never"


NUMBERS = st.floats(-1e3, 1e3, width=32)
ANSWERS = st.one_of(
    NUMBERS,
    st.text("ab", max_size=2),
    st.booleans(),
    st.lists(NUMBERS, min_size=2, max_size=2).map(torch.tensor),
    st.tuples(NUMBERS, NUMBERS),
    st.fixed_dictionaries({"a": NUMBERS, "b": st.lists(NUMBERS, max_size=2).map(torch.tensor)}),
)


@given(answers=st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=3))
def test_a_hint_never_says_that_something_is_wrong_which_is_what_was_expected(answers):
    """Also where the first input's answers agree, and where the numbers differ in the sixth digit."""
    verdict = judge(
        lambda i: answers[i][0], lambda i: answers[i][1], [(i,) for i in range(len(answers))]
    )
    if verdict.right is False:
        said = re.search(
            r"(?:value is|this is) (.*?)(?: where|, and) (.*) is expected", verdict.message
        )
        assert said is None or said[1] != said[2]


def test_the_hint_is_about_the_input_that_differs():
    """As it was for a start from noise: right for one input, and compared there."""
    verdict = judge(lambda x: 1.0, lambda x: x, [(1.0,), (2.0,)])
    assert "1 where 2 is expected" in verdict.message
    verdict = judge(lambda x: {"a": 1.0, "b": x}, lambda x: {"a": 1.0, "b": 2 * x}, [(1.5,)])
    assert "under 'b'" in verdict.message
    assert "1.5 where 3 is expected" in verdict.message


# The count of hints


def gram_without_division(features):
    flat = features.flatten(2)
    return flat @ flat.mT


def gram_divided(features):
    return gram_without_division(features) / features[0, 0].numel()


@pytest.fixture
def counted(tmp_path, monkeypatch):
    path = tmp_path / "hints.jsonl"
    monkeypatch.setenv("NSTLIB_HINTS", str(path))
    return lambda: [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_is_shown_is_counted_and_nothing_else(counted):
    assert ch03_gram.gram_matrix(gram_divided).right  # asked, but not shown
    pretty(ch03_gram.gram_matrix(gram_without_division))
    pretty(ch03_gram.gram_matrix(stub))
    pretty(ch03_gram.gram_matrix(gram_divided))
    wrong, right = counted()
    about = {"day": date.today().isoformat(), "notebook": "03", "check": "gram_matrix"}
    hint = wrong.pop("hint")
    assert wrong == {**about, "right": False}
    assert right == {**about, "right": True}
    assert ch03_gram.gram_matrix(gram_without_division).message.startswith(hint)
    assert 0 < len(hint.split()) <= 8


@pytest.mark.parametrize(
    "message",
    [
        "your function stops with OSError: /home/ada/notes.txt is missing",
        "this is 'ada', and 'right' is expected.",
        "under 'ada', the shape is (1, 2).",
        "a value is 1815 where 2 is expected: ada.",
        "this is <ada object>, and None is expected.",
    ],
)
def test_what_a_student_has_written_is_not_counted(counted, message):
    pretty(Verdict(False, message))
    [line] = counted()
    assert "ada" not in str(line)
    assert "1815" not in str(line)


def test_nothing_is_counted_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("NSTLIB_HINTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert pretty(Verdict(False, "no.")) == "not yet: no."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["/no/such/folder/hints.jsonl", "~nobody-of-this-name/x", "/"])
def test_a_file_that_cannot_be_written_harms_nothing(path, monkeypatch):
    monkeypatch.setenv("NSTLIB_HINTS", path)
    assert pretty(Verdict(True, "well done.")) == "right: well done."
