// How often something is drawn.

/** A function that asks for `draw` at the browser's next chance, but at most so many times a second. */
export function atMost(perSecond, draw) {
  let [waiting, last] = [false, -Infinity];
  return () => {
    if (waiting) return;
    waiting = true;
    const pause = Math.max(0, last + 1000 / perSecond - performance.now());
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          [waiting, last] = [false, performance.now()];
          draw();
        }),
      pause,
    );
  };
}
