// What the page says: its state, what has gone wrong, and what helps.

import { PictureError } from "./pictures.js";

const $ = (id) => document.getElementById(id);

export class Notices {
  /** What the page is doing; screen readers say it when they have time. */
  say = (text) => ($("state").textContent = text);

  /** What has gone wrong; a PictureError has a sentence for the user, anything else is a mistake of ours. */
  fault(error) {
    const known = error instanceof PictureError;
    if (!known) console.error(error);
    const text = known
      ? error.message
      : `Something went wrong: ${error.message}. The last picture is still here.`;
    $("fault").textContent = text;
  }

  /** A button below the fault that does something about it. */
  remedy(text, act) {
    Object.assign($("remedy"), { hidden: false, textContent: text });
    $("remedy").onclick = () => {
      this.clear();
      act();
    };
  }

  clear() {
    $("fault").textContent = "";
    $("remedy").hidden = true;
  }
}
