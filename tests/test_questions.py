"""The question bank: its answers, the formats, the exam, the concept inventory, the count of hints.

Every template is filled with all of its parameters, and every computed answer is compared with one
that is computed here in another way.
"""

import csv
import io
import itertools
import json
import math
import random
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import inventory
import numpy as np
import pytest
import question_formats as formats
import questions
from hypothesis import given
from hypothesis import strategies as st

COURSE = Path(questions.__file__).parent
RAW = questions.load()
NAMES = {raw["id"]: raw for raw in RAW}


def fillings(raw):
    """(parameters, question) for all combinations of a question's parameters."""
    drawn = raw.get("draw", {})
    for values in itertools.product(*drawn.values()):
        parameters = dict(zip(drawn, values, strict=True))
        yield parameters, questions.fill(raw, parameters)


EVERYTHING = [(p, one) for raw in RAW for p, one in fillings(raw)]
BANK = [one for raw in RAW for one in questions.variants(raw, 3, 2)]


# The answers, in another way


def shape(layer, side):
    """(channels, side) of a layer's features, by sending a side through the network."""
    channels = (64, 128, 256, 512, 512)[int(layer[4]) - 1]
    for _ in range(int(layer[4]) - 1):
        side = len(range(0, side - 1, 2))
    return channels, side


def seen(layer):
    """How many pixels one position of a layer depends on, by walking back from it."""
    blocks = [*(2, 2, 4, 4)[: int(layer[4]) - 1], int(layer[6])]
    first, last = -blocks[-1], blocks.pop()
    while blocks:
        first, last = 2 * first - blocks[-1], 2 * last + 1 + blocks.pop()
    return last - first + 1


def beyond(layer):
    """How many pixels beyond a tile a layer needs, by walking back from the tile's edge."""
    blocks = [*(2, 2, 4, 4)[: int(layer[4]) - 1], int(layer[6])]
    edge = blocks.pop()
    while blocks:
        edge = 2 * edge + blocks.pop()
    return edge


def gram(*rows):
    return np.array(rows, float) @ np.array(rows, float).T


def noise(*size):
    return np.random.default_rng(0).standard_normal(size)


def continued(times, power):
    """Growth of plain sums when a texture is continued to so many times its width and height."""
    small = [noise(3, 4, 5), noise(3, 4, 5) + 1]
    large = [np.tile(one, (1, times, times)) for one in small]
    a, b = ([gram(*one.reshape(3, -1)) for one in pair] for pair in (small, large))
    return ((b[0] - b[1]) ** power).sum() / ((a[0] - a[1]) ** power).sum()


def steps_until(rate, share):
    error, steps, goal = 1.0, 0, {"tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}[share]
    while error > goal:
        error, steps = error - rate * error, steps + 1
    return steps


def moved(rate, curvature):
    """One step of gradient descent on curvature / 2 x² from 1, by a difference quotient."""
    slope = curvature / 2 * ((1 + 1e-6) ** 2 - (1 - 1e-6) ** 2) / 2e-6
    return 1 - rate * slope


def balance(beta):
    """Ratio of the gradients at the minimum of x² + beta (x - 1)², found by halving."""
    low, high = 0.0, 1.0
    for _ in range(200):
        x = (low + high) / 2
        low, high = (x, high) if x < beta * (1 - x) else (low, x)
    return x / (1 - x)


def mib(*size):
    return np.dtype("float32").itemsize * math.prod(size) / 2**20


NUMBERS = {
    "opt-count": lambda width, height: np.broadcast_to(0, (3, height, width)).size,
    "feat-count": lambda layer, side: shape(layer, side)[0] * shape(layer, side)[1] ** 2,
    "feat-field": lambda layer: seen(layer),
    "feat-share": lambda layer: shape(layer, 64)[0] * shape(layer, 64)[1] ** 2 / (3 * 64 * 64),
    "con-value": lambda a, b, c: ((np.array([1, b, c]) - [a, 4, 0]) ** 2).sum(),
    "con-psnr": lambda error: 10 * math.log10(1 / np.mean(np.full(9, error) ** 2)),
    "gram-entry": lambda a, b, c: gram((a, 0, 2, 1), (0, b, c, 1))[0, 1] / 4,
    "gram-cosine": lambda p, q, r: (np.diag([p**-0.5, q**-0.5]) @ [[p, r], [r, q]])[0, 1] / q**0.5,
    "gram-memory": lambda side: mib(side * side, side * side) / 1024,
    "gram-stronger": lambda factor: (gram(*(factor * noise(2, 9))) / gram(*noise(2, 9)))[0, 1],
    "gram-larger": lambda times: continued(times, 1),
    "gram-distinct": lambda c: len(np.triu_indices(c)[0]),
    "gram-rank": lambda side: np.linalg.matrix_rank(noise(512, shape("relu5_1", side)[1] ** 2)),
    "style-sixteen": lambda times: continued(times, 2),
    "style-value": lambda d, o, m: (
        ((np.array([[10 + d, 7 + o], [7 + o, 9]]) - [[10, 7], [7, 9]]) ** 2).sum()
        / (4 * 2**2 * m**2)
    ),
    "style-equal-share": lambda first, second, third: np.linalg.solve(
        np.diag([first, second, third]), np.full(3, 1 / 3)
    )[0],
    "style-inside": lambda weight: ((weight * noise(5)) ** 2).sum() / (noise(5) ** 2).sum(),
    "style-outvoted": lambda small, times: np.zeros((small * times,) * 2).size / small / small,
    "tr-total": lambda alpha, beta, content, style: np.dot([alpha, beta], [content, style]),
    "tr-share": lambda beta, content, style: 100 / (1 + content / (beta * style)),
    "tr-pull": balance,
    "tr-sum-mean": lambda c, s: np.ones((c, s, s)).sum() / np.ones((c, s, s)).mean(),
    "op-limit": lambda steepest: min(
        rate / 1000 for rate in range(1, 1001) if abs(moved(rate / 1000, steepest)) > 1 - 1e-6
    ),
    "op-factor": moved,
    "op-steps": steps_until,
    "op-memory": lambda side, history: mib(history, 2, 3, side, side),
    "op-newton": lambda side: mib(3, side, side, 3, side, side) / 1024,
    "op-copies": lambda history: len([(step, kind) for step in range(history) for kind in "sy"]),
    "ex-mix": lambda share, one, other: other + share * (one - other),
    "ex-mask": lambda a, b: np.average([a * 2, 1 * 3, b * 4, 8 * 5], weights=[1, 1, 0, 0]),
    "st-blind": lambda bright, parts: np.sqrt(np.mean([bright**2] + [0] * (parts - 1))),
    "st-cost": lambda c, side: (side * side) ** 2 / c**2,
    "st-mean-std": lambda m, s: abs(complex(m, s) - complex(1, 1)) ** 2,
    "st-sorted": lambda a, b, c: min(
        np.mean((np.array([c, a, b]) - order) ** 2) for order in itertools.permutations((4, 7, 0))
    ),
    "fi-two-halves": lambda c: np.vstack([np.eye(c), -np.eye(c)]).shape[0],
    "co-operations": lambda cin, cout, side: (
        2 * np.zeros((3, 3, cin, cout)).size * (side * side / 1e9)
    ),
    "co-wider": lambda times: np.zeros((3 * times, 5 * times)).size / 15,
    "co-halo": beyond,
    "co-memory": lambda side, layer: mib(*shape(layer, side), shape(layer, side)[1]),
}

# Of an open question: what has to stand in its answer, without spaces.
WORDS = {
    "opt-find-errors": lambda layer, rate: ["[image]", "no_grad", "square"],
    "feat-shapes": lambda layer, side: [
        "{0}×{1}×{1}".format(*shape(layer, side)),
        "{0}×{0}".format(*shape(layer, side)),
    ],
    "feat-field-steps": lambda layer: [f"is{seen(layer)}("],
    "gram-by-hand": lambda a, b, c: [
        r"\begin{{pmatrix}}{:g}&{:g}\\{:g}&{:g}\end".format(*gram((a, 0, b, 1), (0, 3, c, 0)).flat),
        r"\begin{{pmatrix}}{:g}&{:g}\\{:g}&{:g}\end".format(
            *(gram((a, 0, b, 1), (0, 3, c, 0)) / 4).flat
        ),
        f"{np.corrcoef([a, 0, b, 1, -a, 0, -b, -1], [0, 3, c, 0, 0, -3, -c, 0])[0, 1]:.2f}",
        f"4×4;{np.trace(gram(*np.array([(a, 0, b, 1), (0, 3, c, 0)]).T)):g}",
    ],
    "gram-slip": lambda side: [f"={mib(side * side, side * side) / 1024:g}GiB"],
    "gram-forgetting": lambda side: ["PP^{"],
    "gram-counting": lambda side: [
        f"={sum(len(np.triu_indices(c)[0]) for c in (64, 128, 256, 512, 512))}",
        f"={np.broadcast_to(0, (3, side, side)).size}",
        f"atmost{shape('relu5_1', side)[1] ** 2}",
        str(len(np.triu_indices(512)[0])),
    ],
    "style-scales": lambda times, layer, side: [
        f"squared:{round(continued(times, 2))}(",
        f"β/αtimes{shape(layer, side)[0] * shape(layer, side)[1] ** 2}(",
    ],
    "style-equal-say": lambda a, b, c: [f"1/{3 * a},1/{3 * b},1/{3 * c}("],
    "op-bowl": lambda rate, steep: [
        f"={2 / steep:g}$",
        f"={moved(rate, 1):.4g}$",
        f"={moved(rate, steep):.4g}$",
        f"so{steps_until(rate, 'hundredth')}(",
    ],
    "op-estimate": lambda side, history: [
        f"={mib(2 * history, 3, side, side) * 2**18:.0f}$numbers",
        f"{mib(2 * history, 3, side, side):g}MiB(",
        f"{mib(3, side, side, 3, side, side) / 2**20:.3g}TiB",
        f"{mib(64, side, side):g}MiB(1)",
    ],
}


def bare(text):
    """A text without spaces, and without what separates thousands."""
    return re.sub(r"\\,|(?<=\d),(?=\d{3}\b)|\s", "", text)


def test_every_computed_answer_is_compared_with_another_one():
    assert set(NUMBERS) == {raw["id"] for raw in RAW if raw["kind"] == "number"}
    assert set(WORDS) == {raw["id"] for raw in RAW if raw["kind"] == "open" and "draw" in raw}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_right_for_all_parameters(name):
    for parameters, question in fillings(NAMES[name]):
        expected = float(NUMBERS[name](**parameters))
        assert question.answer == pytest.approx(expected, rel=1e-6), parameters
        for answer in (question.answer, *(wrong.answer for wrong in question.wrong)):
            assert abs(float(formats.plain(answer)) - answer) <= question.tolerance
        for wrong in question.wrong:
            assert abs(wrong.answer - expected) > question.tolerance, parameters


@pytest.mark.parametrize("name", WORDS)
def test_an_open_question_is_answered_for_all_parameters(name):
    for parameters, question in fillings(NAMES[name]):
        for part in WORDS[name](**parameters):
            assert part in bare(question.answer), parameters


def test_the_derivative_of_the_style_loss():
    F, A = noise(3, 5), gram(*(noise(3, 5) + 1))

    def loss(F):
        return ((F @ F.T - A) ** 2).sum() / (4 * 3**2 * 5**2)

    slope = np.zeros_like(F)
    for place in np.ndindex(F.shape):
        step = np.zeros_like(F)
        step[place] = 1e-5
        slope[place] = (loss(F + step) - loss(F - step)) / 2e-5
    np.testing.assert_allclose(slope, (F @ F.T - A) @ F / (3**2 * 5**2), rtol=1e-6)
    assert bare(r"\frac{1}{N^2 M^2} (G - A) F") in bare(NAMES["style-derive"]["answer"])


# The bank


def test_there_are_enough_questions_of_every_kind():
    assert len(RAW) >= 40
    assert set(Counter(raw["kind"] for raw in RAW)) == set(questions.KINDS)
    assert {raw["notebook"] for raw in RAW} >= {f"0{number}" for number in range(1, 10)}
    for raw in RAW:
        assert raw["points"] > 0
        assert raw["points"] <= raw["minutes"] <= 2 * raw["points"]
        notebook = list((COURSE.parent).glob(f"{raw['notebook']}_*.ipynb"))
        assert len(notebook) == 1


@pytest.mark.parametrize("kind", questions.KINDS)
def test_all_parameters_make_whole_questions(kind):
    for parameters, one in EVERYTHING:
        if one.kind != kind:
            continue
        said = [one.text, one.feedback, questions.said_answer(one)]
        said += [wrong.belief for wrong in one.wrong]
        said += [text for text, _ in one.choices] if kind == "choice" else []
        said += [questions._asked("1", one), questions._answered("1", one)]
        for text in said:
            assert text.strip(), (one.id, parameters)
            assert "[[" not in text, (one.id, parameters)
            assert text.count("$") % 2 == 0, (one.id, parameters)
            assert text.count("`") % 2 == 0, (one.id, parameters)
        assert all(wrong.belief.endswith((".", "?", '."')) for wrong in one.wrong), one.id


def test_one_choice_is_right_and_no_two_are_equal():
    for _, one in EVERYTHING:
        if one.kind == "choice":
            texts = [text.casefold() for text, _ in one.choices]
            assert len(set(texts)) == len(texts) >= 3, one.id
            assert [wrong for _, wrong in one.choices].count(None) == 1, one.id


def test_the_length_of_an_answer_does_not_give_it_away():
    """Four choices: by chance the right one is the longest in a quarter of the questions."""
    choices = [raw for raw in RAW if raw["kind"] == "choice"]
    longest = [
        len(raw["answer"]) > max(len(wrong["answer"]) for wrong in raw["wrong"]) for raw in choices
    ]
    assert sum(longest) < 0.35 * len(choices)
    places = Counter(one.order for one in BANK if one.kind == "choice")
    assert min(places[place] for place in range(4)) > 0.1 * len(choices)


def test_drawing_is_seeded():
    def drawn(seed):
        return [one for raw in RAW for one in questions.variants(raw, seed, 3)]

    assert drawn(1) == drawn(1) != drawn(2)
    for raw in RAW:
        made = questions.variants(raw, 1, 3)
        assert len({one.text for one in made}) == len(made) <= (3 if "draw" in raw else 1)


FINE = """
topic = "A topic"
[[question]]
id = "one"
kind = "number"
notebook = "02"
points = 1
minutes = 1
draw = { a = [1, 2] }
text = "What is [[a]] + 1?"
answer = "a + 1"
feedback = "It is [[a + 1]]."
"""


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ("topic =", "topic", "bank.toml"),
        ('topic = "A topic"', "", "topic"),
        ("minutes = 1", "", "minutes"),
        ("points = 1", 'points = "1"', "points"),
        ('kind = "number"', 'kind = "essay"', "'essay'"),
        ('id = "one"', 'id = "Number One"', "Number One"),
        ("draw", "dice", "dice"),
        ('kind = "number"', 'kind = "choice"', "one"),
        ('answer = "a + 1"', 'answer = "b + 1"', "'b"),
        ("[[a + 1]]", "[[a + ]]", "'a + '"),
        ('feedback = "', 'like = "two"\nfeedback = "', "two"),
        ('feedback = "', 'wrong = [{ answer = "1 + a" }]\nfeedback = "', "belief"),
        ('feedback = "', 'wrong = [{ answer = "1 + a", belief = "?" }]\nfeedback = "', "same"),
        ("a + 1]].", 'a + 1]]."\n[[question]]\nid = "one', "missing"),
    ],
)
def test_a_mistake_in_the_bank_is_named(tmp_path, old, new, about):
    assert old in FINE
    (tmp_path / "bank.toml").write_text(FINE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(about)):
        [list(fillings(raw)) for raw in questions.load(tmp_path)]


def test_two_questions_of_one_name_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match=re.escape(str(tmp_path))):
        questions.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(FINE, encoding="utf-8")
    with pytest.raises(ValueError, match="one"):
        questions.load(tmp_path)


def test_the_example_of_the_readme_is_a_question(tmp_path):
    readme = (COURSE / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "a.toml").write_text(f'topic = "A topic"\n{example}', encoding="utf-8")
    [raw] = questions.load(tmp_path)
    for parameters, one in fillings(raw):
        assert one.answer == pytest.approx(NUMBERS[raw["id"]](**parameters))


# Markdown to HTML

BLOCK = {"p", "pre"}
INLINE = {"code", "strong", "em"}


def parsed(html):
    return ElementTree.fromstring(f"<div>{html}</div>")


@given(st.text(alphabet="ab <>&]$`*\"'\\\n", max_size=60))
def test_whatever_is_written_becomes_well_formed_html(text):
    tags = {one.tag for one in parsed(formats.blocks(text)).iter()}
    assert tags <= {"div", *BLOCK, *INLINE}


@given(st.text(alphabet="abc <>&]", min_size=1, max_size=40).map(str.strip).filter(bool))
def test_text_survives_escaping_and_cdata(text):
    [said] = ElementTree.fromstring(formats._html("feedback", formats.blocks(text))).iter("text")
    assert "".join(parsed(said.text).itertext()).split() == text.split()


def test_formulas_and_code_are_marked():
    root = parsed(formats.blocks("Is $a < b$ or `x < y`?\n\n```python\na = b < c\n\nd\n```\nEnd."))
    assert [one.tag for one in root] == ["p", "pre", "p"]
    assert root[0].text == r"Is \(a < b\) or "
    assert root[0][0].tag == "code"
    assert root[0][0].text == "x < y"
    assert root[1].text == "a = b < c\n\nd"


# Moodle XML, by the rules of Moodle's importer (question/format/xml/format.php, and
# https://docs.moodle.org/en/Moodle_XML_format)

TYPES = {"choice": "multichoice", "number": "numerical", "short": "shortanswer", "open": "essay"}


@pytest.fixture(scope="module")
def quiz():
    return ElementTree.fromstring(formats.moodle(BANK))


def of_type(quiz, *types):
    return [one for one in quiz if one.get("type") in types]


def test_moodle_gets_every_question_once(quiz):
    assert quiz.tag == "quiz"
    assert {one.tag for one in quiz} == {"question"}
    found = Counter(one.get("type") for one in quiz if one.get("type") != "category")
    assert found == Counter(TYPES[one.kind] for one in BANK)
    asked = of_type(quiz, *TYPES.values())
    for field in ("name/text", "idnumber"):
        names = [one.find(field).text for one in asked]
        assert len(set(names)) == len(names)
        assert max(map(len, names)) <= 100  # idnumber is cut there
    paths = [one.find("category/text").text for one in of_type(quiz, "category")]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith("$course$/top/nstlib/") for path in paths)


def test_moodle_questions_have_what_the_importer_reads(quiz):
    for one in of_type(quiz, *TYPES.values()):
        assert float(one.find("defaultgrade").text) > 0
        for field in ("questiontext", "generalfeedback"):
            assert one.find(field).get("format") == "html"
            said = one.find(f"{field}/text").text
            assert said
            html = "".join(parsed(said).itertext())
            assert html.count(r"\(") == html.count(r"\)")
            assert "$" not in html
        for answer in one.findall("answer"):
            assert answer.get("fraction") in ("0", "100")  # of the shares that Moodle knows
            assert answer.find("text").text
            parsed(answer.find("feedback/text").text)


def test_moodle_marks_as_the_bank_does(quiz):
    bank = dict(formats.named(BANK))
    for xml in of_type(quiz, *TYPES.values()):
        one = bank.pop(xml.findtext("idnumber"))
        right = [answer for answer in xml.findall("answer") if answer.get("fraction") == "100"]
        if one.kind == "choice":
            assert xml.find("single").text == "true"
            assert [answer.find("text").text for answer in right] == [formats.inline(one.answer)]
            assert len(xml.findall("answer")) == len(one.choices)
        elif one.kind == "number":
            [answer] = right
            given, within = (float(answer.find(name).text or 0) for name in ("tolerance", "text"))
            assert (given, within) == pytest.approx((one.tolerance, one.answer), rel=1e-9)
            for wrong in one.wrong:
                assert abs(wrong.answer - within) > given
        elif one.kind == "short":
            assert {answer.find("text").text for answer in right} == set(one.answer)
        else:
            assert not right
            assert xml.find("graderinfo/text").text
    assert not bank


def test_an_asterisk_is_no_wildcard_and_a_slash_no_category():
    one = questions.Question(
        "a", "CPU/GPU", "09", "short", 1, 1, "2 to the 3rd?", ("2**3",), "It is 8."
    )
    text = formats.moodle([one])
    assert r"2\*\*3" in text
    assert "CPU//GPU" in text


# QTI 2.1: the order of elements and the values of attributes are those of imsqti_v2p1.xsd and
# qtiv2p1_imscpv1p2_v1p0.xsd (1EdTech). The files themselves may be passed on by registered developers
# only, so they are not part of this repository.

Q = f"{{{formats.QTI}}}"
P = f"{{{formats.PACKAGE}}}"
ORDER = ["responseDeclaration", "outcomeDeclaration", "itemBody"]
ORDER += ["responseProcessing", "modalFeedback"]
IDENTIFIER = re.compile(r"[A-Za-z_][\w.-]*")
BODY = {"p", "pre", "code", "strong", "em", "rubricBlock", "choiceInteraction", "simpleChoice"}
BODY |= {"textEntryInteraction", "extendedTextInteraction"}


@pytest.fixture(scope="module")
def package():
    with zipfile.ZipFile(io.BytesIO(formats.qti(BANK))) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def test_the_manifest_lists_the_files_of_the_package(package):
    root = package["imsmanifest.xml"]
    assert root.tag == f"{P}manifest"
    assert [one.tag for one in root] == [f"{P}metadata", f"{P}organizations", f"{P}resources"]
    assert root.findtext(f"{P}metadata/{P}schema") == "QTIv2.1 Item Bank Package"
    assert root.findtext(f"{P}metadata/{P}schemaversion") == "1.0.0"
    resources = root.findall(f"{P}resources/{P}resource")
    assert {one.get("type") for one in resources} == {"imsqti_item_xmlv2p1"}
    assert len({one.get("identifier") for one in resources}) == len(resources) == len(BANK)
    for one in resources:
        assert one.get("href") == one.find(f"{P}file").get("href")
    assert {one.get("href") for one in resources} == set(package) - {"imsmanifest.xml"}


def items(package):
    found = [package[name] for name in package if name.startswith("items/")]
    return zip(found, BANK, strict=True)


def test_items_have_the_order_and_the_names_that_the_schema_demands(package):
    identifiers = set()
    for item, one in items(package):
        assert item.tag == f"{Q}assessmentItem"
        assert set(item.keys()) >= {"identifier", "title", "adaptive", "timeDependent"}
        identifiers.add(item.get("identifier"))
        places = [ORDER.index(child.tag.removeprefix(Q)) for child in item]
        assert places == sorted(places)
        assert places.count(ORDER.index("itemBody")) == 1
        for named in item.iter():
            for attribute in ("identifier", "responseIdentifier", "outcomeIdentifier"):
                if named.get(attribute) is not None:
                    assert IDENTIFIER.fullmatch(named.get(attribute))
        kinds = {"choice": "identifier", "number": "float", "short": "string", "open": "string"}
        declared = item.find(f"{Q}responseDeclaration")
        assert (declared.get("baseType"), declared.get("cardinality")) == (
            kinds[one.kind],
            "single",
        )
        body = item.find(f"{Q}itemBody")
        assert {child.tag.removeprefix(Q) for child in body.iter()} - {"itemBody"} <= BODY
        assert not (body.text or "").strip()  # blocks only
        for text in body.iter(f"{Q}textEntryInteraction"):
            assert text in list(body.iter(f"{Q}p"))[-1]  # it is inline
    assert len(identifiers) == len(BANK)


def processed(item, response):
    """Run the response processing of an item: {outcome: value}. As much of QTI as is used here."""
    declared = item.find(f"{Q}responseDeclaration")
    right = declared.findtext(f"{Q}correctResponse/{Q}value")
    outcomes = {"SCORE": 0.0, "FEEDBACK": None}

    def value(node):
        kind = node.tag.removeprefix(Q)
        if kind == "variable":
            return response
        if kind == "correct":
            return right
        if kind == "baseValue":
            return float(node.text) if node.get("baseType") == "float" else node.text
        if kind == "match":
            return value(node[0]) == value(node[1])
        if kind == "stringMatch":
            assert node.get("caseSensitive") == "false"
            return value(node[0]).casefold() == value(node[1]).casefold()
        if kind == "or":
            return any(value(child) for child in node)
        assert kind == "equal"
        assert node.get("toleranceMode") == "absolute"
        below, above = map(float, node.get("tolerance").split())
        number, middle = value(node[0]), value(node[1])
        return middle - below <= number <= middle + above

    def run(rules):
        for rule in rules:
            if rule.tag == f"{Q}setOutcomeValue":
                assert rule.get("identifier") in outcomes
                outcomes[rule.get("identifier")] = value(rule[0])
                continue
            assert rule.tag == f"{Q}responseCondition"
            for branch in rule:
                tested = branch.tag != f"{Q}responseElse"
                if not tested or value(branch[0]):
                    run(branch[tested:])
                    break

    run(item.find(f"{Q}responseProcessing"))
    assert {one.get("identifier") for one in item.iter(f"{Q}outcomeDeclaration")} == set(outcomes)
    return outcomes


def said(item, outcomes):
    """The text that a student is shown."""
    [shown] = [
        one
        for one in item.iter(f"{Q}modalFeedback")
        if one.get("identifier") == outcomes["FEEDBACK"]
    ]
    assert shown.get("outcomeIdentifier") == "FEEDBACK"
    assert shown.get("showHide") == "show"
    return ElementTree.tostring(shown, encoding="unicode", method="text")


def text_of(html):
    return "".join(parsed(html).itertext())


def test_a_player_of_items_marks_as_the_bank_does(package):
    for item, one in items(package):
        right = formats.blocks(one.feedback)
        if one.kind == "open":
            assert item.find(f"{Q}responseProcessing") is None  # for a person to mark
            continue
        if one.kind == "choice":
            listed = item.iter(f"{Q}simpleChoice")
            given = dict(zip([c.get("identifier") for c in listed], one.choices, strict=True))
            answers = {key: wrong for key, (_, wrong) in given.items()}
        elif one.kind == "number":
            answers = {one.answer: None, one.answer + 0.9 * one.tolerance: None}
            answers |= {wrong.answer: wrong for wrong in one.wrong}
        else:
            answers = {text.upper(): None for text in one.answer}
            answers |= {wrong.answer: wrong for wrong in one.wrong}
        for answer, wrong in answers.items():
            outcomes = processed(item, answer)
            assert outcomes["SCORE"] == (0 if wrong else one.points), one.id
            expected = formats.blocks(formats.about(wrong.belief)) if wrong else right
            assert said(item, outcomes).strip() == text_of(expected), one.id
        if one.kind == "number":
            assert processed(item, one.answer + 3 * one.tolerance + 0.123)["SCORE"] == 0


# The exam


def test_exams_of_one_seed_are_equal_and_of_others_not():
    sheets = [questions.exam_sheet(questions.exam(RAW, seed), seed) for seed in (1, 1, 2)]
    assert sheets[0] == sheets[1]
    assert sheets[0].splitlines()[4:] != sheets[2].splitlines()[4:]


@pytest.mark.parametrize("seed", range(20))
def test_an_exam_has_its_points_and_tells_nothing_twice(seed):
    first, second = questions.exam(RAW, seed)
    everything = [*first, *second]
    assert sum(one.points for one in everything) == 60
    assert sum(one.minutes for one in everything) <= 75
    assert all(one.kind != "open" for one in first)
    assert all(one.kind == "open" for one in second)
    assert {one.notebook for one in everything} <= set(questions.FIRST_NOTEBOOKS)
    assert not any(one.inventory for one in everything)
    ids = [one.id for one in everything]
    assert len(set(ids)) == len(ids)
    assert not any(NAMES[name].get("like") in ids for name in ids)
    topics = [one.topic for one in first]
    assert len(set(topics)) == len(topics)


def test_the_sheet_has_no_answers_and_the_answers_belong_to_it():
    parts = questions.exam(RAW, 5)
    sheet, answers = questions.exam_sheet(parts, 5), questions.exam_answers(parts, 5)
    for number, one in enumerate([*parts[0], *parts[1]], 1):
        assert f"**{number}. ({one.points})** {one.text}" in sheet
        assert one.feedback not in sheet
        assert f"**{number}.** {questions.said_answer(one)}" in answers
        if one.kind == "choice":
            letter = "abcdefgh"[one.order]
            assert f"- ({letter}) {one.answer}" in sheet
        assert all(wrong.belief not in sheet for wrong in one.wrong)
        assert all(wrong.belief in answers for wrong in one.wrong)


def test_other_points_and_other_notebooks():
    parts = questions.exam(RAW, 1, points=20, notebooks=("02", "03"))
    assert sum(one.points for part in parts for one in part) == 20
    assert {one.notebook for part in parts for one in part} <= {"02", "03"}
    with pytest.raises(ValueError, match="500"):
        questions.exam(RAW, 1, points=500)
    with pytest.raises(ValueError, match="77"):
        questions.exam(RAW, 1, notebooks=("77",))


# The commands


def command(script, *arguments):
    return subprocess.run(
        [sys.executable, str(COURSE / script), *map(str, arguments)], capture_output=True, text=True
    )


def test_the_command_writes_the_same_files_for_the_same_seed(tmp_path):
    runs = [command("questions.py", "--to", tmp_path / name, "--seed", 7) for name in "ab"]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    written = [{p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in "ab"]
    assert written[0] == written[1]
    assert set(written[0]) == {Path(line).name for line in runs[0].stdout.splitlines()}
    ElementTree.fromstring(written[0]["moodle.xml"])


def test_a_bank_of_ones_own(tmp_path):
    bank, out = tmp_path / "bank", tmp_path / "out"
    bank.mkdir()
    open_one = FINE.replace("number", "open").replace('"a + 1"', '"Count."').replace("one", "two")
    (bank / "a.toml").write_text(FINE, encoding="utf-8")
    (bank / "b.toml").write_text(open_one, encoding="utf-8")
    run = command("questions.py", "--to", out, "--bank", bank, "--points", 2)
    assert run.returncode == 0, run.stderr
    assert len(ElementTree.parse(out / "moodle.xml").findall("question/name")) == 4
    run = command("questions.py", "--to", out, "--bank", bank, "--points", 3)
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert command("questions.py", "--to", out, "--bank", tmp_path / "none").returncode == 2


@pytest.mark.parametrize("inside", ["", "notebooks/course/out", "a/../b"])
def test_a_folder_inside_the_repository_is_refused(inside):
    folder = questions.REPOSITORY / inside
    existed = folder.exists()
    run = command("questions.py", "--to", folder)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert folder.exists() == existed


def test_a_link_into_the_repository_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(questions.REPOSITORY / "notebooks")
    with pytest.raises(ValueError, match="link"):
        questions.outside(tmp_path / "link" / "exam")


# The concept inventory

ASKED = questions.inventory(RAW)
KEYS = ["abcdefgh"[one.order] for one in ASKED]
LINE = ["student", "when", *(f"q{number}" for number in range(1, 11))]


def test_ten_choices_with_their_misconceptions():
    assert len(ASKED) == 10
    sheet = questions.inventory_sheet(ASKED)
    for one in ASKED:
        assert len(one.choices) == 4
        assert all(wrong.belief not in sheet for wrong in one.wrong)
    assert questions.inventory(RAW) == ASKED
    assert len(set(KEYS)) == 4  # the right answer is not always at the same place
    assert max(Counter(KEYS).values()) <= 4


def wrong_letter(number, which=0):
    return [letter for letter in "abcd" if letter != KEYS[number]][which]


def written(path, rows, mark=",", encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=mark).writerows([LINE, *rows])
    return path


def a_class(path, before, after, **form):
    """Students whose first so many answers are right, and the rest wrong in the first way."""
    rows = []
    for when, levels in (("before", before), ("after", after)):
        for student, level in enumerate(levels):
            answers = [KEYS[n] if n < level else wrong_letter(n) for n in range(10)]
            rows.append([f"s{student}", when, *answers])
    return inventory.read(written(path, rows, **form), ASKED)


def test_a_class_that_learned_half_of_what_it_could(tmp_path):
    answers = a_class(tmp_path / "a.csv", [0, 2, 4, 6], [5, 6, 7, 8])
    found, both = inventory.analyze(answers, ASKED)
    assert both == 4
    before, after = (sum(getattr(one, when) for one in found) / 10 for when in inventory.TIMES)
    assert (before, after) == pytest.approx((0.3, 0.65))
    assert inventory.gain(before, after) == pytest.approx(0.5)
    assert [one.before for one in found[:3]] == [0.75, 0.75, 0.5]
    assert [one.gain for one in found[:3]] == [1, 1, 1]
    assert found[9].gain == 0
    assert found[9].beliefs == [(ASKED[9].choices["abcd".index(wrong_letter(9))][1].belief, 4, 4)]
    assert found[0].discrimination is None  # everybody is right
    assert found[6].discrimination > 0.7  # the strong half is right


def test_gain_and_discrimination_at_their_ends():
    assert inventory.gain(0.4, 1) == 1
    assert inventory.gain(0.5, 0.5) == 0
    assert inventory.gain(0.5, 0.25) == -0.5
    assert inventory.gain(1, 1) is None
    assert inventory.discrimination([False, True], [3, 7]) == pytest.approx(1)
    assert inventory.discrimination([False, True], [7, 3]) == pytest.approx(-1)
    assert inventory.discrimination([True, True], [3, 7]) is None
    assert inventory.discrimination([False, True], [5, 5]) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=3, max_size=20))
def test_discrimination_is_the_correlation(pairs):
    right, rest = zip(*pairs, strict=True)
    found = inventory.discrimination(right, rest)
    if len(set(right)) == 1 or len(set(rest)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(right, rest)[0, 1], abs=1e-9)


def test_a_class_that_guesses_learns_nothing(tmp_path):
    chance = random.Random(0)
    rows = [
        [f"s{student}", when, *(chance.choice("abcd") for _ in range(10))]
        for student in range(400)
        for when in inventory.TIMES
    ]
    found, _ = inventory.analyze(inventory.read(written(tmp_path / "a.csv", rows), ASKED), ASKED)
    for one in found:
        assert one.before == pytest.approx(0.25, abs=0.09)
        assert one.gain == pytest.approx(0, abs=0.15)
        assert one.discrimination == pytest.approx(0, abs=0.2)
        assert len(one.beliefs) == 3


def test_only_students_of_both_times_count_and_empty_answers_are_not_right(tmp_path):
    rows = [["ada", "before", *[""] * 10], ["ada", "after", *KEYS], ["bob", "after", *[""] * 10]]
    answers = inventory.read(written(tmp_path / "a.csv", rows), ASKED)
    found, both = inventory.analyze(answers, ASKED)
    assert both == 1
    assert [(one.before, one.after, one.gain, one.beliefs) for one in found] == [(0, 1, 1, [])] * 10
    text = inventory.report(found, both, len(answers), [one.id for one in ASKED])
    assert all(one.id in text for one in ASKED)


def test_a_spreadsheets_own_ways_are_understood(tmp_path):
    plain = a_class(tmp_path / "a.csv", [1, 2], [3, 4])
    assert a_class(tmp_path / "b.csv", [1, 2], [3, 4], mark=";", encoding="utf-8-sig") == plain
    text = (tmp_path / "a.csv").read_text("utf-8")
    (tmp_path / "c.csv").write_text(text.upper().replace("S0", "s0").replace("S1", "s1") + ",,\n")
    assert inventory.read(tmp_path / "c.csv", ASKED) == plain


@pytest.mark.parametrize(
    ("rows", "about"),
    [
        ([], "no answers"),
        ([["a", "later", *KEYS]], "line 2.*'later'"),
        ([["a", "before", *KEYS], ["b", "before", *KEYS[:9]]], "line 3.*11"),
        ([["a", "before", *KEYS], ["a", "before", *KEYS]], "line 3.*a"),
        ([["", "before", *KEYS]], "line 2"),
        ([["a", "before", *KEYS[:9], "e"]], "line 2.*q10.*'e'"),
        ([["a", "before", *KEYS[:9], "ab"]], "line 2.*q10.*'ab'"),
    ],
)
def test_a_bad_row_is_named(tmp_path, rows, about):
    with pytest.raises(ValueError, match=about):
        inventory.read(written(tmp_path / "a.csv", rows), ASKED)


def test_a_file_that_is_no_table_of_answers_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    for content in (b"", b"name,grade\nada,1\n", "caf\xe9".encode("latin-1")):
        path.write_bytes(content)
        run = command("inventory.py", path)
        assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert command("inventory.py", tmp_path / "none.csv").returncode == 2
    written(path, [["a", "before", *KEYS], ["b", "after", *KEYS]])
    assert command("inventory.py", path).returncode == 2


def test_the_command_prints_the_table(tmp_path):
    a_class(tmp_path / "a.csv", [0, 2, 4, 6], [5, 6, 7, 8])
    run = command("inventory.py", tmp_path / "a.csv")
    assert run.returncode == 0, run.stderr
    assert "| **all** | 30% | 65% | 0.50 | |" in run.stdout


# The count of hints


def counted(path, *lines):
    rows = [
        {"day": "2026-01-01", "notebook": "02", "check": check, "right": hint is None, "hint": hint}
        for check, hint in lines
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def test_hints_of_a_class_are_summed_up(tmp_path):
    ada = counted(tmp_path / "ada", ("loss", "the mean"), ("loss", "the mean"), ("loss", None))
    bob = counted(tmp_path / "bob", ("loss", "the mean"), ("loss", "the sum"), ("descent", None))
    run = command("hints.py", ada, bob)
    assert run.returncode == 0, run.stderr
    tables = [line for line in run.stdout.splitlines() if line.startswith("|")]
    assert "| 02 loss | 2 | 1 |" in tables
    assert "| 02 descent | 1 | 1 |" in tables
    assert tables[-2:] == ["| 2 | 3 | 02 loss | the mean … |", "| 1 | 1 | 02 loss | the sum … |"]


@pytest.mark.parametrize("text", ["nonsense", "{}", "[1]", '{"notebook": 1, "check": 2}', "\xff"])
def test_a_file_that_no_check_has_written_is_named(tmp_path, text):
    path = counted(tmp_path / "ada", ("loss", None))
    path.write_bytes(path.read_bytes() + text.encode("latin-1"))
    run = command("hints.py", path)
    assert run.returncode == 2
    assert "line 2" in run.stderr
    assert len(run.stderr.splitlines()) == 1
