/** The state, its data, and what stays on this device. */

const pending = new WeakMap(); // model -> Map(name -> promise)

/**
 * Set a state and tell the kernel, if there is one.
 *
 * @param {object} model
 * @param {Record<string, unknown>} values
 */
export function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/**
 * Ask for data by name: a file of the site, or a message to the kernel.
 *
 * @param {object} model
 * @param {string} name as in the Python class's `assets`
 * @returns {Promise<Uint8Array>} rejected with a message for the reader
 */
export function loadAsset(model, name) {
  if (!pending.has(model)) pending.set(model, new Map());
  const loading = pending.get(model);
  if (!loading.has(name)) {
    const promise = new Promise((resolve, reject) => {
      const receive = (content, buffers) => {
        if (content?.type !== "asset" || content.name !== name) return;
        model.off("msg:custom", receive);
        if (content.error) return void reject(new Error(content.error));
        const view = buffers[0];
        const bytes =
          view instanceof ArrayBuffer
            ? new Uint8Array(view)
            : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
        resolve(bytes);
      };
      model.on("msg:custom", receive);
      model.send({ type: "asset", name });
    });
    promise.catch(() => loading.delete(name)); // a later try asks again
    loading.set(name, promise);
  }
  return loading.get(name);
}

/**
 * Return a state of bytes as an array, whoever hosts the figure.
 *
 * @param {DataView|ArrayBuffer|Uint8Array|null} value
 * @returns {Uint8Array|null}
 */
export function toBytes(value) {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * Read and write what stays on this device; where storage is refused, nothing stays.
 *
 * @param {string} key
 * @param {unknown} [fallback]
 * @returns {unknown}
 */
export function recall(key, fallback = null) {
  try {
    return JSON.parse(localStorage.getItem(`fashion-course:${key}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

/**
 * @param {string} key
 * @param {unknown} value undefined removes it
 */
export function remember(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(`fashion-course:${key}`);
    else localStorage.setItem(`fashion-course:${key}`, JSON.stringify(value));
  } catch {
    // Storage is full or refused: the figure works, it only forgets.
  }
}
