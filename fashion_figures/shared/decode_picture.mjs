/**
 * From a picture file to RGBA pixels, in the browser: what `fashion_lib/pictures.py` is in Python.
 *
 * Sizes are checked before memory is spent: a file's before it is read, the width and height of
 * its header before its pixels are decoded.
 */

import { hidesPixels, lumaOf, readPixels, turnUpright } from "./bitmap.mjs";
import { adviceFor, readHeader } from "./picture_file.mjs";
import { takeApart } from "./picture_parts.mjs";
import { isWhole } from "./picture_whole.mjs";

/** A picture file may have this many bytes, as in Python. */
export const MAX_BYTES = 60_000_000;

/** A picture may have this many pixels, as in Python. */
export const MAX_PIXELS = 25_000_000;

/** A JPEG file may have this many, as in Python. */
export const MAX_JPEG_PIXELS = 52_000_000;

/** Of a JPEG file with more than this many pixels, blocks of eight by eight are averaged. */
const REDUCED_PIXELS = 20_000_000;

const JPEG = "image/jpeg";
const MOVING = ["image/gif", "image/webp", "image/png"]; // may have several frames
const FRAMES = 20; // that are looked at

/** A picture cannot be used; the message says why, and what to do. */
export class ImageError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ImageError";
  }
}

/**
 * Decode a picture file in the browser: PNG, JPEG, WebP, GIF or BMP; of an animation, the first
 * frame that is not blank, where the browser gives out later ones.
 *
 * @param {Blob} blob The file. Its name and its stated type are not looked at.
 * @returns {Promise<{width: number, height: number, data: Uint8ClampedArray,
 *   size: {width: number, height: number}}>} RGBA pixels, upright as the file's EXIF tag says, in
 *   the file's own colors; and the picture's size, which is larger if the pixels were reduced.
 * @throws {ImageError} If the file is empty, too large, damaged or of another format.
 */
export async function decodePicture(blob) {
  const bytes = await readBytes(blob);
  const { type, width, height } = checkHeader(bytes);
  const factor = type === JPEG && width * height > REDUCED_PIXELS ? 8 : 1;
  const { parts, orientation } = takeApart(bytes, type);
  const file = new Blob([join(parts)], { type }); // the header's type: a JPEG may be "photo.png"
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (error) {
    throw damaged(error);
  }
  try {
    checkSize(bitmap.width, bitmap.height, limitOf(type)); // whatever the header said
    if (hidesPixels()) {
      throw new ImageError(
        "Your browser does not let this page read a picture's pixels, a protection against " +
          "tracking. Allow this page to read canvas data, or use another browser.",
      );
    }
    const first = readPixels(bitmap, factor);
    const isBlank = MOVING.includes(type) && showsNothing(first);
    const shown = (isBlank && (await laterFrame(file, type))) || first;
    const upright = turnUpright(shown, orientation);
    const size = factor > 1 ? bitmap : upright;
    return { ...upright, size: { width: size.width, height: size.height } };
  } finally {
    bitmap.close();
  }
}

/** Make one of a file's parts: Firefox decodes no JPEG whose Blob has several. */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Whether a frame is of one tone, or nearly so: many animations fade in. */
function showsNothing({ data }) {
  let [low, high, isVisible] = [255, 0, false];
  for (let n = 0; n < data.length; n += 4) {
    const gray = lumaOf(data[n], data[n + 1], data[n + 2]);
    low = Math.min(low, gray);
    high = Math.max(high, gray);
    isVisible ||= data[n + 3] > 0;
  }
  return high - low <= 13 || !isVisible;
}

/** Return the first later frame that shows something; null if none does or is to be had. */
async function laterFrame(file, type) {
  if (typeof ImageDecoder !== "function") return null;
  const data = await file.arrayBuffer();
  const decoder = new ImageDecoder({ data, type, colorSpaceConversion: "none" });
  try {
    await decoder.tracks.ready;
    const count = Math.min(FRAMES, decoder.tracks.selectedTrack.frameCount);
    for (let frameIndex = 1; frameIndex < count; frameIndex++) {
      const { image } = await decoder.decode({ frameIndex });
      const bitmap = await createImageBitmap(image, { premultiplyAlpha: "none" });
      const pixels = readPixels(bitmap);
      image.close();
      bitmap.close();
      if (!showsNothing(pixels)) return pixels;
    }
  } catch {
    // A later frame is damaged; the first one stands.
  } finally {
    decoder.close();
  }
  return null;
}

/** Return a file's bytes; refuse it by its size before reading it. */
async function readBytes(blob) {
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
    throw new ImageError("The file cannot be read. Check that it is still there.", {
      cause: error,
    });
  }
}

/** Return the type and the size that the header shows; refuse other formats, and large sizes. */
function checkHeader(bytes) {
  let header;
  try {
    header = readHeader(bytes);
  } catch (error) {
    throw damaged(error);
  }
  if (header === null) {
    throw new ImageError(
      `This is not a readable PNG, JPEG, WebP, GIF or BMP picture. ${adviceFor(bytes)}`,
    );
  }
  checkSize(header.width, header.height, limitOf(header.type));
  if (!isWhole(bytes, header.type)) throw damaged();
  return header;
}

function limitOf(type) {
  return type === JPEG ? MAX_JPEG_PIXELS : MAX_PIXELS;
}

function damaged(cause) {
  const message =
    "The picture is damaged or incomplete. Open it in a picture viewer and save it again as " +
    "PNG or JPEG.";
  return new ImageError(message, { cause });
}

/** Refuse a picture without pixels, or with more than `limit`. */
export function checkSize(width, height, limit = MAX_PIXELS) {
  if (width === 0 || height === 0) throw new ImageError("The picture is empty: it has no pixels.");
  if (width * height > limit) {
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    const megapixels = ((width * height) / 1e6).toLocaleString("en-US", digits);
    throw new ImageError(
      `The picture has ${megapixels} megapixels; at most ${MAX_PIXELS / 1e6} are allowed, ` +
        `${MAX_JPEG_PIXELS / 1e6} in a JPEG file. Save a smaller copy of it: 1,000 pixels a side ` +
        "are plenty.",
    );
  }
}
