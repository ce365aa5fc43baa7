"""Questions as learning platforms import them: Moodle XML and a QTI 2.1 package.

Moodle XML is what Moodle's own importer reads (question/format/xml/format.php). QTI 2.1 is the format
of 1EdTech (IMS Global); its elements stand in the order that imsqti_v2p1.xsd demands.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from html import escape
from typing import Any

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"


def inline(text: str) -> str:
    r"""HTML of one paragraph of our Markdown: `code`, $formula$ as \( … \), **bold** and *italic*."""
    parts = []
    for part in re.split(r"(\$[^$]+\$|`[^`]+`)", " ".join(text.split("\n"))):
        if len(part) > 2 and part[0] == part[-1] == "$":
            parts.append(rf"\({escape(part[1:-1], quote=False)}\)")
        elif len(part) > 2 and part[0] == part[-1] == "`":
            parts.append(f"<code>{escape(part[1:-1], quote=False)}</code>")
        else:
            plain = escape(part, quote=False)
            plain = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", plain)
            parts.append(re.sub(r"\*(.+?)\*", r"<em>\1</em>", plain))
    return "".join(parts)


def blocks(text: str) -> str:
    """HTML of several paragraphs and of code between lines of ```."""
    made = []
    for number, part in enumerate(re.split(r"^```\w*\n?", text, flags=re.MULTILINE)):
        if number % 2:
            made.append(f"<pre>{escape(part.rstrip(), quote=False)}</pre>")
        else:
            paragraphs = re.split(r"\n\s*\n", part.strip())
            made += [f"<p>{inline(one.strip())}</p>" for one in paragraphs if one.strip()]
    return "".join(made)


def asked(question: Any) -> str:
    """The text of a question as HTML, with a word on the figure that belongs to it."""
    figure = f"\n\n*(Put here: {question.figure})*" if question.figure else ""
    return blocks(question.text + figure)


def about(belief: str) -> str:
    """What a student reads beside a wrong answer."""
    return f"This answer comes from a wrong idea: {belief}"


def named(questions: Sequence[Any]) -> list[tuple[str, Any]]:
    """A name for each question: its id, and a number behind it where it occurs in variants."""
    ids = [one.id for one in questions]
    names, seen = [], dict.fromkeys(ids, 0)
    for one in questions:
        seen[one.id] += 1
        several = ids.count(one.id) > 1
        names.append((f"{one.id}-{seen[one.id]}" if several else one.id, one))
    return names


# Moodle


def moodle(questions: Sequence[Any]) -> str:
    """All questions as one file for Moodle's question bank, a category for each topic.

    Variants of one question stand in a category of their own, so that a quiz can ask for a random
    one of them.
    """
    ids = [one.id for one in questions]
    categories: dict[tuple[str, ...], list[str]] = {}
    for name, one in named(questions):
        topic = "concept inventory" if one.inventory else one.topic
        category = (topic, one.id) if ids.count(one.id) > 1 else (topic,)
        categories.setdefault(category, []).append(_moodle_question(name, one))
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for category, written in categories.items():
        parts += [_category(category), *written]
    return "\n".join([*parts, "</quiz>", ""])


def _category(names: Sequence[str]) -> str:
    # A slash separates categories; one that belongs to a name is doubled.
    path = "/".join(["$course$", "top", "nstlib", *(one.replace("/", "//") for one in names)])
    return f'<question type="category"><category>{_text(path)}</category></question>'


def _moodle_question(name: str, question: Any) -> str:
    kinds = {"choice": "multichoice", "number": "numerical", "short": "shortanswer"}
    lines = [
        f'<question type="{kinds.get(question.kind, "essay")}">',
        f"<name>{_text(name)}</name>",
        _html("questiontext", asked(question)),
        _html("generalfeedback", blocks(question.feedback)),
        f"<defaultgrade>{question.points}</defaultgrade>",
        f"<penalty>{0 if question.kind == 'open' else 0.3333333}</penalty>",
        "<hidden>0</hidden>",
        f"<idnumber>{escape(name)}</idnumber>",
    ]
    if question.kind == "choice":
        lines += ["<single>true</single>", "<shuffleanswers>true</shuffleanswers>"]
        lines += ["<answernumbering>abc</answernumbering>"]
        for text, wrong in question.choices:
            said = about(wrong.belief) if wrong else question.feedback
            lines.append(_moodle_answer(100 * (wrong is None), inline(text), said, "html"))
    elif question.kind == "number":
        accepted = [(100, question.answer, question.feedback)]
        accepted += [(0, wrong.answer, about(wrong.belief)) for wrong in question.wrong]
        within = f"<tolerance>{plain(question.tolerance)}</tolerance>"
        lines += [
            _moodle_answer(share, plain(number), said, "moodle_auto_format", within)
            for share, number, said in accepted
        ]
        lines += ["<unitgradingtype>0</unitgradingtype>", "<showunits>3</showunits>"]
    elif question.kind == "short":
        lines.append("<usecase>0</usecase>")
        accepted = [(100, one, question.feedback) for one in question.answer]
        accepted += [(0, wrong.answer, about(wrong.belief)) for wrong in question.wrong]
        for share, text, said in accepted:
            # An asterisk would stand for any letters.
            text = text.replace("*", r"\*")
            lines.append(_moodle_answer(share, text, said, "moodle_auto_format"))
    else:
        lines += [
            "<responseformat>editor</responseformat>",
            "<responserequired>1</responserequired>",
        ]
        lines += ["<responsefieldlines>10</responsefieldlines>", "<attachments>0</attachments>"]
        lines += ["<attachmentsrequired>0</attachmentsrequired>"]
        lines.append(_html("graderinfo", blocks(question.answer)))
        lines.append(_html("responsetemplate", ""))
    tags = (question.topic, f"notebook {question.notebook}", f"{question.minutes} min")
    lines.append(f"<tags>{''.join(f'<tag>{_text(tag)}</tag>' for tag in tags)}</tags>")
    return "\n".join([*lines, "</question>"])


def _moodle_answer(share: int, text: str, said: str, form: str, more: str = "") -> str:
    feedback = _html("feedback", blocks(said))
    return f'<answer fraction="{share}" format="{form}">{_cdata(text)}{more}{feedback}</answer>'


def _text(text: str) -> str:
    return f"<text>{escape(text, quote=False)}</text>"


def _html(tag: str, html: str) -> str:
    return f'<{tag} format="html">{_cdata(html)}</{tag}>'


def _cdata(text: str) -> str:
    # "]]>" would end the section, so it is divided between two.
    divided = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<text><![CDATA[{divided}]]></text>"


def plain(number: float) -> str:
    """A number without a thousands separator, exact where it is whole."""
    return str(int(number)) if float(number).is_integer() else f"{number:.10g}"


# QTI


def qti(questions: Sequence[Any]) -> bytes:
    """All questions as a QTI 2.1 item bank: a zip with a manifest and a file for each question."""
    files = {f"items/{name}.xml": _item(name, one) for name, one in named(questions)}
    resources = "\n".join(
        f'<resource identifier="resource-{number}" type="imsqti_item_xmlv2p1" href="{path}">'
        f'<file href="{path}"/></resource>'
        for number, path in enumerate(files, 1)
    )
    manifest = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="{PACKAGE}" xmlns:xsi="{SCHEMA}" identifier="nstlib-questions"
 xsi:schemaLocation="{PACKAGE} http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd">
<metadata><schema>QTIv2.1 Item Bank Package</schema><schemaversion>1.0.0</schemaversion></metadata>
<organizations/>
<resources>
{resources}
</resources>
</manifest>
"""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in {"imsmanifest.xml": manifest, **files}.items():
            # A fixed date: the same seed gives the same bytes.
            archive.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _item(name: str, question: Any) -> str:
    declared, body, processed, said = {
        "choice": _qti_choice,
        "number": _qti_number,
        "short": _qti_short,
        "open": _qti_open,
    }[question.kind](question)
    outcomes = (
        f'<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"'
        f' normalMaximum="{question.points}"><defaultValue><value>0</value></defaultValue>'
        f'</outcomeDeclaration><outcomeDeclaration identifier="FEEDBACK" cardinality="single"'
        f' baseType="identifier"/>'
    )
    shown = "\n".join(
        f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="{key}" showHide="show">'
        f"{blocks(text)}</modalFeedback>"
        for key, text in said.items()
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="{QTI}" xmlns:xsi="{SCHEMA}"
 xsi:schemaLocation="{QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
 identifier="{name}" title="{escape(f"{question.topic}: {name}")}" adaptive="false"
 timeDependent="false">
{declared}
{outcomes}
<itemBody>{body}</itemBody>
{processed}
{shown}
</assessmentItem>
"""


def _qti_choice(question: Any) -> tuple[str, str, str, dict[str, str]]:
    keys = [f"choice-{number}" for number in range(1, len(question.choices) + 1)]
    right = keys[question.order]
    choices = "".join(
        f'<simpleChoice identifier="{key}">{inline(text)}</simpleChoice>'
        for key, (text, _) in zip(keys, question.choices, strict=True)
    )
    body = (
        f"{asked(question)}"
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">'
        f"{choices}</choiceInteraction>"
    )
    chosen = (
        '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>'
    )
    match = '<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
    points = (
        f"<responseCondition><responseIf>{match}{_score(question)}</responseIf></responseCondition>"
    )
    said = {
        key: about(wrong.belief) if wrong else question.feedback
        for key, (_, wrong) in zip(keys, question.choices, strict=True)
    }
    return _response("identifier", right), body, _processing(points + chosen), said


def _qti_number(question: Any) -> tuple[str, str, str, dict[str, str]]:
    within = plain(question.tolerance)

    def near(number: float) -> str:
        return (
            f'<equal toleranceMode="absolute" tolerance="{within} {within}">'
            f'<variable identifier="RESPONSE"/>'
            f'<baseValue baseType="float">{plain(number)}</baseValue></equal>'
        )

    processed, said = _branches(question, near(question.answer), near)
    return _response("float", plain(question.answer)), _entry(question, 12), processed, said


def _qti_short(question: Any) -> tuple[str, str, str, dict[str, str]]:
    def equal(text: str) -> str:
        return (
            f'<stringMatch caseSensitive="false"><variable identifier="RESPONSE"/>'
            f'<baseValue baseType="string">{escape(text)}</baseValue></stringMatch>'
        )

    right = f"<or>{''.join(map(equal, question.answer))}</or>"
    processed, said = _branches(question, right, equal)
    return _response("string", escape(question.answer[0])), _entry(question, 20), processed, said


def _qti_open(question: Any) -> tuple[str, str, str, dict[str, str]]:
    rubric = f'<rubricBlock view="scorer">{blocks(question.answer)}</rubricBlock>'
    field = '<extendedTextInteraction responseIdentifier="RESPONSE" expectedLines="10"/>'
    body = f"{rubric}{asked(question)}{field}"
    return _response("string"), body, "", {}


def _branches(question: Any, right: str, test: Any) -> tuple[str, dict[str, str]]:
    """Points for the right answer; for a wrong one that is expected, the idea behind it."""
    said = {"right": question.feedback, "other": question.feedback}
    parts = [f"<responseIf>{right}{_score(question)}{_show('right')}</responseIf>"]
    for number, wrong in enumerate(question.wrong, 1):
        said[f"wrong-{number}"] = about(wrong.belief)
        shown = _show(f"wrong-{number}")
        parts.append(f"<responseElseIf>{test(wrong.answer)}{shown}</responseElseIf>")
    parts.append(f"<responseElse>{_show('other')}</responseElse>")
    return _processing(f"<responseCondition>{''.join(parts)}</responseCondition>"), said


def _entry(question: Any, length: int) -> str:
    field = f'<textEntryInteraction responseIdentifier="RESPONSE" expectedLength="{length}"/>'
    return f"{asked(question)}<p>{field}</p>"


def _response(kind: str, right: str | None = None) -> str:
    answer = f"<correctResponse><value>{right}</value></correctResponse>" if right else ""
    return (
        f'<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="{kind}">'
        f"{answer}</responseDeclaration>"
    )


def _processing(rules: str) -> str:
    return f"<responseProcessing>{rules}</responseProcessing>"


def _score(question: Any) -> str:
    return (
        f'<setOutcomeValue identifier="SCORE">'
        f'<baseValue baseType="float">{question.points}</baseValue></setOutcomeValue>'
    )


def _show(key: str) -> str:
    return (
        f'<setOutcomeValue identifier="FEEDBACK">'
        f'<baseValue baseType="identifier">{key}</baseValue></setOutcomeValue>'
    )
