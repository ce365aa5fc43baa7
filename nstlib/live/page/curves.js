// Loss curves on a logarithmic scale, and the look of each: color and marker of its layer's block, as in all
// figures of the course (nstlib/plots.py, nstlib/widgets/curves.py).

const BLOCKS = [
  ["#8a4bb0", "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z"],
  ["#3b6fc4", "m-2.9 -2.9h5.8v5.8h-5.8z"],
  ["#1f8f8a", "m0 -3.6l3.6 6.4h-7.2z"],
  ["#4b9b3a", "m0 -3.8l3.8 3.8l-3.8 3.8l-3.8 -3.8z"],
  ["#b58900", "m0 3.6l-3.6 -6.4h7.2z"],
];

/** {color, width, dash, marker} of a loss such as "content/relu4_2", "style/relu1_1", "tv" or "total". */
export function look(name) {
  if (name === "total") return { color: "currentColor", width: 2, dash: "", marker: "" };
  const layer = name.split("/")[1];
  if (!layer) return { color: "#808080", width: 1.4, dash: "2 2", marker: "" };
  const [color, marker] = BLOCKS[Number(layer[4]) - 1];
  return { color, width: 1.5, dash: name.startsWith("content/") ? "5 3" : "", marker };
}

const shown = (value) => value > 1e-99 && value < 1e99;

/** The ends of the axis as logarithms: the range of the values, but at least half a decade. */
export function decades(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (shown(value)) [low, high] = [Math.min(low, Math.log10(value)), Math.max(high, Math.log10(value))];
  if (low > high) [low, high] = [0, 0];
  const slack = Math.max(0.5 - (high - low), 0.04 * (high - low)) / 2;
  return [low - slack, high + slack];
}

/** Round values between 10^low and 10^high, at most seven. */
export function ticks(low, high) {
  const factors = high - low < 1.7 ? [1, 2, 5] : [1];
  const apart = Math.max(1, Math.ceil((high - low) / 6));
  const found = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      const at = Math.log10(tick);
      if (power % apart === 0 && at >= low && at <= high) found.push(tick);
    }
  return found;
}

/** A short text for a number on the axis. */
export const tickText = (value) =>
  value >= 1e-3 && value < 1e4 ? String(value) : value.toExponential(0).replace("+", "").replace("-", "−");

const POINTS = 200; // of a curve; nobody would see more

/** The path of a curve through at most `points` of its values and the last one, interrupted at gaps. */
export function curvePath(values, x, y, points = POINTS) {
  const stride = Math.max(1, Math.ceil(values.length / points));
  let [path, down] = ["", false];
  for (let k = 0; k < values.length; k++) {
    if (k % stride && k !== values.length - 1) continue;
    if (shown(values[k])) path += `${down ? "L" : "M"}${x(k).toFixed(1)} ${y(values[k]).toFixed(1)}`;
    down = shown(values[k]);
  }
  return path;
}

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [230, 200, 38, 8, 8, 22];

function element(kind, attributes, parent) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

/** Draw the curves of {name: [value, …]} over `steps` (the numbers of the steps) into an SVG element. */
export function drawCurves(svg, steps, curves, marked = null) {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.replaceChildren();
  const all = Object.values(curves).flat();
  const [low, high] = decades(all);
  const last = Math.max(steps.at(-1) ?? 0, 10);
  const x = (step) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / last;
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (Math.log10(value) - low)) / (high - low);
  for (const tick of all.some(shown) ? ticks(low, high) : []) {
    element("path", { d: `M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}`, class: "grid" }, svg);
    element("text", { x: LEFT - 5, y: y(tick) + 3.5, "text-anchor": "end" }, svg).textContent =
      tickText(tick);
  }
  element("path", { d: `M${LEFT} ${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`, class: "axis" }, svg);
  for (const step of [0, Math.round(last / 2), last])
    element("text", { x: x(step), y: HEIGHT - 7, "text-anchor": "middle" }, svg).textContent = step;
  if (marked !== null)
    element("path", { d: `M${x(marked).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}`, class: "now" }, svg);
  for (const [name, values] of Object.entries(curves)) {
    const { color, width, dash, marker } = look(name);
    const d = curvePath(values, (k) => x(steps[k]), y);
    const line = { d, fill: "none", stroke: color, "stroke-width": width, "stroke-dasharray": dash };
    element("path", { ...line, "stroke-linejoin": "round" }, svg);
    const end = values.at(-1);
    if (marker && shown(end))
      element(
        "path",
        { d: `M${x(steps.at(-1)).toFixed(1)} ${y(end).toFixed(1)}${marker}`, fill: color },
        svg,
      );
  }
}

/** A sample of a curve's line and marker, for a legend. */
export function legendMark(svg, name) {
  const { color, width, dash, marker } = look(name);
  svg.setAttribute("viewBox", "0 0 22 12");
  svg.replaceChildren();
  element("path", { d: "M1 6H21", stroke: color, "stroke-width": width, "stroke-dasharray": dash }, svg);
  if (marker) element("path", { d: `M11 6${marker}`, fill: color }, svg);
}
