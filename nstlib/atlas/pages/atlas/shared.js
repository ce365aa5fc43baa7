// What both pages of the atlas need.
"use strict";

// The site's own switch between light and dark counts here too; without it the system's setting does.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage may be forbidden; the page works without */ }

const part = id => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "image", "rect", "g", "polygon", "polyline", "circle"].includes(tag);
  const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
