// The film of a run: some of its pictures as JPEG, evenly spread over the steps, however long it goes on.

export const MOST = 60; // frames; at 512 pixels that is about 6 MB

/** Whether a step becomes a frame, while every `stride`-th does. */
export const wanted = (index, stride) => index % stride === 0;

/** {frames, stride} with at most `most` frames: where there are more, every other one goes. */
export function thinned(frames, stride, most = MOST) {
  while (frames.length > most) {
    stride *= 2;
    frames = frames.filter(({ index }) => wanted(index, stride));
  }
  return { frames, stride };
}

/** The places of at most `count` frames of a list, spread evenly, with the first and the last. */
export function spread(length, count) {
  if (length <= count) return Array.from({ length }, (_, k) => k);
  return Array.from({ length: count }, (_, k) => Math.round((k * (length - 1)) / (count - 1)));
}

/** The frames of a run. `changed` is called when there is one more. */
export class Film {
  constructor(changed) {
    this.changed = changed;
    this.clear();
  }

  clear() {
    for (const frame of this.frames ?? []) frame.thumb?.close();
    Object.assign(this, { frames: [], stride: 1, taken: -1, run: {} });
  }

  /** Keep the picture of a step, unless there are enough of its kind. */
  async add(index, image) {
    if (!wanted(index, this.stride) || index <= this.taken) return;
    this.taken = index;
    const frame = { index };
    const { run } = this;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    canvas.getContext("2d").putImageData(image, 0, 0);
    const blob = new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    const tall = { resizeHeight: 88, resizeQuality: "medium" };
    const thumb = createImageBitmap(image, tall).catch(() => createImageBitmap(image)); // without options
    [frame.blob, frame.thumb] = await Promise.all([blob, thumb]);
    if (!frame.blob || run !== this.run) return frame.thumb?.close(); // it comes too late for its run
    const frames = [...this.frames, frame].sort((a, b) => a.index - b.index);
    const kept = thinned(frames, this.stride);
    for (const old of frames) if (!kept.frames.includes(old)) old.thumb.close();
    Object.assign(this, kept);
    this.changed();
  }
}
