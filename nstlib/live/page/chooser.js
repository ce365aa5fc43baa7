// A row of pictures to choose from, and one's own.

import { OWN, PAINTINGS, PHOTOS } from "./settings.js";

const ALTS = {
  ...{
    astronaut: "a smiling astronaut",
    cat: "a cat's face",
    coffee: "a cup of coffee",
    rocket: "a rocket at dusk",
  },
  ...{ camera: "a man with a camera, in gray", retina: "the back of an eye" },
  ...{ night: "a night sky in swirls", waves: "curling waves, like a print", mosaic: "a mosaic of glass" },
  ...{ lilies: "a pond with lilies", sunset: "an orange sky in long strokes", dots: "a lake in dots" },
  ...{
    woodcut: "a woodcut of hills",
    marble: "marbled paper",
    cutpaper: "leaves of cut paper",
    facets: "brown facets",
  },
};

export class Chooser {
  /** `root`: the fieldset; `chosen(name)` and `opened(file)` are called as the user decides. */
  constructor(root, kind, chosen, opened) {
    const tiles = root.querySelector(".tiles");
    const file = root.querySelector("input[type=file]");
    this.radios = {};
    const add = (name, shown, alt) => {
      const label = Object.assign(document.createElement("label"), { className: "tile" });
      const radio = Object.assign(document.createElement("input"), {
        type: "radio",
        name: kind,
        value: name,
      });
      radio.setAttribute("aria-label", alt);
      radio.addEventListener("change", () => chosen(name));
      label.title = name === OWN ? `your own ${kind}` : name;
      label.append(radio, shown);
      tiles.append(label);
      this.radios[name] = radio;
      return label;
    };
    for (const name of kind === "photo" ? PHOTOS : PAINTINGS) {
      const image = Object.assign(new Image(), {
        src: `pictures/${name}.webp`,
        alt: "",
        width: 50,
        height: 50,
      });
      add(name, image, `${name}: ${ALTS[name]}`);
    }
    this.canvas = Object.assign(document.createElement("canvas"), { width: 100, height: 100 });
    this.own = add(OWN, this.canvas, `your own ${kind}`);
    this.own.classList.add("own", "vacant");
    root.querySelector(".open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) opened(file.files[0]);
      file.value = ""; // so that the same file may be opened again
    });
    for (const event of ["dragenter", "dragover", "dragleave", "drop"])
      root.addEventListener(event, () => root.classList.toggle("over", /enter|over$/.test(event)));
  }

  /** Mark what is chosen; `own` is the user's picture, if there is one. */
  show(name, own) {
    this.radios[name].checked = true;
    this.radios[OWN].disabled = !own;
    this.own.classList.toggle("vacant", !own);
    if (!own || own === this.shown) return;
    this.shown = own;
    const side = Math.min(own.width, own.height);
    const [x, y] = [(own.width - side) / 2, (own.height - side) / 2];
    this.canvas.getContext("2d").drawImage(own, x, y, side, side, 0, 0, 100, 100);
  }
}
