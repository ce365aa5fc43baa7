"""A run on a worker thread: start, pause, resume, stop, join. No widgets, nothing drawn.

A notebook's kernel cannot answer while a cell or a callback is busy. A run that you want to watch,
pause and stop therefore works on a thread of its own; torch releases Python's lock while it computes.
"""

import atexit
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

from nstlib.optimize import RunFailed, Step, sentence
from nstlib.progress import sharing_cores

STATUSES = ("idle", "running", "paused", "stopping", "done", "stopped", "failed")


class Job:
    """At most one run at a time, on a thread of its own.

    All methods except `join` return at once. They may be called from any thread, in any order.

    Attributes:
        status: One of `STATUSES`; the last three say how the run ended.
        step: The last good Step, or None before the first. It is kept after the run has ended.
        error: What went wrong, in one sentence, if the run failed; otherwise "".
        traceback: Where it went wrong, for a bug report; otherwise "".
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
        """Start the run that `make_run` returns; a run that is still going is stopped first.

        A run that has been replaced like this calls neither `on_step` nor `on_end` any more.

        Args:
            make_run: Called on the worker thread, so that nobody has to wait while weights load.
            on_step: Called there with every Step.
            on_end: Called there with the job, once, when the run has ended in whatever way.
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
        """Hold the run after the current step."""
        self._change("paused", only_from=("running",))

    def resume(self) -> None:
        """Let a paused run go on."""
        self._change("running", only_from=("paused",))

    def stop(self) -> None:
        """End the run after the current step; its last picture stays in `step`."""
        self._change("stopping", only_from=("running", "paused"))

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run.

        An interrupt stops the run too: Jupyter's stop button alone reaches the cell but not the thread.

        Args:
            timeout: How long to wait, in seconds; None waits until the end.

        Returns:
            Whether the run has ended; also True if there was none.
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
        """Wait while paused; return False when this thread's run has to end."""
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
                run = sharing_cores(make_run())
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
        # The generator holds the targets and a Step holds the optimizer's memory. Release both, or the
        # next run may not fit.
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


_jobs: weakref.WeakSet[Job] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    # A thread that is still inside torch when the interpreter shuts down crashes the process.
    jobs = list(_jobs)
    for job in jobs:
        job.stop()
    for job in jobs:
        job.join(10)
