// Numbers as colors. The tables are matplotlib's "magma" for what is 0 or more and "berlin" for differences, at
// 33 places each, between which we interpolate; both get lighter at an even pace.

const MAGMA =
  "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7f" +
  "aa337db73779c43c75d0416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf";
const BERLIN =
  "9eb0ff8caef679abed65a7e2519fd34194c13685ad2e76992868862259731d4b61183d4f14303e11242e111a2012121419" +
  "0c09220c022b0e013510004112014d16025b1d086c27117d341e8e422e9e513fae6051be6f63ce7f76df8f89f09f9cffadad";

/** A table as 256 packed RGBA colors, for a Uint32Array over the bytes of an ImageData (little-endian). */
function packed(table) {
  const places = table.match(/../g).map((hex) => parseInt(hex, 16));
  const last = places.length / 3 - 1;
  return Uint32Array.from({ length: 256 }, (_, k) => {
    const at = (k / 255) * last;
    const i = Math.min(Math.floor(at), last - 1);
    const channel = (c) => Math.round(places[3 * i + c] * (i + 1 - at) + places[3 * i + 3 + c] * (at - i));
    return (0xff000000 | (channel(2) << 16) | (channel(1) << 8) | channel(0)) >>> 0;
  });
}

export const TABLES = { magma: packed(MAGMA), berlin: packed(BERLIN) };

const REACH = 1000; // entries this much smaller than the largest look like 0

/** A value from -limit to limit on a logarithmic scale from -1 to 1; 0 stays 0, what lies beyond is cut. */
export function signedLog(value, limit) {
  const size = Math.log1p((Math.abs(value) * REACH) / Math.max(limit, 1e-30)) / Math.log1p(REACH);
  return Math.sign(value) * Math.min(1, size);
}

/** The largest absolute value, 0 for none; NaN does not count. */
export function largest(...arrays) {
  let most = 0;
  for (const array of arrays)
    for (let k = 0; k < array.length; k++) {
      const size = Math.abs(array[k]);
      if (size > most) most = size;
    }
  return most;
}

/** Write the colors of values from 0 up: logarithmic for matrices, linear for maps. */
export function paint(pixels, values, { limit, log = false }) {
  const scale = 255 / Math.max(limit, 1e-30);
  for (let k = 0; k < values.length; k++) {
    const place = log ? 255 * signedLog(values[k], limit) : values[k] * scale;
    pixels[k] = TABLES.magma[Math.max(0, Math.min(255, Math.round(place)))];
  }
}

/** Write the colors of `a - b`, logarithmic, with black for no difference. */
export function paintDifference(pixels, a, b, { limit }) {
  for (let k = 0; k < a.length; k++)
    pixels[k] = TABLES.berlin[Math.round(127.5 + 127.5 * signedLog(a[k] - b[k], limit))];
}

/** Write gray from transparent to `alpha` black: a veil that lifts where the values are large. */
export function paintVeil(pixels, values, { limit, alpha = 0.86 }) {
  const scale = 1 / Math.max(limit, 1e-30);
  for (let k = 0; k < values.length; k++) {
    const lifted = Math.sqrt(Math.max(0, Math.min(1, values[k] * scale)));
    pixels[k] = (Math.round(255 * alpha * (1 - lifted)) << 24) >>> 0;
  }
}
