// Pictures in: samples, files and the camera become pixels of a working size. Nothing is sent anywhere.

import { fitted } from "./settings.js";

const LEAST = 32; // pixels of the shorter side; the network halves a picture four times

/** A failure whose message is a sentence for the user. */
export class PictureError extends Error {}

/** A bundled picture, decoded. */
export async function sample(name) {
  const image = new Image();
  image.src = new URL(`pictures/${name}.webp`, document.baseURI).href;
  try {
    await image.decode();
  } catch {
    throw new PictureError(`The sample picture “${name}” is missing or broken. Choose another one.`);
  }
  return createImageBitmap(image);
}

/** A file of the user's, upright and decoded. */
export async function fromFile(file) {
  if (!file.size) throw new PictureError(`“${file.name}” is empty. Choose another file.`);
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap)
    throw new PictureError(
      `“${file.name}” is not a picture that this browser can read. Try a JPEG or PNG file.`,
    );
  if (Math.min(bitmap.width, bitmap.height) < 2)
    throw new PictureError(
      `“${file.name}” has ${bitmap.width} × ${bitmap.height} pixels. Choose a larger picture.`,
    );
  return bitmap;
}

/** A picture at a working size, as ImageData; transparent parts lie on white. */
export function pixels(bitmap, side) {
  const [width, height] = fitted(bitmap.width, bitmap.height, side);
  if (Math.min(width, height) < LEAST)
    throw new PictureError(
      `The picture is too narrow: at ${width} × ${height} pixels the network cannot look at it. Cut it first.`,
    );
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

/** What a worker takes: a copy of the pixels whose buffer may be transferred. */
export const plain = ({ width, height, data }) => ({ width, height, data: new Uint8ClampedArray(data) });

/** The camera in a dialog: resolves to a picture, or to null if the user thinks better of it. */
export async function fromCamera(dialog) {
  const video = dialog.querySelector("video");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" }, audio: false });
  } catch (error) {
    throw new PictureError(
      error?.name === "NotAllowedError"
        ? "The browser was not allowed to use the camera. Allow it in the address bar, or open a file."
        : "There is no camera that this page can use. Open a file instead.",
    );
  }
  try {
    video.srcObject = stream;
    await video.play();
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
    return dialog.returnValue === "take" && video.videoWidth ? await createImageBitmap(video) : null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
