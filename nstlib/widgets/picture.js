// A picture with an alternative text. It may have cells to pick (by click, drag or arrow keys), marks
// drawn over it, and a second picture to wipe over it. All state is in the traits of picture.py.

const SVG = "http://www.w3.org/2000/svg";

// When a slider of an app has the focus, JupyterLab would still take the keys as its own: "x" would cut the
// cell, and the arrow keys would leave it. It leaves elements with this mark alone. The code is here because
// every app has a picture, and ipywidgets' own controls cannot carry JavaScript of ours.
if (!window.nstShortcuts) {
  window.nstShortcuts = true;
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest?.(".nst-app")) target.dataset.lmSuppressShortcuts = "true";
  });
}

function source(element, bytes) {
  // One address at a time, because the browser keeps the bytes of each until it is revoked.
  if (element.src) URL.revokeObjectURL(element.src);
  if (bytes && bytes.byteLength) element.src = URL.createObjectURL(new Blob([bytes]));
  else element.removeAttribute("src");
}

// The sliders of ipywidgets give their handles no name; in an app they get the text beside them, or the
// tooltip. The first picture of an app sees to it for as long as the app is there.
function name_sliders(el) {
  const waiting = setInterval(() => {
    if (!el.isConnected) return;
    clearInterval(waiting);
    const app = el.closest(".nst-app");
    if (!app || app.dataset.nstSliders) return;
    app.dataset.nstSliders = "named";
    const name_all = () => {
      for (const handle of app.querySelectorAll(".noUi-handle")) {
        const slider = handle.closest(".widget-slider") || handle.closest(".jupyter-widgets");
        const label = slider.querySelector(".widget-label");
        const text = label && label.style.display !== "none" ? label.textContent.trim() : "";
        const name = text || slider.title || slider.querySelector("[title]")?.title || "";
        if (handle.getAttribute("aria-label") !== name) handle.setAttribute("aria-label", name);
      }
    };
    name_all();
    new MutationObserver(name_all).observe(app, { childList: true, subtree: true });
  }, 100);
  return () => clearInterval(waiting);
}

function render({ model, el }) {
  const stop_waiting = name_sliders(el);
  const box = document.createElement("div");
  const under = document.createElement("img");
  const over = document.createElement("img");
  const marks = document.createElementNS(SVG, "svg");
  const spoken = document.createElement("span");
  box.className = "nst-picture-box";
  over.className = "nst-picture-over";
  marks.setAttribute("viewBox", "0 0 1 1");
  marks.setAttribute("preserveAspectRatio", "none");
  spoken.className = "nst-picture-spoken";
  spoken.setAttribute("aria-live", "polite");
  over.alt = "";
  under.draggable = over.draggable = false;
  box.dataset.lmSuppressShortcuts = "true"; // a picture may stand outside of an app
  box.append(under, over, marks, spoken);
  el.append(box);

  const pickable = () => model.get("rows") > 0 && model.get("columns") > 0;
  const name_of = (i, j) =>
    model.get("names")[i * model.get("columns") + j] ||
    [model.get("row_names")[i], model.get("column_names")[j]].filter(Boolean).join(", ");
  const set = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };

  function show() {
    source(under, model.get("image"));
    under.hidden = !under.src;
  }
  function show_over() {
    source(over, model.get("over"));
    over.hidden = !over.src;
  }
  function wipe() {
    over.style.clipPath = `inset(0 ${100 - 100 * model.get("wipe")}% 0 0)`;
    over.style.opacity = model.get("opacity");
  }
  function describe() {
    under.alt = model.get("alt");
    box.style.width = model.get("width");
    box.classList.toggle("nst-pixelated", model.get("pixelated"));
    box.classList.toggle("nst-pickable", pickable());
    if (pickable()) {
      box.tabIndex = 0;
      box.setAttribute("role", "application");
      box.setAttribute("aria-label", `${model.get("alt")} ${model.get("hint")}`);
    }
  }
  function rectangle(x0, y0, x1, y1, name) {
    const shape = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 }))
      shape.setAttribute(key, value);
    shape.setAttribute("class", name);
    marks.append(shape);
  }
  function mark(block) {
    marks.replaceChildren();
    for (const [x0, y0, x1, y1] of model.get("boxes")) rectangle(x0, y0, x1, y1, "nst-box");
    if (!pickable()) return;
    const [rows, columns, cell] = [model.get("rows"), model.get("columns"), model.get("cell")];
    if (cell.length === 2) {
      const [i, j] = cell;
      if (model.get("cross")) {
        rectangle(0, i / rows, 1, (i + 1) / rows, "nst-row");
        rectangle(j / columns, 0, (j + 1) / columns, 1, "nst-row");
      }
      rectangle(j / columns, i / rows, (j + 1) / columns, (i + 1) / rows, "nst-cell");
      spoken.textContent = name_of(i, j) || `row ${i}, column ${j}`;
    }
    if (block) {
      const [i0, j0, i1, j1] = block;
      rectangle(j0 / columns, i0 / rows, (j1 + 1) / columns, (i1 + 1) / rows, "nst-block");
    }
  }

  function cell_at(event) {
    const area = box.getBoundingClientRect();
    const [rows, columns] = [model.get("rows"), model.get("columns")];
    const inside = (value, count) => Math.max(0, Math.min(count - 1, Math.floor(value * count)));
    return [
      inside((event.clientY - area.top) / area.height, rows),
      inside((event.clientX - area.left) / area.width, columns),
    ];
  }
  let first = null;
  const corners = ([a, b], [c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
  box.addEventListener("pointerdown", (event) => {
    if (!pickable()) return;
    first = cell_at(event);
    box.setPointerCapture(event.pointerId);
    box.focus();
  });
  box.addEventListener("pointermove", (event) => {
    if (!pickable()) return;
    const here = cell_at(event);
    box.title = name_of(...here);
    if (first && model.get("blocks")) mark(corners(first, here));
  });
  box.addEventListener("pointerup", (event) => {
    if (!first) return;
    const [from, to] = [first, cell_at(event)];
    first = null;
    const moved = from[0] !== to[0] && from[1] !== to[1];
    if (model.get("blocks") && moved) set({ block: corners(from, to) });
    else set({ cell: to });
    mark();
  });
  box.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!pickable() || !steps[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const [rows, columns] = [model.get("rows"), model.get("columns")];
    const far = event.shiftKey ? 8 : 1;
    const [i, j] = model.get("cell").length === 2 ? model.get("cell") : [0, 0];
    const [down, right] = steps[event.key];
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    set({ cell: [within(i + far * down, rows), within(j + far * right, columns)] });
  });

  const follow = {
    image: show,
    over: show_over,
    wipe: wipe,
    opacity: wipe,
    cell: () => mark(),
    boxes: () => mark(),
  };
  for (const name of ["alt", "hint", "width", "pixelated"]) follow[name] = describe;
  for (const name of ["rows", "columns", "names", "row_names", "column_names", "cross"])
    follow[name] = () => (describe(), mark());
  for (const [name, action] of Object.entries(follow)) model.on(`change:${name}`, action);
  show();
  show_over();
  wipe();
  describe();
  mark();
  return () => {
    stop_waiting();
    for (const [name, action] of Object.entries(follow)) model.off(`change:${name}`, action);
    for (const element of [under, over]) source(element, null);
  };
}

export default { render };
