"""A run on a worker thread: start, pause, resume, stop, join. It knows no widget and draws nothing.

A notebook's kernel answers nothing while a cell or a callback is busy, so a run that is to be watched,
paused and stopped has to work beside it. A thread can: torch lets go of Python's lock while it computes.
"""

import atexit
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

from nstlib.optimize import RunFailed, Step

STATUSES = ("idle", "running", "paused", "stopping", "done", "stopped", "failed")


class Job:
    """At most one run at a time, on a thread of its own.

    status: one of STATUSES; the last three say how the run ended.
    step: the last good Step, or None before the first. It outlives the run.
    error: one sentence, if the run failed; traceback: where, for whoever repairs it.

    All methods return at once (but for `join`) and may be called from any thread, in any order.
    """

    def __init__(self) -> None:
        self.status = "idle"
        self.step: Step | None = None
        self.error = self.traceback = ""
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        _jobs.add(self)

    def start(
        self,
        make_run: Callable[[], Iterator[Step]],
        *,
        on_step: Callable[[Step], None] | None = None,
        on_end: Callable[["Job"], None] | None = None,
    ) -> None:
        """Begin the run that `make_run` returns; a run that is still going is stopped first.

        make_run: is called on the worker thread, so that loading weights holds up nobody.
        on_step: is called there after every step; on_end: once, when the run has ended in whatever
        way. Neither is called any more for a run that another one has replaced.
        """
        with self._lock:
            # Each run has its own thread; one that is no longer `self._thread` changes nothing.
            thread = threading.Thread(
                target=self._work,
                args=(self._thread, make_run, on_step, on_end),
                name="nstlib job",
                daemon=True,
            )
            thread.start()
            self._thread = thread
            self.status, self.step, self.error, self.traceback = "running", None, "", ""
            self._lock.notify_all()

    def pause(self) -> None:
        """Hold the run after the step at hand."""
        self._change("paused", only_from=("running",))

    def resume(self) -> None:
        """Let a paused run go on."""
        self._change("running", only_from=("paused",))

    def stop(self) -> None:
        """End the run after the step at hand; its last picture stays in `step`."""
        self._change("stopping", only_from=("running", "paused"))

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run, at most `timeout` seconds; whether it has ended.

        An interrupt (Jupyter's stop button reaches only the cell, not the thread) stops the run too.
        """
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return thread is None
        try:
            thread.join(timeout)
        except KeyboardInterrupt:
            self.stop()
            thread.join(timeout)
            raise
        return not thread.is_alive()

    def _change(self, status: str, *, only_from: tuple[str, ...]) -> None:
        with self._lock:
            if self.status in only_from:
                self.status = status
                self._lock.notify_all()

    def _may_go_on(self) -> bool:
        """Wait while paused; False when this thread's run is to end."""
        with self._lock:
            self._lock.wait_for(lambda: not self._is_mine() or self.status != "paused")
            return self._is_mine() and self.status == "running"

    def _is_mine(self) -> bool:
        return self._thread is threading.current_thread()

    def _work(self, before, make_run, on_step, on_end) -> None:
        if before is not None:
            before.join()  # at most one step: two runs at once would not fit some GPUs
        ending, error, trace = "stopped", "", ""
        run: Iterator[Step] = iter(())
        step = None
        try:
            if self._may_go_on():
                run = make_run()
            while self._may_go_on():
                step = next(run, None)
                if step is None:
                    ending = "done"
                    break
                self._keep(step)
                if on_step is not None and self._is_mine():
                    on_step(step)
        except BaseException as failure:
            ending, error, trace = "failed", sentence(failure), traceback.format_exc()
            if isinstance(failure, RunFailed):
                self._keep(failure.step)
        # The generator holds the targets, a Step the optimizer's memory: let go of them, or the next
        # run may not fit.
        if hasattr(run, "close"):
            run.close()
        del run, step
        with self._lock:
            if not self._is_mine():
                return
            self.step = self.step and replace(self.step, state=dict)
            self.status, self.error, self.traceback = ending, error, trace
        if on_end is not None:
            on_end(self)

    def _keep(self, step: Step) -> None:
        with self._lock:
            if self._is_mine():
                self.step = step


def sentence(error: BaseException) -> str:
    """What to tell a user: our own errors say it themselves, of others the type helps to report them."""
    if isinstance(error, (ValueError, OSError)) and str(error):
        return str(error)
    return f"This should not have happened: {type(error).__name__}: {error}"


_jobs: weakref.WeakSet[Job] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    # A thread that is inside torch while the interpreter goes away takes the process down with it.
    jobs = list(_jobs)
    for job in jobs:
        job.stop()
    for job in jobs:
        job.join(10)
