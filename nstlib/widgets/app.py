"""What all apps share: how they start and end, their messages to the user, and the names of controls."""

import functools
import html
import traceback
import weakref
from collections.abc import Callable, Iterator

import ipywidgets as widgets
from IPython import get_ipython

from nstlib.optimize import sentence
from nstlib.widgets.job import Job
from nstlib.widgets.picture import Picture


class App(widgets.VBox):
    """A status line over a column of widgets, with a job for what takes time.

    An app ends when it is closed, or when the cell that made it runs again. Its job then stops, and its
    widgets are removed.

    Args:
        name: As in "gram-explorer"; the widget gets the class `nst-NAME`.
        children: The widgets under the status line.

    Attributes:
        job: The `Job` that runs things beside the notebook.
        status: The status line.
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
        # Shown in place of the app where there are no widgets, as on GitHub.
        return f"<{self._title}: run this cell to use it>"

    def _repr_mimebundle_(self, **kwargs):
        # Colab shows a third-party widget only if the output says that it is one. anywidget says so for
        # its own widgets; an app is a box around them, so it has to say the same.
        data = super()._repr_mimebundle_(**kwargs)
        for widget in descendants(self):
            if isinstance(widget, Picture):
                return data, widget._repr_mimebundle_()[1]
        return data

    def fill(self, *children: widgets.Widget) -> None:
        """Set the widgets under the status line."""
        self._body.children = children

    def say(self, text: str) -> None:
        """Show a sentence in the status line."""
        self.status.value = f'<span role="status" aria-live="polite">{html.escape(text)}</span>'

    def say_failed(self, message: str, trace: str) -> None:
        """Show an error in the status line.

        Args:
            message: What went wrong, in one sentence.
            trace: The traceback, folded away under "Details".
        """
        self.status.value = (
            f'<div role="alert"><b>{html.escape(" ".join(message.split()))}</b>'
            f"<details><summary>Details</summary><pre>{html.escape(trace)}</pre></details></div>"
        )

    def safely(self, handler: Callable) -> Callable:
        """Return `handler` made safe: it shows an exception in the status line, and the app goes on."""

        @functools.wraps(handler)
        def guarded(*arguments):
            try:
                return handler(*arguments)
            except Exception as error:
                self.say_failed(sentence(error), traceback.format_exc())

        return guarded

    def close(self) -> None:
        """Stop the job, close all widgets, and so remove the app from the page."""
        self.job.stop()
        for widget in reversed(list(descendants(self))):
            # These are models of their own; left open, they would be saved with the notebook.
            for part in (getattr(widget, "layout", None), getattr(widget, "style", None)):
                if isinstance(part, widgets.Widget):
                    part.close()
            if widget is not self:
                widget.close()
        super().close()


def named(widget: widgets.Widget, name: str, tooltip: str) -> widgets.Widget:
    """Give a control the class `nst-NAME` and a tooltip, and return it."""
    widget.tooltip = tooltip
    return widget.add_class(f"nst-{name}")


def button(
    text: str, name: str, tooltip: str, *, icon: str = "", width: str = "auto", style: str = ""
) -> widgets.Button:
    """Make a button with a class and a tooltip.

    Args:
        text: What stands on it.
        name: It gets the class `nst-NAME`.
        tooltip: What it does.
        icon: A name of Font Awesome, such as "play".
        width: Of CSS.
        style: "primary" for the main button of an app.
    """
    made = widgets.Button(description=text, icon=icon, button_style=style, layout={"width": width})
    return named(made, name, tooltip)


def descendants(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield a widget and all widgets in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


# {cell: (the number of its last run, the apps of that run)}.
_apps_of: dict[str, tuple[int, list[weakref.ref]]] = {}


def _replace_the_app_of_this_cell(app: App) -> None:
    """Close the apps that an earlier run of the current cell made, and remember the new one."""
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
    """The id of the current cell, which JupyterLab and VS Code send; elsewhere its code."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId") or shell.user_ns.get("In", [""])[-1]
