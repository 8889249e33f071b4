/**
 * Take out of a picture file what browsers do not agree about: how its colors are meant, and, of
 * some formats, which side is up.
 *
 * Pillow leaves colors as they are in the file. Of the browsers, some can be told to, and others
 * convert them whatever they are told. Without profile and gamma, all of them do as Pillow does.
 */

const ORIENTATION_TAG = 0x0112;
const PNG_COLORS = ["iCCP", "gAMA", "cHRM", "sRGB", "cICP", "mDCV", "mDCv", "cLLI", "cLLi"];
const WEBP_HAS_PROFILE = 0x20;

/**
 * Return a file without its color profile and gamma.
 *
 * All browsers turn JPEG pictures upright as their EXIF data say; of PNG and WebP pictures some
 * ignore these. So they are taken out there, and `turnUpright` can do it.
 *
 * @param {Uint8Array} bytes The whole file; a WebP file is changed in place.
 * @param {string} type Its media type, as `readHeader` returns it.
 * @returns {{parts: Uint8Array[], orientation: number}} The file's bytes, in order, and the EXIF
 *   orientation that was taken out, 1 to 8; 1 if there was none.
 */
export function takeApart(bytes, type) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "image/png") return ofPng(bytes, view);
  if (type === "image/jpeg") return { parts: ofJpeg(bytes, view), orientation: 1 };
  if (type === "image/webp") return { parts: [bytes], orientation: ofWebp(bytes, view) };
  return { parts: [bytes], orientation: 1 };
}

function ofPng(bytes, view) {
  const parts = [bytes.subarray(0, 8)];
  let orientation = 1;
  for (let place = 8; place + 12 <= bytes.length; ) {
    const name = text(bytes, place + 4, place + 8);
    const end = place + 12 + view.getUint32(place);
    if (name === "eXIf") orientation = orientationAt(bytes, view, place + 8);
    else if (!PNG_COLORS.includes(name)) parts.push(bytes.subarray(place, end));
    place = end;
  }
  return { parts, orientation };
}

/** Profiles are in segments before the first scan; what is no segment stays as it is. */
function ofJpeg(bytes, view) {
  const parts = [bytes.subarray(0, 2)];
  let place = 2;
  while (place + 4 <= bytes.length && bytes[place] === 0xff) {
    const marker = bytes[place + 1];
    if (marker === 0xff || marker === 0xda) break; // padding, or a scan
    const end = place + 2 + view.getUint16(place + 2);
    const isProfile = marker === 0xe2 && text(bytes, place + 4, place + 16) === "ICC_PROFILE\0";
    if (!isProfile) parts.push(bytes.subarray(place, end));
    place = end;
  }
  return [...parts, bytes.subarray(place)];
}

function ofWebp(bytes, view) {
  let orientation = 1;
  for (let place = 12; place + 8 <= bytes.length; ) {
    const name = text(bytes, place, place + 4);
    const size = view.getUint32(place + 4, true);
    if (name === "EXIF") orientation = orientationAt(bytes, view, place + 8);
    if (name === "ICCP") {
      bytes[place] = 0x78; // "xCCP": nobody knows such a chunk, so it is passed over
      bytes[20] &= ~WEBP_HAS_PROFILE;
    }
    place += 8 + size + (size % 2); // chunks start at even places
  }
  return orientation;
}

/**
 * Read the orientation in EXIF data that start at `start`, and set it to 1: a small TIFF file, of
 * either byte order.
 */
function orientationAt(bytes, view, start) {
  try {
    const tiff = text(bytes, start, start + 6) === "Exif\0\0" ? start + 6 : start;
    const isLittle = text(bytes, tiff, tiff + 2) === "II";
    const table = tiff + view.getUint32(tiff + 4, isLittle);
    const count = view.getUint16(table, isLittle);
    for (let entry = table + 2; entry < table + 2 + 12 * count; entry += 12) {
      if (view.getUint16(entry, isLittle) !== ORIENTATION_TAG) continue;
      const orientation = view.getUint16(entry + 8, isLittle);
      view.setUint16(entry + 8, 1, isLittle);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a damaged tag; the pixels may be fine
  }
  return 1;
}

function text(bytes, start, end) {
  return String.fromCharCode(...bytes.subarray(start, end));
}
