"""What all apps share: how they begin and end, how they speak to the user, how controls are named."""

import functools
import html
import traceback
import weakref
from collections.abc import Callable, Iterator

import ipywidgets as widgets
from IPython import get_ipython

from nstlib.job import Job, sentence
from nstlib.widgets.picture import Picture


class App(widgets.VBox):
    """A line of status over a column of widgets, with a `job` to run things on.

    An app ends when it is closed and when the cell that made it is run again: its job stops, its
    widgets go.
    """

    def __init__(self, name: str, children: tuple[widgets.Widget, ...] = ()):
        self._title = name.replace("-", " ")
        self.job = Job()
        self.status = widgets.HTML().add_class("nst-status")
        self._body = widgets.VBox(children)
        super().__init__([self.status, self._body])
        self.add_class("nst-app").add_class(f"nst-{name}")
        _replace_the_app_of_this_cell(self)

    def __repr__(self) -> str:
        # What is left of an app where widgets cannot be shown, as on GitHub.
        return f"<{self._title}: run this cell to use it>"

    def _repr_mimebundle_(self, **kwargs):
        # Colab shows widgets that are not ipywidgets' own where the output says so. anywidget says it
        # for its own; an app is a box around them, and says the same.
        data = super()._repr_mimebundle_(**kwargs)
        for widget in descendants(self):
            if isinstance(widget, Picture):
                return data, widget._repr_mimebundle_()[1]
        return data

    def fill(self, *children: widgets.Widget) -> None:
        """Set the widgets under the line of status."""
        self._body.children = children

    def say(self, text: str) -> None:
        """Put a sentence into the line of status."""
        self.status.value = f'<span role="status" aria-live="polite">{html.escape(text)}</span>'

    def say_failed(self, message: str, trace: str) -> None:
        """Put an error into the line of status: one sentence, and behind a fold where it arose."""
        self.status.value = (
            f'<div role="alert"><b>{html.escape(" ".join(message.split()))}</b>'
            f"<details><summary>Details</summary><pre>{html.escape(trace)}</pre></details></div>"
        )

    def safely(self, handler: Callable) -> Callable:
        """`handler`, but an exception goes to the line of status; the app lives on."""

        @functools.wraps(handler)
        def guarded(*arguments):
            try:
                return handler(*arguments)
            except Exception as error:
                self.say_failed(sentence(error), traceback.format_exc())

        return guarded

    def close(self) -> None:
        """Stop the job and remove the app from the page; all its widgets are closed."""
        self.job.stop()
        for widget in reversed(list(descendants(self))):
            # Models of their own, which a notebook would go on being saved with.
            for part in (getattr(widget, "layout", None), getattr(widget, "style", None)):
                if isinstance(part, widgets.Widget):
                    part.close()
            if widget is not self:
                widget.close()
        super().close()


def named(widget: widgets.Widget, name: str, tooltip: str) -> widgets.Widget:
    """Give a control its class `nst-NAME`, and what it does in a sentence."""
    widget.tooltip = tooltip
    return widget.add_class(f"nst-{name}")


def button(
    text: str, name: str, tooltip: str, *, icon: str = "", width: str = "auto", style: str = ""
) -> widgets.Button:
    """A named button. icon: of Font Awesome; style: "primary" for the one that is meant."""
    made = widgets.Button(description=text, icon=icon, button_style=style, layout={"width": width})
    return named(made, name, tooltip)


def descendants(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all that are in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


# Cell -> (which run of it, its apps).
_apps_of: dict[str, tuple[int, list[weakref.ref]]] = {}


def _replace_the_app_of_this_cell(app: App) -> None:
    """Close what an earlier run of the cell that runs now has made, and remember the new app."""
    shell = get_ipython()
    if shell is None:
        return
    cell, run = _cell_at_work(shell), shell.execution_count
    earlier_run, apps = _apps_of.get(cell, (run, []))
    if earlier_run != run:
        for earlier in apps:
            if earlier() is not None:
                earlier().close()
        apps = []
    _apps_of[cell] = (run, [*apps, weakref.ref(app)])


def _cell_at_work(shell) -> str:
    """JupyterLab and VS Code send the id of the cell with its code; of others we know the code."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId") or shell.user_ns.get("In", [""])[-1]
