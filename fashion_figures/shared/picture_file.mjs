/**
 * Read what a picture file says of itself: its format and its size.
 *
 * A browser tells the size only after it has decoded the picture. A file of a few bytes can
 * claim 30,000 × 30,000 pixels, so the size is read here, before.
 */

const PHONES = ["heic", "heix", "heim", "mif1", "msf1", "avif", "avis"]; // what HEIC and AVIF say
const PHONE =
  "This is a photo in HEIC or AVIF, which cannot be read here. On an iPhone, choose Settings > " +
  "Camera > Formats > Most Compatible, or mail the photo to yourself; on an Android phone, " +
  "switch off high-efficiency pictures in the camera's settings, or save a screenshot of the " +
  "photo. Each makes a JPEG or PNG.";

/**
 * Recognize a picture file and read its size.
 *
 * @param {Uint8Array} bytes The whole file.
 * @returns {{type: string, width: number, height: number} | null} The media type, and the size
 *   in pixels as the file states it; null if it is no PNG, JPEG, WebP, GIF or BMP file.
 * @throws {RangeError} If the file ends before it states its size.
 */
export function readHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return { type: "image/png", ...pngSize(view) };
  if (text(bytes, 0, 3) === "\xff\xd8\xff") return { type: "image/jpeg", ...jpegSize(view) };
  if (["GIF87a", "GIF89a"].includes(text(bytes, 0, 6))) {
    return { type: "image/gif", ...gifSize(view) };
  }
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP") {
    return { type: "image/webp", ...webpSize(view, text(bytes, 12, 16)) };
  }
  if (text(bytes, 0, 2) === "BM") return { type: "image/bmp", ...bmpSize(view) };
  return null;
}

/**
 * Say what to do with a file that `readHeader` does not recognize.
 *
 * @param {Uint8Array} bytes The whole file.
 * @returns {string} A sentence or two.
 */
export function adviceFor(bytes) {
  if (text(bytes, 4, 8) === "ftyp") {
    return PHONES.includes(text(bytes, 8, 12)) ? PHONE : "This is a video. Save a picture of it.";
  }
  if (["II*\0", "MM\0*"].includes(text(bytes, 0, 4))) {
    return "Browsers do not show TIFF. Save it as PNG or JPEG.";
  }
  return "Save it as PNG or JPEG.";
}

function text(bytes, start, end) {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** The header chunk comes first. */
function pngSize(view) {
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** The size stands in the frame header, after segments with EXIF data, tables and the like. */
function jpegSize(view) {
  let place = 2;
  for (;;) {
    while (view.getUint8(place) !== 0xff) place++;
    while (view.getUint8(place) === 0xff) place++; // a marker may have several
    const marker = view.getUint8(place++);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(place + 3), width: view.getUint16(place + 5) };
    const standsAlone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (!standsAlone) place += view.getUint16(place);
  }
}

/** The first frame may be larger than the screen that the file states; then it counts. */
function gifSize(view) {
  let width = view.getUint16(6, true);
  let height = view.getUint16(8, true);
  const flags = view.getUint8(10);
  let place = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0); // after the color table
  while (view.getUint8(place) === 0x21) {
    place += 2; // an extension: blocks of bytes, each after its length, until an empty one
    while (view.getUint8(place) > 0) place += 1 + view.getUint8(place);
    place++;
  }
  if (view.getUint8(place) === 0x2c) {
    width = Math.max(width, view.getUint16(place + 1, true) + view.getUint16(place + 5, true));
    height = Math.max(height, view.getUint16(place + 3, true) + view.getUint16(place + 7, true));
  }
  return { width, height };
}

/** Three kinds: extended (VP8X), lossless (VP8L) and lossy (VP8). */
function webpSize(view, chunk) {
  const uint24 = (place) => view.getUint16(place, true) + 65536 * view.getUint8(place + 2);
  if (chunk === "VP8X") return { width: uint24(24) + 1, height: uint24(27) + 1 };
  if (chunk === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** A negative height means that the rows are stored from the top. */
function bmpSize(view) {
  if (view.getUint32(14, true) === 12) {
    return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  }
  const [width, height] = [18, 22].map((place) => Math.abs(view.getInt32(place, true)));
  return { width, height };
}
