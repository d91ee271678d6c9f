// Makes a picture of a page small: 256 of its colours, and each other one as the nearest of them. A page has few colours and
// many blends at the edges of its letters, so nobody sees the difference.

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS_MAX = 256;

/** Bytes of a pixel by the kind of picture that a browser makes: without transparency, and with. */
const PIXEL_BYTES = { 2: 3, 6: 4 };
const PALETTE = 3;

/** Takes a PNG as a browser writes it, 8 bits a channel and not interlaced; returns a smaller one. */
export function shrink(png) {
  const { width, height, bytes, pixels } = decode(png);
  const counts = new Map();
  const colours = new Uint32Array(width * height);
  for (let i = 0; i < colours.length; i++) {
    const at = i * bytes;
    const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    colours[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const { palette, indexes } = choose(counts);

  // Each line begins with its filter: none, which is best for a palette.
  const lines = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < colours.length; i++) {
    lines[i + Math.floor(i / width) + 1] = indexes.get(colours[i]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, PALETTE], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channelsOf))),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * One colour after another, each time the one that is furthest from those that are there already, and of those that many pixels have
 * rather than few: a small mark of a colour of its own counts.
 *
 * @param counts of pixels, by colour
 */
function choose(counts) {
  const colours = [...counts.keys()];
  const channels = colours.map(channelsOf);
  const weights = [...counts.values()].map(Math.sqrt);
  const indexes = new Map();
  const distances = colours.map(() => Number.POSITIVE_INFINITY);
  const palette = [];
  let next = weights.indexOf(weights.reduce((a, b) => Math.max(a, b), 0));
  while (palette.length < COLOURS_MAX && distances[next] > 0) {
    const [red, green, blue] = channels[next];
    let missed_most = -1;
    let furthest = next;
    for (let i = 0; i < colours.length; i++) {
      const [r, g, b] = channels[i];
      const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
      if (distance < distances[i]) {
        distances[i] = distance;
        indexes.set(colours[i], palette.length);
      }
      const missed = distances[i] * weights[i];
      if (missed <= missed_most) continue;
      missed_most = missed;
      furthest = i;
    }
    palette.push(colours[next]);
    next = furthest;
  }
  return { palette, indexes };
}

function channelsOf(colour) {
  return [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
}

/** See the PNG specification, chapters 5 (chunks), 9 (filters) and 10 (compression). */
function decode(png) {
  const parts = [];
  let header;
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const bytes = PIXEL_BYTES[header[9]];
  if (header[8] !== 8 || bytes === undefined || header[12] !== 0) throw new Error('not a PNG as a browser writes it');
  const packed = inflateSync(Buffer.concat(parts));
  const line_bytes = width * bytes;
  const pixels = new Uint8Array(line_bytes * height);
  for (let y = 0; y < height; y++) {
    const filter = packed[y * (line_bytes + 1)];
    const from = y * (line_bytes + 1) + 1;
    const to = y * line_bytes;
    for (let x = 0; x < line_bytes; x++) {
      const left = x >= bytes ? pixels[to + x - bytes] : 0;
      const above = y > 0 ? pixels[to + x - line_bytes] : 0;
      const corner = x >= bytes && y > 0 ? pixels[to + x - bytes - line_bytes] : 0;
      pixels[to + x] = packed[from + x] + [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
    }
  }
  return { width, height, bytes, pixels };
}

/** Whichever of three neighbours is nearest to left + above − corner. */
function paeth(left, above, corner) {
  const [by_left, by_above, by_corner] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
    Math.abs(left + above - 2 * corner),
  ];
  if (by_left <= by_above && by_left <= by_corner) return left;
  return by_above <= by_corner ? above : corner;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
