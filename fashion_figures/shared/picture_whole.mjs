/**
 * Whether a picture file is all there.
 *
 * Some browsers show what is left of a file that was cut off, and fill the rest; Pillow refuses it.
 * What follows the picture in the file is nobody's concern.
 */

/**
 * Look for the end of a file's picture; of an animation, of its first frame.
 *
 * @param {Uint8Array} bytes The whole file.
 * @param {string} type Its media type, as `readHeader` returns it.
 * @returns {boolean} Whether the end is there; what the pixels are worth, the decoder says.
 */
export function isWhole(bytes, type) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return ENDS[type](view, bytes);
  } catch (error) {
    if (error instanceof RangeError) return false; // the file ends in the middle of something
    throw error;
  }
}

const ENDS = {
  "image/png": pngEnds,
  "image/jpeg": jpegEnds,
  "image/gif": gifEnds,
  // The length that the file states for itself.
  "image/webp": (view) => view.getUint32(4, true) + 8 <= view.byteLength,
  "image/bmp": bmpEnds,
};

const IDAT = 0x49444154; // the name of the chunks with the pixels

/** Another chunk follows the last one with pixels: the end, at least. */
function pngEnds(view) {
  let hasPixels = false;
  for (let place = 8; ; place += 12 + view.getUint32(place)) {
    const isPixels = view.getUint32(place + 4) === IDAT;
    if (hasPixels && !isPixels) return true;
    hasPixels ||= isPixels;
  }
}

/** After its segments come the scans; in them, a byte of 255 is followed by 0 or starts a marker. */
function jpegEnds(view, bytes) {
  for (let place = 2; ; ) {
    place = bytes.indexOf(0xff, place);
    if (place < 0) return false;
    while (view.getUint8(place) === 0xff) place++; // a marker may have several
    const marker = view.getUint8(place++);
    if (marker === 0xd9) return true;
    const standsAlone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (!standsAlone) place += view.getUint16(place);
  }
}

/** The first frame's data are blocks of bytes, each after its length, until an empty one. */
function gifEnds(view) {
  const tableSize = (flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let place = 13 + tableSize(view.getUint8(10));
  for (;;) {
    const kind = view.getUint8(place);
    if (kind === 0x2c) place += 11 + tableSize(view.getUint8(place + 9));
    else if (kind === 0x21) place += 2;
    else return kind === 0x3b;
    while (view.getUint8(place) > 0) place += 1 + view.getUint8(place);
    place++;
    if (kind === 0x2c) return true;
  }
}

/** Rows of whole words, of which the last may end early; or packed, of a stated length. */
function bmpEnds(view) {
  const isOld = view.getUint32(14, true) === 12;
  const width = isOld ? view.getUint16(18, true) : Math.abs(view.getInt32(18, true));
  const height = isOld ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  const bits = width * view.getUint16(isOld ? 24 : 28, true);
  const isPacked = !isOld && [1, 2].includes(view.getUint32(30, true));
  const needed = isPacked
    ? view.getUint32(34, true)
    : (height - 1) * 4 * Math.ceil(bits / 32) + Math.ceil(bits / 8);
  return view.getUint32(10, true) + needed <= view.byteLength;
}
