/**
 * Prepare a picture file in a worker; where there is none to be had, in the page.
 */

import { loadAsset } from "../shared/state.mjs";
import { ImageError, decodePicture } from "../shared/decode_picture.mjs";
import { preparePixels } from "../shared/prepare.mjs";

const CRASHED =
  "This picture was too much for the browser's memory. Save a smaller copy of it: 1,000 pixels " +
  "a side are plenty.";

/**
 * What `Preparer.prepare` returns.
 * @typedef {{size: {width: number, height: number}, pixels: Uint8Array,
 *   steps: {name: string, width: number, height: number, channels: 1 | 3, data: Uint8Array}[]}
 * } Prepared
 */

/** Owns the worker; one for each figure's state. */
export class Preparer {
  /** @param {object} model for the asset "picture-worker" */
  constructor(model) {
    this.model = model;
    this.starting = null; // promise of a worker, or of null
    this.jobs = new Map(); // id -> { resolve, reject, progress }
    this.count = 0;
  }

  /**
   * Decode and prepare a picture file.
   *
   * @param {Blob} blob
   * @param {(stage: string) => void} progress called with what is being done
   * @returns {Promise<Prepared>} rejected with ImageError if the picture cannot be used
   */
  async prepare(blob, progress) {
    this.starting ??= this.start();
    const worker = await this.starting;
    if (!worker) return prepareHere(blob, progress);
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      this.jobs.set(id, { resolve, reject, progress });
      worker.postMessage({ id, blob });
    });
  }

  /** Return a worker that has started, or null if the browser or its settings refuse. */
  async start() {
    let worker;
    let address;
    try {
      const code = await loadAsset(this.model, "picture-worker");
      address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      worker = new Worker(address);
    } catch {
      return null;
    }
    const isReady = await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data.ready === true);
      worker.onerror = (event) => {
        event.preventDefault(); // it is dealt with: the page does the work
        resolve(false);
      };
    });
    URL.revokeObjectURL(address);
    if (!isReady) {
      worker.terminate();
      return null;
    }
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.close(new ImageError(CRASHED));
    };
    return worker;
  }

  receive({ id, stage, error, isPicture, ...prepared }) {
    const job = this.jobs.get(id);
    if (!job) return;
    if (stage) return void job.progress(stage);
    this.jobs.delete(id);
    if (error === undefined) job.resolve(prepared);
    else job.reject(isPicture ? new ImageError(error) : new Error(error));
  }

  /**
   * End the worker; a later `prepare` starts another.
   *
   * @param {Error} [reason] for the pictures that it still had
   */
  close(reason = new Error("The figure was closed.")) {
    this.starting?.then((worker) => worker?.terminate());
    this.starting = null;
    for (const job of this.jobs.values()) job.reject(reason);
    this.jobs.clear();
  }
}

async function prepareHere(blob, progress) {
  const decoded = await decodePicture(blob);
  const { width, height } = decoded.size;
  progress(`Preparing ${width} × ${height} pixels…`);
  await new Promise((resolve) => setTimeout(resolve)); // let the page show it
  return { size: decoded.size, ...preparePixels(decoded) };
}
