// What leaves the page, on this machine only: a file, and a link in the clipboard.

import { OWN, encode } from "./settings.js";

/** Save a blob as a file; what to say about it. */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  return `Saved as ${name}.`;
}

/** Copy a link to the settings, or show it in a dialog where the browser does not let us; what to say. */
export async function copyLink(settings, dialog) {
  const address = new URL(`#${encode(settings)}`, location.href).href;
  const mine = ["photo", "painting"].filter((kind) => settings[kind] === OWN);
  const note = mine.length
    ? `Your own ${mine.join(" and ")} stays on this machine and is not in the link.`
    : "";
  try {
    await navigator.clipboard.writeText(address);
    return `The link is copied. ${note}`;
  } catch {
    const field = dialog.querySelector("input");
    field.value = address;
    dialog.querySelector(".hint").textContent = note;
    dialog.showModal();
    field.select();
    return note;
  }
}
