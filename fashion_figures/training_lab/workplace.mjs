/** Where a training runs: in a worker, or in the page itself where the browser refuses one. */

import { Training } from "./core.mjs";

/**
 * Start a training; its first message is "hello".
 *
 * @param {BlobPart[]} parts the worker's text
 * @param {{receive: (message: object) => void, crashed: (message: string) => void,
 *   refused: () => void}} listener `refused` is called when it will run in the page itself
 * @returns {{send: (message: object) => void, end: () => void}} `end` ends it, whatever it is doing
 */
export function workplace(parts, { receive, crashed, refused }) {
  let place = null; // {send, end} of a worker, or of the page
  let greeted = false;
  let isRefused = false;
  let over = false;

  const stayHere = () => {
    place?.end();
    isRefused = true;
    refused();
    place = onThisThread((message) => over || receive(message));
    queueMicrotask(() => over || receive({ type: "hello" })); // as late as a worker's
  };
  const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  try {
    const worker = new Worker(address);
    const fail = (message) => {
      if (over || isRefused) return;
      if (greeted) crashed(message || "the worker ended");
      else stayHere();
    };
    worker.onmessage = (event) => {
      if (over || isRefused) return;
      if (!greeted) URL.revokeObjectURL(address);
      greeted = true;
      receive(event.data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    worker.onmessageerror = () => fail("a lost message");
    place = { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
  } catch {
    stayHere();
  }
  return {
    send: (message) => place.send(message),
    end() {
      over = true;
      place?.end();
      URL.revokeObjectURL(address);
    },
  };
}

/** Train on the page's own thread, in slices so short that the page stays usable. */
function onThisThread(post) {
  let gone = false;
  const breathe = () =>
    new Promise((resolve) => {
      setTimeout(() => gone || resolve(), 0); // a training that was dismissed stops here
    });
  const training = new Training(post, breathe);
  return {
    send: (message) => gone || training.receive(message),
    end() {
      gone = true;
    },
  };
}
