/**
 * Read a picture file in the browser as upright RGBA pixels, or say why that fails.
 *
 * Like `fashion_lib/pictures.py`, it checks sizes before memory is spent: the file's before it
 * is read, the width and height in its header before its pixels are decoded. The browser decodes;
 * the header is read here, because a browser tells the size only after decoding.
 */

/** A picture file may have this many bytes, as in Python. */
export const MAX_BYTES = 25_000_000;

/** A picture may have this many pixels, as in Python. */
export const MAX_PIXELS = 20_000_000;

const TILE = 1024;
const NOT_A_PICTURE =
  "This is not a readable PNG, JPEG, WebP, GIF or BMP picture. ";
const SAVE_AGAIN = "Open it in a picture viewer and save it again as PNG or JPEG.";

/** A picture cannot be used; the message says why, and what to do. */
export class ImageError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ImageError";
  }
}

/**
 * Refuse pictures without pixels, and those with too many.
 *
 * @param {number} width In pixels.
 * @param {number} height In pixels.
 * @throws {ImageError}
 */
export function checkSize(width, height) {
  if (width === 0 || height === 0) throw new ImageError("The picture is empty: it has no pixels.");
  if (width * height > MAX_PIXELS) {
    const megapixels = ((width * height) / 1e6).toLocaleString("en-US", {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    throw new ImageError(
      `The picture has ${megapixels} megapixels; at most 20 are allowed. Save a smaller copy ` +
        "of it: 1,000 pixels a side are plenty.",
    );
  }
}

/**
 * Decode a picture file: PNG, JPEG, WebP, GIF or BMP; of an animation, the first frame.
 *
 * @param {Blob} blob The file; its name and stated type are not looked at.
 * @returns {Promise<{width: number, height: number, data: Uint8ClampedArray}>} RGBA, upright as
 *   its EXIF tag says, alpha not multiplied in.
 * @throws {ImageError} If the file is too large, empty, damaged or of another format.
 */
export async function decodePicture(blob) {
  const bytes = await readFile(blob);
  const header = readHeader(bytes);
  checkSize(header.width, header.height);
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: header.type }), {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (error) {
    throw new ImageError(`The picture is damaged or incomplete. ${SAVE_AGAIN}`, { cause: error });
  }
  try {
    checkSize(bitmap.width, bitmap.height);
    return readPixels(bitmap);
  } finally {
    bitmap.close();
  }
}

/** Return a file's bytes; refuse it by its size before reading it. */
async function readFile(blob) {
  if (blob.size > MAX_BYTES) {
    throw new ImageError(
      `The file is larger than ${MAX_BYTES / 1e6} MB. Save a smaller copy of it: a picture ` +
        "1,000 pixels wide is plenty.",
    );
  }
  if (blob.size === 0) {
    throw new ImageError("The file is empty (0 bytes). Save or download the picture again.");
  }
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    throw new ImageError("The file cannot be read. Choose it again.", { cause: error });
  }
}

/**
 * Copy a bitmap's pixels out through a canvas, tile by tile: a canvas as large as the picture
 * would be larger than some phones allow.
 */
function readPixels(bitmap) {
  const { width, height } = bitmap;
  const context = tileContext(Math.min(width, TILE), Math.min(height, TILE));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      const columns = Math.min(TILE, width - left);
      const rows = Math.min(TILE, height - top);
      context.clearRect(0, 0, columns, rows);
      context.drawImage(bitmap, -left, -top);
      const tile = context.getImageData(0, 0, columns, rows).data;
      for (let y = 0; y < rows; y++) {
        const row = tile.subarray(y * columns * 4, (y + 1) * columns * 4);
        data.set(row, ((top + y) * width + left) * 4);
      }
    }
  }
  return { width, height, data };
}

function tileContext(width, height) {
  let canvas;
  if (typeof OffscreenCanvas === "undefined") {
    canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
  } else {
    canvas = new OffscreenCanvas(width, height);
  }
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** Return the format's media type, and the width and height that the header states. */
function readHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (start, end) => String.fromCharCode(...bytes.subarray(start, end));
  let header = null;
  try {
    if (text(0, 8) === "\x89PNG\r\n\x1a\n") header = readPng(view);
    else if (text(0, 3) === "\xff\xd8\xff") header = readJpeg(view);
    else if (/^GIF8[79]a$/.test(text(0, 6))) header = readGif(view);
    else if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") header = readWebp(view, text(12, 16));
    else if (text(0, 2) === "BM") header = readBmp(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a RangeError: the file ends too early
    throw new ImageError(`The picture is damaged or incomplete. ${SAVE_AGAIN}`, { cause: error });
  }
  if (header === null) throw new ImageError(NOT_A_PICTURE + hintFor(text(0, 12)));
  return header;
}

/** Return what to do with a file that is none of the formats. */
function hintFor(start) {
  if (start.slice(4, 8) === "ftyp") {
    return "Photos in HEIC or AVIF can be exported as JPEG by the phone or a viewer.";
  }
  if (start.startsWith("II*\0") || start.startsWith("MM\0*")) {
    return "Browsers do not read TIFF. Save it as PNG or JPEG.";
  }
  return "Save it as PNG or JPEG.";
}

function readPng(view) {
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

/** The size stands in the frame header, which follows other segments, e.g. EXIF data. */
function readJpeg(view) {
  let place = 2;
  for (;;) {
    while (view.getUint8(place) !== 0xff) place++;
    while (view.getUint8(place) === 0xff) place++; // fill bytes
    const marker = view.getUint8(place++);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const height = view.getUint16(place + 3);
      return { type: "image/jpeg", width: view.getUint16(place + 5), height };
    }
    const standsAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (!standsAlone) place += view.getUint16(place);
  }
}

function readGif(view) {
  return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function readWebp(view, chunk) {
  const type = "image/webp";
  const uint24 = (place) => view.getUint16(place, true) + view.getUint8(place + 2) * 65536;
  if (chunk === "VP8X") return { type, width: uint24(24) + 1, height: uint24(27) + 1 };
  if (chunk === "VP8L") {
    const bits = view.getUint32(21, true);
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  const [width, height] = [26, 28].map((place) => view.getUint16(place, true) & 0x3fff);
  return { type, width, height };
}

function readBmp(view) {
  const type = "image/bmp";
  if (view.getUint32(14, true) === 12) {
    return { type, width: view.getUint16(18, true), height: view.getUint16(20, true) };
  }
  const [width, height] = [18, 22].map((place) => Math.abs(view.getInt32(place, true)));
  return { type, width, height };
}
