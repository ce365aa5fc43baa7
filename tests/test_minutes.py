"""The minutes of notebooks, notes and lesson plans: they come from the notes, and they add up."""

import minutes
import nbformat
import pytest
from course_parts import exercises_of, notes_of, sections_of

NAMES = sorted(path.stem for path in minutes.NOTES.glob("*.md"))


def test_everything_that_is_written_down_follows_from_the_notes(capsys):
    assert minutes.main([]) == 0, capsys.readouterr()


@pytest.mark.parametrize("name", NAMES)
def test_minutes_are_those_of_all_sections_and_exercises(name):
    notebook = nbformat.read(minutes.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notes = notes_of(minutes.NOTES / f"{name}.md")
    found = minutes.times_of(notebook, notes)
    cells = {*sections_of(notebook), *(one.cell for one in exercises_of(notebook))}
    assert found.total == sum(notes[cell].minutes for cell in cells)
    assert f"**Time**: {found.total} minutes" in notebook.cells[0].source


def test_a_section_without_minutes_is_named():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## 1. One", id="b")])
    with pytest.raises(ValueError, match="cell b has no minutes"):
        minutes.times_of(notebook, {})


def test_the_paragraph_on_time_keeps_what_else_it_says():
    times = minutes.Times(4, (6,))
    made = minutes.promised("# T\n\n**Time**: 5 minutes,\nor so. No GPU is needed.\n\nMore.", times)
    time = "**Time**: 10 minutes: 4 to read and look, 6 for the one exercise."
    assert made == f"# T\n\n{time} No GPU is needed.\n\nMore."
    assert minutes.promised(made, times) == made


PLAN = """Two lessons of {length} minutes; the notebooks take 1, 1, 1 and 1 minutes.

## Lesson 1

| from | minutes | what | where |
| --- | --- | --- | --- |
| before | | Run All | |
| 0 | 9 | Talk | |
| 7 | 1 | Students: Exercises 1 and 2. | 02, sections 2 and 3 |
| 8 | 5 | The end | |
"""
TIMES = {name: minutes.Times(4, (6, 7)) for name in ("02", "03", "04", "05")}


def test_a_plan_gets_the_minutes_of_its_exercises_and_a_clock():
    made = minutes.planned(PLAN.format(length=27), TIMES)
    rows = [line.split("|")[1:3] for line in made.splitlines()[5:]]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["---", "---"],
        ["before", ""],
        ["0", "9"],
        ["9", "13"],
        ["22", "5"],
    ]
    assert "take 17, 17, 17 and 17 minutes" in made


def test_a_lesson_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="Lesson 1 takes 27 minutes and should take 25"):
        minutes.planned(PLAN.format(length=25), TIMES)


def test_other_minutes_are_noticed_and_written(tmp_path, monkeypatch, capsys):
    for name in ("02_content", "03_gram", "04_style", "05_transfer"):
        (tmp_path / f"{name}.ipynb").write_bytes((minutes.NOTEBOOKS / f"{name}.ipynb").read_bytes())
        notes = (minutes.NOTES / f"{name}.md").read_text(encoding="utf-8")
        (tmp_path / "notes").mkdir(exist_ok=True)
        (tmp_path / "notes" / f"{name}.md").write_text(notes, encoding="utf-8")
    guide = minutes.GUIDE.read_text(encoding="utf-8").replace("| 0 | 6 |", "| 3 | 6 |")
    (tmp_path / "TEACHING.md").write_text(guide, encoding="utf-8")
    monkeypatch.setattr(minutes, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(minutes, "GUIDE", tmp_path / "TEACHING.md")
    monkeypatch.setattr(minutes.all_times, "__defaults__", (tmp_path, tmp_path / "notes"))
    assert minutes.main([]) == 1
    assert "TEACHING.md" in capsys.readouterr().err
    changed = tmp_path / "notes/04_style.md"
    changed.write_text(changed.read_text().replace("minutes: 7", "minutes: 8"))
    assert minutes.main(["--write"]) == 0
    assert minutes.main([]) == 0
    assert "04_style.ipynb" in capsys.readouterr().out
