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
    // wholly inside. Once all of them are erased, the soft edges that are left are no region.
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

function render({ model, el }) {
  const photo = element("img", { draggable: false });
  const view = layer();
  const ring = layer();
  const piece = layer(); // under the pointer
  const cursor = element("div", { className: "nst-mask-brush", hidden: true });
  const box = element("div", { className: "nst-mask-photo", tabIndex: 0 }, photo, view.canvas, cursor);
  const said = element("div", { className: "nst-mask-said" });
  const stripes = hatch(ring.pen);
  const painted = region();
  box.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys as its own
  box.setAttribute("role", "application");
  said.setAttribute("role", "status");

  let ready = false; // a photo is there
  let at = [0, 0]; // the brush, in pixels of the mask
  let stroke = null; // {by, erasing} while one is painted; `by` is the id of a pointer, or KEYS
  let tool = "brush";
  let labels = {}; // {name of the pieces: a label for every pixel}
  let hovered = null; // the label under the pointer
  let timer = null;
  let sent = new Uint8Array();
  let loads = 0;

  // Tools

  const tools = element("div", { className: "nst-mask-tools" });
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
    undo: button("Undo", "undo", "take the last change back (Z)", () => step("undo", "Undone.")),
    redo: button("Redo", "redo", "make it again (Y)", () => step("redo", "Done again.")),
    invert: button("Invert", "invert", "swap inside and outside", () => alter((old) => 255 - old)),
    clear: button("Clear", "clear", "remove the whole region; it can be undone", () => alter(() => 0)),
  };
  const seen = element("input", { type: "checkbox", className: "nst-mask-seen", checked: true });
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "Tools for the region");
  const shown = element("label", { title: "show the region on the photo" }, seen, "show the region");
  const new_row = element("span", { className: "nst-mask-row" });
  tools.append(...Object.values(kinds), sized, reached, new_row, ...Object.values(actions), shown);
  el.append(element("div", { className: "nst-mask" }, tools, box, said));

  function take(name) {
    tool = name;
    for (const [kind, made] of Object.entries(kinds)) made.setAttribute("aria-pressed", kind === tool);
    sized.hidden = tool === "fill";
    reached.hidden = tool !== "fill";
    point();
  }

  // The kernel

  function send() {
    clearTimeout(timer);
    if (timer === null) return;
    timer = null;
    sent = painted.area() > 0 ? png_of(painted.mask) : new Uint8Array();
    model.set("mask", new DataView(sent.buffer));
    model.set("drawn_on", model.get("photo"));
    model.save_changes();
  }
  function send_soon() {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  }
  async function load_photo() {
    const mine = ++loads;
    const bytes = bytes_of(model.get("image"));
    ready = false;
    clearTimeout(timer);
    [stroke, timer, hovered, labels] = [null, null, null, {}];
    if (photo.src) URL.revokeObjectURL(photo.src);
    photo.removeAttribute("src");
    if (bytes.length) {
      photo.src = URL.createObjectURL(new Blob([bytes]));
      await photo.decode().catch(() => {});
    }
    if (mine !== loads) return;
    const [width, height] = [photo.naturalWidth || 1, photo.naturalHeight || 1];
    for (const { canvas } of [view, ring, piece]) [canvas.width, canvas.height] = [width, height];
    painted.reset(width, height);
    at = [width / 2, height / 2];
    ready = bytes.length > 0;
    await Promise.all([load_mask(), load_pieces()]);
    point();
  }
  async function load_mask() {
    const bytes = bytes_of(model.get("mask"));
    const mine = loads;
    // Whether there is something newer: another photo, what is painted here, or another region.
    const late = () =>
      mine !== loads || stroke || (timer !== null && bytes.length) || !same(bytes, bytes_of(model.get("mask")));
    if (!ready || late()) return;
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
      if (labels[name]) continue;
      const { data } = await pixels_of(bytes_of(bytes));
      if (mine !== loads) return;
      labels[name] = Uint32Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] + 256 * data[4 * i + 1]);
    }
    if (tool === "fill") point();
  }

  // What is seen

  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const { pen, canvas } = view;
      pen.globalCompositeOperation = "copy";
      pen.drawImage(piece.canvas, 0, 0);
      if (!seen.checked) return;
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
  function show(first = "") {
    const area = painted.area();
    const [inside, outside] = [model.get("inside"), model.get("outside")];
    const percent = area < 0.01 ? "Less than 1 %" : `${Math.min(99, Math.round(100 * area))} %`;
    const whole = area === 0 || area > 1 - 1e-6;
    const about = area === 0
      ? `No region: the whole photo gets the style of ${outside}.`
      : "The region covers the whole photo: erase a part of it.";
    const parts = `${percent} of the photo: ${inside}. The rest: ${outside}.`;
    said.textContent = [first, whole ? about : parts].filter(Boolean).join(" ");
    const [back, again] = painted.can();
    actions.undo.disabled = !back;
    actions.redo.disabled = !again;
    actions.clear.disabled = area === 0;
    draw();
  }
  // The cursor: a circle as large as the brush, or the piece that a fill would take.
  function point(shift = false) {
    const { width, height } = painted.mask.canvas;
    const inside = box.matches(":hover") || document.activeElement === box;
    cursor.hidden = !ready || !inside || tool === "fill";
    cursor.classList.toggle("nst-erasing", shift || tool === "eraser");
    cursor.style.left = `${(100 * at[0]) / width}%`;
    cursor.style.top = `${(100 * at[1]) / height}%`;
    cursor.style.width = `${(100 * diameter()) / width}%`;
    cursor.style.aspectRatio = "1";
    const under = ready && inside && tool === "fill" ? label_here() : null;
    if (under === hovered) return;
    hovered = under;
    piece.pen.clearRect(0, 0, width, height);
    if (under !== null) {
      const of = labels[reach.value];
      const here = piece.pen.createImageData(width, height);
      for (let i = 0; i < of.length; i++) if (of[i] === under) here.data[4 * i + 3] = 255;
      piece.pen.putImageData(here, 0, 0);
      piece.pen.globalCompositeOperation = "source-in";
      piece.pen.fillStyle = HOVER;
      piece.pen.fillRect(0, 0, width, height);
      piece.pen.globalCompositeOperation = "source-over";
    }
    draw();
  }
  function describe() {
    photo.alt = model.get("alt");
    box.parentElement.style.width = model.get("width");
    box.setAttribute(
      "aria-label",
      `${model.get("alt")} Paint a region on it: arrow keys move the brush, Space paints, Shift and Space ` +
        "erase, plus and minus change the size, F fills up to the edges, Z undoes, Y redoes.",
    );
    show();
  }

  // What is done

  const diameter = () => {
    const { width, height } = painted.mask.canvas;
    return (Number(size.value) / 100) * Math.max(width, height);
  };
  function label_here() {
    const { width, height } = painted.mask.canvas;
    const [x, y] = [Math.floor(at[0]), Math.floor(at[1])];
    const of = labels[reach.value];
    return of && x >= 0 && y >= 0 && x < width && y < height ? of[y * width + x] : null;
  }
  function finish(first = "") {
    if (!painted.end()) return show(first);
    show(first);
    send_soon();
  }
  function alter(alpha) {
    if (!ready) return;
    end_stroke();
    painted.begin();
    painted.each(alpha);
    finish();
  }
  function step(which, first) {
    end_stroke();
    if (!ready || !painted[which]()) return;
    show(first);
    send_soon();
  }
  function fill(erasing) {
    const label = label_here();
    if (label === null) return show("The edges of the photo are not known yet; try again in a moment.");
    const of = labels[reach.value];
    alter((old, i) => (of[i] === label ? (erasing ? 0 : 255) : old));
  }
  function begin_stroke(by, erasing) {
    end_stroke(); // another one, which can then be undone by itself
    if (!ready) return;
    if (tool === "fill") return fill(erasing);
    stroke = { by, erasing: erasing || tool === "eraser" };
    painted.begin();
    go(at);
  }
  function go(to) {
    const from = at;
    at = to;
    if (stroke) {
      painted.line(from, to, diameter(), stroke.erasing);
      draw();
    }
  }
  function end_stroke() {
    if (!stroke) return;
    stroke = null;
    finish();
  }

  const place = (event) => {
    const area = box.getBoundingClientRect();
    const { width, height } = painted.mask.canvas;
    return [((event.clientX - area.left) / area.width) * width, ((event.clientY - area.top) / area.height) * height];
  };
  // One pointer paints at a time. Whatever else touches the photo meanwhile, such as a second finger or the
  // palm beside a pen, does nothing.
  const idle = (event) => stroke && stroke.by !== KEYS && stroke.by !== event.pointerId;
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 && event.button !== 5) return;
    event.preventDefault();
    if (idle(event)) return;
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    at = place(event);
    begin_stroke(event.pointerId, event.shiftKey || event.button === 5); // 5 is the other end of a pen
    point(event.shiftKey);
  });
  box.addEventListener("pointermove", (event) => {
    if (idle(event)) return;
    const all = stroke ? event.getCoalescedEvents?.() : null;
    for (const one of all?.length ? all : [event]) go(place(one));
    point(event.shiftKey);
  });
  box.addEventListener("pointerup", (event) => stroke?.by === event.pointerId && end_stroke());
  box.addEventListener("pointercancel", (event) => {
    if (stroke?.by !== event.pointerId) return;
    painted.cancel();
    stroke = null;
    show();
  });
  for (const name of ["pointerenter", "pointerleave", "focus"]) box.addEventListener(name, () => point());
  box.addEventListener("blur", () => {
    end_stroke();
    point();
  });

  const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const keys = {
    " ": (event) => event.repeat || begin_stroke(KEYS, event.shiftKey),
    "+": () => resize(1),
    "=": () => resize(1),
    "-": () => resize(-1),
    f: (event) => fill(event.shiftKey),
    z: (event) => (event.shiftKey ? actions.redo : actions.undo).click(),
    y: () => actions.redo.click(),
  };
  keys.Enter = keys[" "];
  function resize(by) {
    size.value = Number(size.value) + by;
    show(`Size ${size.value} of ${size.max}.`);
  }
  box.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // Ctrl+F and Ctrl+Plus are the browser's, which searches and zooms.
    const others = event.altKey || ((event.ctrlKey || event.metaKey) && act !== keys.z && act !== keys.y);
    if (!ready || !(move || act) || others) return;
    event.preventDefault();
    event.stopPropagation();
    if (move) {
      const far = tool === "fill" ? 12 : Math.max(2, diameter() / 4);
      const { width, height } = painted.mask.canvas;
      const within = (value, most) => Math.max(0, Math.min(most - 1, value));
      go([within(at[0] + far * move[0], width), within(at[1] + far * move[1], height)]);
    } else act(event);
    point(event.shiftKey);
  });
  box.addEventListener("keyup", (event) => {
    if (stroke?.by === KEYS && (event.key === " " || event.key === "Enter")) end_stroke();
    point(event.shiftKey);
  });
  size.addEventListener("input", () => point());
  reach.addEventListener("change", () => point());
  seen.addEventListener("change", draw);

  // A click on another control, such as Start, ends the stroke.
  const elsewhere = (event) => {
    if (box.contains(event.target)) return;
    end_stroke();
    send();
  };
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, elsewhere, true);

  const follow = {
    photo: load_photo,
    mask: () => same(bytes_of(model.get("mask")), sent) || load_mask(),
    pieces: load_pieces,
    inside: () => show(),
    outside: () => show(),
    alt: describe,
    width: describe,
  };
  for (const [name, action] of Object.entries(follow)) model.on(`change:${name}`, action);
  take("brush");
  describe();
  load_photo();
  return () => {
    send();
    for (const [name, action] of Object.entries(follow)) model.off(`change:${name}`, action);
    for (const name of ["pointerdown", "keydown"]) document.removeEventListener(name, elsewhere, true);
    if (photo.src) URL.revokeObjectURL(photo.src);
  };
}

export default { render };
