// The buttons and menus of the page, and what lies around it.

import { SIZES, STYLE_LAYERS } from "./settings.js";

const $ = (id) => document.getElementById(id);

/** Let the controls act: `page` has a function for each, by name. */
export function wire(page) {
  const buttons = {
    run: page.run,
    step: page.step,
    reset: page.reset,
    save: page.save,
    link: page.copy_link,
  };
  for (const [id, act] of Object.entries({ ...buttons, usual: page.set_usual, camera: page.camera }))
    $(id).addEventListener("click", () => act());
  for (const size of SIZES) $("size").append(new Option(`${size} pixels`, size));
  $("size").addEventListener("change", () => page.set({ size: Number($("size").value) }));
  $("start-from").addEventListener("change", () => page.set({ start: $("start-from").value }));
  for (const layer of STYLE_LAYERS) {
    const radio = Object.assign(document.createElement("input"), { type: "radio", value: layer });
    radio.name = "layer";
    radio.addEventListener("change", () => page.set({ gram: layer }));
    const label = document.createElement("label");
    label.append(radio, Object.assign(document.createElement("span"), { textContent: layer }));
    $("layers").append(label);
  }
  for (const button of document.querySelectorAll("[data-tour]"))
    button.addEventListener("click", () => page.tour(button.dataset.tour));
  for (const kind of ["dragover", "drop"])
    addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // or the browser would leave the page
      const file = kind === "drop" && event.dataTransfer.files[0];
      if (file) page.open(event.target.closest?.("#paintings") ? "painting" : "photo", file);
    });
}

/** {site, atlas}: whether the page is part of the course's site, and the address of the atlas if it is there. */
export async function surroundings() {
  if (!/\/live\/(index\.html)?$/.test(location.pathname)) return { site: false, atlas: null };
  const there = async (path) => {
    const answer = await fetch(path, { method: "HEAD" }).catch(() => null);
    return Boolean(answer?.ok);
  };
  const atlas = "../atlas/index.html";
  return { site: await there("../site/index.html"), atlas: (await there(atlas)) ? atlas : null };
}
