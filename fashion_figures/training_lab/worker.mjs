/** The worker's side of the training lab: messages in, messages out. */

import { Training } from "./core.mjs";
import { TensorFlowEngine } from "./tfjs.mjs";

const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();

/** Let the worker read its messages; a timer would wait at least 4 ms. */
function breathe() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

const training = new Training((message) => self.postMessage(message), breathe, {
  webgl: () => TensorFlowEngine.make("webgl"),
  webgpu: () => TensorFlowEngine.make("webgpu"),
});
self.onmessage = (event) => training.receive(event.data);
self.postMessage({ type: "hello" });
