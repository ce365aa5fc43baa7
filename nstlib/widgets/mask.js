// A photo on which a region is painted: brush, eraser, fills up to the edges of the photo, undo. The region
// is a canvas whose alpha is the mask. It is drawn here at once, and sent to mask.py when a stroke has ended.

const KEPT = 30; // steps that can be undone
const PAUSE = 150; // ms after a stroke until the region is sent; another stroke starts them anew
const TINT = "rgba(213, 94, 0, 0.62)"; // vermilion, which color-blind people can tell from the photo
const LIGHT = "rgba(255, 255, 255, 0.22)";
const HOVER = "rgba(86, 180, 233, 0.55)"; // the piece that a fill would take
const HALF = 127; // alpha; a pixel above it is inside rather than outside
const KEYS = "keys"; // what paints a stroke, unless it is a pointer

function element(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

function layer(width = 1, height = 1) {
  const canvas = element("canvas", { width, height });
  return { canvas, pen: canvas.getContext("2d", { willReadFrequently: true }) };
}

// Diagonal stripes: the region can be seen without its color too.
function hatch(pen) {
  const { canvas, pen: tile } = layer(10, 10);
  tile.fillStyle = LIGHT;
  tile.fillRect(0, 0, 10, 10);
  tile.strokeStyle = TINT;
  tile.lineWidth = 4;
  for (const shift of [-10, 0, 10]) {
    tile.moveTo(shift - 2, 12);
    tile.lineTo(shift + 12, -2);
  }
  tile.stroke();
  return pen.createPattern(canvas, "repeat");
}

async function pixels_of(bytes) {
  const picture = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  const { pen } = layer(picture.width, picture.height);
  pen.drawImage(picture, 0, 0);
  return pen.getImageData(0, 0, picture.width, picture.height);
}

// The canvas as the bytes of a PNG, white inside and black outside. Not by toBlob, which takes its time:
// the region has to be on its way before a click on Start is.
function png_of(mask) {
  const { canvas, pen } = layer(mask.canvas.width, mask.canvas.height);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(mask.canvas, 0, 0);
  const text = atob(canvas.toDataURL("image/png").split(",")[1]);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const bytes_of = (view) =>
  view && view.byteLength ? new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength) : new Uint8Array();
const same = (one, other) => one.length === other.length && one.every((value, i) => value === other[i]);

// The mask with its history. Everything that changes it goes through `change`.
function region() {
  const mask = layer();
  let past = [];
  let future = [];
  const now = () => mask.pen.getImageData(0, 0, mask.canvas.width, mask.canvas.height);
  let before = now();
  const swap = (from, to) => {
    if (!from.length) return false;
    to.push(now());
    mask.pen.putImageData(from.pop(), 0, 0);
    return true;
  };
  return {
    mask,
    // Empty, of another size, and without a history.
    reset(width, height) {
      [mask.canvas.width, mask.canvas.height, past, future] = [width, height, [], []];
      mask.pen.fillStyle = mask.pen.strokeStyle = "#fff";
      mask.pen.lineCap = mask.pen.lineJoin = "round";
    },
    begin() {
      before = now();
    },
    // Whether there was a change since `begin`; it can then be undone. Strokes and fills make pixels that are
    // wholly inside. When all of them are erased, the soft edges that remain go too: no run could use them.
    end() {
      if (now().data.every((value, i) => i % 4 !== 3 || value <= HALF))
        mask.pen.clearRect(0, 0, mask.canvas.width, mask.canvas.height);
      if (same(before.data, now().data)) return false;
      past = [...past.slice(1 - KEPT), before];
      future = [];
      return true;
    },
    cancel: () => mask.pen.putImageData(before, 0, 0),
    undo: () => swap(past, future),
    redo: () => swap(future, past),
    can: () => [past.length > 0, future.length > 0],
    // The fraction of the photo that it covers.
    area() {
      const { data } = now();
      let sum = 0;
      for (let i = 3; i < data.length; i += 4) sum += data[i];
      return sum / 255 / (data.length / 4);
    },
    line([x0, y0], [x1, y1], size, erasing) {
      const { pen } = mask;
      pen.globalCompositeOperation = erasing ? "destination-out" : "source-over";
      pen.lineWidth = size;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
      pen.beginPath();
      pen.arc(x1, y1, size / 2, 0, 2 * Math.PI);
      pen.fill();
    },
    // `alpha(old, i)` is the new alpha of pixel i.
    each(alpha) {
      const here = now();
      for (let i = 0; i < here.data.length; i += 4) {
        here.data[i] = here.data[i + 1] = here.data[i + 2] = 255;
        here.data[i + 3] = alpha(here.data[i + 3], i / 4);
      }
      mask.pen.putImageData(here, 0, 0);
    },
  };
}

// The buttons above the photo. `on` has what they do to the region, and two more: `point` for another tool,
// size or kind of pieces, and `draw` when the region is to be shown or hidden.
function toolbar(on) {
  const button = (text, name, title, act) => {
    const made = element("button", { type: "button", className: `nst-mask-${name}`, textContent: text, title });
    made.addEventListener("click", act);
    return made;
  };
  const kinds = {
    brush: button("Brush", "brush-tool", "add to the region", () => take("brush")),
    eraser: button("Eraser", "eraser", "take away from the region", () => take("eraser")),
    fill: button("Fill", "fill", "add a piece of the photo up to its edges; with Shift, take it away", () => take("fill")),
  };
  const size = element("input", { type: "range", className: "nst-mask-size", min: 1, max: 40, value: 9 });
  const sized = element("label", { title: "diameter of the brush" }, "size", size);
  const reach = element("select", { className: "nst-mask-pieces" });
  const reached = element("label", { title: "how much a fill takes" }, "pieces", reach);
  for (const name of ["small", "medium", "large"]) reach.append(element("option", { value: name, textContent: name }));
  reach.value = "medium";
  const actions = {
    undo: button("Undo", "undo", "take the last change back (Z)", on.undo),
    redo: button("Redo", "redo", "make it again (Y)", on.redo),
    invert: button("Invert", "invert", "swap inside and outside", on.invert),
    clear: button("Clear", "clear", "remove the whole region; it can be undone", on.clear),
  };
  const seen = element("input", { type: "checkbox", className: "nst-mask-seen", checked: true });
  const shown = element("label", { title: "show the region on the photo" }, seen, "show the region");
  const new_row = element("span", { className: "nst-mask-row" });
  const row = element("div", { className: "nst-mask-tools" });
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Tools for the region");
  row.append(...Object.values(kinds), sized, reached, new_row, ...Object.values(actions), shown);
  size.addEventListener("input", on.point);
  reach.addEventListener("change", on.point);
  seen.addEventListener("change", on.draw);

  let tool = "brush";
  function take(name) {
    tool = name;
    for (const [kind, made] of Object.entries(kinds)) made.setAttribute("aria-pressed", kind === tool);
    sized.hidden = tool === "fill";
    reached.hidden = tool !== "fill";
    on.point();
  }
  return { row, size, actions, take, tool: () => tool, pieces: () => reach.value, seen: () => seen.checked };
}

// The photo, and what is drawn on it: the region, and the brush or the piece that a fill would take.
function photo_view(painted, tools) {
  const photo = element("img", { draggable: false });
  const drawn = layer();
  const ring = layer(); // where an outline is made, and then the stripes
  const piece = layer(); // under the pointer
  const stripes = hatch(ring.pen);
  const cursor = element("div", { className: "nst-mask-brush", hidden: true });
  const box = element("div", { className: "nst-mask-photo", tabIndex: 0 }, photo, drawn.canvas, cursor);
  box.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys as its own
  box.setAttribute("role", "application");

  const view = {
    box,
    ready: false, // a photo is there
    at: [0, 0], // the brush, in pixels of the mask
    labels: {}, // {name of the pieces: a label for every pixel}
    size,
    diameter,
    describe,
    remove,
    load,
    fit,
    place,
    label_here,
    draw,
    point,
  };
  let hovered = null; // the label under the pointer
  let asked = false; // to draw

  // {width, height} of the mask.
  function size() {
    return painted.mask.canvas;
  }
  function diameter() {
    const { width, height } = size();
    return (Number(tools.size.value) / 100) * Math.max(width, height);
  }
  function describe(alt, width) {
    photo.alt = alt;
    box.parentElement.style.width = width;
    box.setAttribute(
      "aria-label",
      `${alt} Paint a region on it: arrow keys move the brush, Space paints, Shift and Space ` +
        "erase, plus and minus change the size, F fills up to the edges, Z undoes, Y redoes.",
    );
  }
  function remove() {
    [view.ready, view.labels, hovered] = [false, {}, null];
    if (photo.src) URL.revokeObjectURL(photo.src);
    photo.removeAttribute("src");
  }
  async function load(bytes) {
    photo.src = URL.createObjectURL(new Blob([bytes]));
    await photo.decode().catch(() => {});
  }
  // Make everything as large as the photo, with an empty region.
  function fit() {
    const [width, height] = [photo.naturalWidth || 1, photo.naturalHeight || 1];
    for (const { canvas } of [drawn, ring, piece]) [canvas.width, canvas.height] = [width, height];
    painted.reset(width, height);
    view.at = [width / 2, height / 2];
    view.ready = photo.src !== "";
  }
  // Where a pointer is, in pixels of the mask.
  function place(event) {
    const area = box.getBoundingClientRect();
    const { width, height } = size();
    return [((event.clientX - area.left) / area.width) * width, ((event.clientY - area.top) / area.height) * height];
  }
  function label_here() {
    const { width, height } = size();
    const [x, y] = view.at.map(Math.floor);
    const of = view.labels[tools.pieces()];
    return of && x >= 0 && y >= 0 && x < width && y < height ? of[y * width + x] : null;
  }

  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const { pen, canvas } = drawn;
      pen.globalCompositeOperation = "copy";
      pen.drawImage(piece.canvas, 0, 0);
      if (!tools.seen()) return;
      pen.globalCompositeOperation = "source-over";
      outline(pen, canvas, 3, "#000");
      outline(pen, canvas, 1.7, "#fff");
      const { pen: inner } = ring;
      inner.globalCompositeOperation = "copy";
      inner.drawImage(painted.mask.canvas, 0, 0);
      inner.globalCompositeOperation = "source-in";
      inner.fillStyle = stripes;
      inner.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(ring.canvas, 0, 0);
    });
  }
  // A line around the region: the region moved in four directions, without the region itself.
  function outline(pen, { width, height }, thick, color) {
    const { pen: line, canvas } = ring;
    line.globalCompositeOperation = "source-over";
    line.clearRect(0, 0, width, height);
    for (const [x, y] of [[1, 1], [1, -1], [-1, 1], [-1, -1]])
      line.drawImage(painted.mask.canvas, (x * thick) / 1.4, (y * thick) / 1.4);
    line.globalCompositeOperation = "destination-out";
    line.drawImage(painted.mask.canvas, 0, 0);
    line.globalCompositeOperation = "source-in";
    line.fillStyle = color;
    line.fillRect(0, 0, width, height);
    pen.drawImage(canvas, 0, 0);
  }
  // The cursor: a circle as large as the brush, or the piece that a fill would take.
  function point(shift = false) {
    const { width, height } = size();
    const filling = tools.tool() === "fill";
    const here = view.ready && (box.matches(":hover") || document.activeElement === box);
    cursor.hidden = !here || filling;
    cursor.classList.toggle("nst-erasing", shift || tools.tool() === "eraser");
    cursor.style.left = `${(100 * view.at[0]) / width}%`;
    cursor.style.top = `${(100 * view.at[1]) / height}%`;
    cursor.style.width = `${(100 * diameter()) / width}%`;
    cursor.style.aspectRatio = "1";
    hover(here && filling ? label_here() : null);
  }
  function hover(label) {
    if (label === hovered) return;
    hovered = label;
    const { width, height } = piece.canvas;
    piece.pen.clearRect(0, 0, width, height);
    if (label !== null) {
      const of = view.labels[tools.pieces()];
      const inside = piece.pen.createImageData(width, height);
      for (let i = 0; i < of.length; i++) if (of[i] === label) inside.data[4 * i + 3] = 255;
      piece.pen.putImageData(inside, 0, 0);
      piece.pen.globalCompositeOperation = "source-in";
      piece.pen.fillStyle = HOVER;
      piece.pen.fillRect(0, 0, width, height);
      piece.pen.globalCompositeOperation = "source-over";
    }
    draw();
  }
  return view;
}

// What changes the region. `show` tells the user of it, `send` the kernel.
function editor(painted, tools, view, show, send) {
  const edit = {
    stroke: null, // {by, erasing} while one is painted; `by` is the id of a pointer, or KEYS
    alter,
    step,
    fill,
    begin_stroke,
    go,
    end_stroke,
    cancel_stroke,
  };

  function finish() {
    const changed = painted.end();
    show();
    if (changed) send();
  }
  function alter(alpha) {
    if (!view.ready) return;
    end_stroke();
    painted.begin();
    painted.each(alpha);
    finish();
  }
  function step(which, said) {
    end_stroke();
    if (!view.ready || !painted[which]()) return;
    show(said);
    send();
  }
  function fill(erasing) {
    const label = view.label_here();
    if (label === null) return show("The edges of the photo are not known yet; try again in a moment.");
    const of = view.labels[tools.pieces()];
    alter((old, i) => (of[i] === label ? (erasing ? 0 : 255) : old));
  }
  function begin_stroke(by, erasing) {
    end_stroke(); // another one, which can then be undone by itself
    if (!view.ready) return;
    if (tools.tool() === "fill") return fill(erasing);
    edit.stroke = { by, erasing: erasing || tools.tool() === "eraser" };
    painted.begin();
    go(view.at);
  }
  function go(to) {
    const from = view.at;
    view.at = to;
    if (!edit.stroke) return;
    painted.line(from, to, view.diameter(), edit.stroke.erasing);
    view.draw();
  }
  function end_stroke() {
    if (!edit.stroke) return;
    edit.stroke = null;
    finish();
  }
  function cancel_stroke() {
    painted.cancel();
    edit.stroke = null;
    show();
  }
  return edit;
}

// What goes to the kernel and what comes from it.
function link(model, painted, view, edit, show) {
  let timer = null; // of a region that is still to be sent
  let sent = new Uint8Array();
  let loads = 0;
  const given = () => bytes_of(model.get("mask"));

  function send() {
    clearTimeout(timer);
    if (timer === null) return;
    timer = null;
    sent = painted.area() > 0 ? png_of(painted.mask) : new Uint8Array();
    model.set("mask", new DataView(sent.buffer));
    // In a message and not by save_changes, which waits until a busy kernel has dealt with the change before:
    // a click on Start would overtake the region.
    model.send({ photo: model.get("photo") }, undefined, [sent.buffer]);
  }
  function send_soon() {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  }
  async function load_photo() {
    const mine = ++loads;
    const bytes = bytes_of(model.get("image"));
    clearTimeout(timer);
    timer = edit.stroke = null;
    view.remove();
    if (bytes.length) await view.load(bytes);
    if (mine !== loads) return;
    view.fit();
    await Promise.all([load_mask(), load_pieces()]);
    view.point();
  }
  async function load_mask() {
    const mine = loads;
    const bytes = given();
    // Whether there is something newer: another photo, what is painted here, or another region.
    const late = () => mine !== loads || edit.stroke || (timer !== null && bytes.length) || !same(bytes, given());
    if (!view.ready || late()) return;
    const picture = bytes.length ? await pixels_of(bytes) : null;
    if (late()) return;
    const { width, height } = painted.mask.canvas;
    const fits = picture && picture.width === width && picture.height === height;
    painted.reset(width, height);
    if (fits) painted.each((old, i) => picture.data[4 * i]);
    sent = bytes;
    show();
  }
  async function load_pieces() {
    const mine = loads;
    for (const [name, bytes] of Object.entries(model.get("pieces"))) {
      if (view.labels[name]) continue;
      const { data } = await pixels_of(bytes_of(bytes));
      if (mine !== loads) return;
      view.labels[name] = Uint32Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] + 256 * data[4 * i + 1]);
    }
    view.point();
  }
  const follow_mask = () => same(given(), sent) || load_mask();
  return { send, send_soon, load_photo, load_pieces, follow_mask };
}

function follow_pointers(view, edit) {
  const { box, place } = view;
  // One pointer paints at a time. Whatever else touches the photo meanwhile, such as a second finger or the
  // palm beside a pen, does nothing.
  const paints = (event) => edit.stroke?.by === event.pointerId;
  const ignored = (event) => edit.stroke && edit.stroke.by !== KEYS && !paints(event);
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 && event.button !== 5) return;
    event.preventDefault();
    if (ignored(event)) return;
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    view.at = place(event);
    edit.begin_stroke(event.pointerId, event.shiftKey || event.button === 5); // 5 is the other end of a pen
    view.point(event.shiftKey);
  });
  box.addEventListener("pointermove", (event) => {
    if (ignored(event)) return;
    const all = edit.stroke ? event.getCoalescedEvents?.() : null;
    for (const one of all?.length ? all : [event]) edit.go(place(one));
    view.point(event.shiftKey);
  });
  box.addEventListener("pointerup", (event) => paints(event) && edit.end_stroke());
  box.addEventListener("pointercancel", (event) => paints(event) && edit.cancel_stroke());
  for (const name of ["pointerenter", "pointerleave", "focus"]) box.addEventListener(name, () => view.point());
  box.addEventListener("blur", () => {
    edit.end_stroke();
    view.point();
  });
}

function follow_keys(view, edit, tools, show) {
  const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const { undo, redo } = tools.actions;
  const keys = {
    " ": (event) => event.repeat || edit.begin_stroke(KEYS, event.shiftKey),
    "+": () => resize(1),
    "=": () => resize(1),
    "-": () => resize(-1),
    f: (event) => edit.fill(event.shiftKey),
    z: (event) => (event.shiftKey ? redo : undo).click(),
    y: () => redo.click(),
  };
  keys.Enter = keys[" "];
  function resize(by) {
    tools.size.value = Number(tools.size.value) + by;
    show(`Size ${tools.size.value} of ${tools.size.max}.`);
  }
  function move([x, y]) {
    const far = tools.tool() === "fill" ? 12 : Math.max(2, view.diameter() / 4);
    const { width, height } = view.size();
    const within = (value, most) => Math.max(0, Math.min(most - 1, value));
    edit.go([within(view.at[0] + far * x, width), within(view.at[1] + far * y, height)]);
  }
  view.box.addEventListener("keydown", (event) => {
    const way = moves[event.key];
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // Ctrl+F and Ctrl+Plus are the browser's, which searches and zooms.
    const shortcut = (event.ctrlKey || event.metaKey) && act !== keys.z && act !== keys.y;
    if (!view.ready || !(way || act) || event.altKey || shortcut) return;
    event.preventDefault();
    event.stopPropagation();
    if (way) move(way);
    else act(event);
    view.point(event.shiftKey);
  });
  view.box.addEventListener("keyup", (event) => {
    if (edit.stroke?.by === KEYS && (event.key === " " || event.key === "Enter")) edit.end_stroke();
    view.point(event.shiftKey);
  });
}

// The sentence under the photo. `area` is the fraction that the region covers.
function sentence(area, inside, outside) {
  if (area === 0) return `No region: the whole photo gets the style of ${outside}.`;
  if (area > 1 - 1e-6) return "The region covers the whole photo: erase a part of it.";
  const percent = area < 0.01 ? "Less than 1 %" : `${Math.min(99, Math.round(100 * area))} %`;
  return `${percent} of the photo: ${inside}. The rest: ${outside}.`;
}

function render({ model, el }) {
  const painted = region();
  const tools = toolbar({
    undo: () => edit.step("undo", "Undone."),
    redo: () => edit.step("redo", "Done again."),
    invert: () => edit.alter((old) => 255 - old),
    clear: () => edit.alter(() => 0),
    point: () => view.point(),
    draw: () => view.draw(),
  });
  const view = photo_view(painted, tools);
  const edit = editor(painted, tools, view, show, () => kernel.send_soon());
  const kernel = link(model, painted, view, edit, show);
  const said = element("div", { className: "nst-mask-said" });
  said.setAttribute("role", "status");
  el.append(element("div", { className: "nst-mask" }, tools.row, view.box, said));
  follow_pointers(view, edit);
  follow_keys(view, edit, tools, show);

  // Say how large the region is, after `first`, and draw it.
  function show(first = "") {
    const area = painted.area();
    const text = sentence(area, model.get("inside"), model.get("outside"));
    said.textContent = first ? `${first} ${text}` : text;
    const [back, again] = painted.can();
    tools.actions.undo.disabled = !back;
    tools.actions.redo.disabled = !again;
    tools.actions.clear.disabled = area === 0;
    view.draw();
  }
  function describe() {
    view.describe(model.get("alt"), model.get("width"));
    show();
  }
  // A click on another control, such as Start, ends the stroke.
  function elsewhere(event) {
    if (view.box.contains(event.target)) return;
    edit.end_stroke();
    kernel.send();
  }
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, elsewhere, true);

  const follow = {
    photo: kernel.load_photo,
    mask: kernel.follow_mask,
    pieces: kernel.load_pieces,
    inside: () => show(),
    outside: () => show(),
    alt: describe,
    width: describe,
  };
  for (const [name, action] of Object.entries(follow)) model.on(`change:${name}`, action);
  tools.take("brush");
  describe();
  kernel.load_photo();
  return () => {
    kernel.send();
    for (const [name, action] of Object.entries(follow)) model.off(`change:${name}`, action);
    for (const name of ["pointerdown", "keydown"]) document.removeEventListener(name, elsewhere, true);
    view.remove();
  };
}

export default { render };
