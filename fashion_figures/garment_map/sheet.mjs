/** The pictures of all garments, from one sheet, and the mean of some. */

const EDGE = 28;

/**
 * @param {Uint8Array} picture a sheet of pictures, 28 pixels high and wide each
 * @param {number} columns pictures in a row
 * @returns {Promise<{of: (n: number) => Uint8ClampedArray, mean: (all: Iterable<number>) =>
 *   Float64Array}>} 784 gray values of a garment, and the mean of some garments
 */
export async function readSheet(picture, columns) {
  const bitmap = await createImageBitmap(new Blob([picture], { type: "image/webp" }));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const width = bitmap.width;
  bitmap.close();
  const gray = new Uint8ClampedArray(data.length / 4);
  for (let i = 0; i < gray.length; i += 1) gray[i] = data[4 * i];
  const start = (n) => Math.floor(n / columns) * EDGE * width + (n % columns) * EDGE;
  return {
    of(n) {
      const found = new Uint8ClampedArray(EDGE * EDGE);
      for (let row = 0; row < EDGE; row += 1) {
        const from = start(n) + row * width;
        found.set(gray.subarray(from, from + EDGE), row * EDGE);
      }
      return found;
    },
    mean(all) {
      const sum = new Float64Array(EDGE * EDGE);
      let count = 0;
      for (const n of all) {
        count += 1;
        for (let row = 0; row < EDGE; row += 1) {
          const from = start(n) + row * width;
          for (let column = 0; column < EDGE; column += 1) {
            sum[row * EDGE + column] += gray[from + column];
          }
        }
      }
      return sum.map((value) => value / (count || 1));
    },
  };
}
