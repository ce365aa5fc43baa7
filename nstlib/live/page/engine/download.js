// A file from the folder of the page, with news of how far it is.

import { Fault } from "./faults.js";

/**
 * Return the bytes of a file.
 *
 * @param {URL} url
 * @param {(message: {type: "progress", loaded: number, total: number}) => void} post total is 0 where the server
 *   does not say it
 * @returns {Promise<ArrayBuffer>}
 * @throws {Fault} if it cannot be loaded
 */
export async function download(url, post) {
  const name = url.pathname.split("/").pop();
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) {
    const reason = response ? `the server answers ${response.status}` : "there is no answer";
    throw new Fault("weights", `The file ${name} could not be loaded (${reason}); reload the page to try again.`);
  }
  // The length of a compressed answer is not that of the file.
  const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
  const parts = [];
  let loaded = 0;
  try {
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      post({ type: "progress", loaded, total });
    }
  } catch {
    throw new Fault("weights", `The file ${name} arrived only in part; reload the page to try again.`);
  }
  return new Blob(parts).arrayBuffer();
}
