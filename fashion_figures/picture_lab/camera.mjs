/** A photo from the device's camera: a live picture, and one press to take it. */

import { h } from "../shared/kit.mjs";

const REASONS = {
  NotAllowedError:
    "The camera was refused. Allow it for this page in the browser's settings, or use a file.",
  NotFoundError: "No camera was found. Connect one, or use a file.",
  OverconstrainedError: "No fitting camera was found. Use a file instead.",
  NotReadableError: "The camera is in use by another program. Close that one, or use a file.",
};

/** Say why there is no camera, and what to do. */
function reasonOf(error) {
  const reason = REASONS[error.name] ?? `The camera did not start: ${error.message} Use a file.`;
  return location.protocol === "file:"
    ? `${reason} Pages opened from disk may not get a camera at all; opened from a server, they do.`
    : reason;
}

/** Browsers give the camera to secure pages only. */
function whyAbsent() {
  if (navigator.mediaDevices?.getUserMedia) return "";
  if (!isSecureContext) {
    return (
      "Browsers give the camera only to pages with a secure address (https, or this computer " +
      "itself). Open the page there, or use a file."
    );
  }
  return location.protocol === "file:"
    ? "This browser gives no camera to pages opened from disk. Open the page from a server, or " +
        "use a file."
    : "This browser gives no camera to this page. Use a file instead.";
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** Return the video's current picture as a PNG file. */
function snapshot(video) {
  const canvas = h("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("the photo could not be kept."));
    }, "image/png");
  });
}

/**
 * Build the camera's view, closed.
 *
 * @param {object} figure of `frame`
 * @param {{take: (photo: Promise<Blob>) => void, fail: (message: string) => void,
 *   leave: () => void}} actions `leave` is called when the view is to be closed
 * @returns {{surface: HTMLElement, tools: HTMLElement, open: () => Promise<void>,
 *   close: () => void}}
 */
export function cameraView(figure, { take, fail, leave }) {
  const video = h("video.cw-pic-square", { "aria-label": "Live picture of the camera" });
  video.muted = true;
  video.playsInline = true;
  const shoot = h("button.cw-primary", {
    type: "button",
    text: "Take the picture",
    disabled: true,
  });
  const cancel = h("button", { type: "button", text: "Close the camera" });
  const surface = h("div.cw-pic-stage", {}, video);
  const tools = h(
    "div.cw-pic-tools",
    {},
    h("div.cw-row", {}, shoot, cancel),
    h("p.cw-note", {
      text: "One garment on a plain background of another tone, all of it in the picture, upright.",
    }),
  );
  let stream = null;
  let attempt = 0;

  const close = () => {
    attempt += 1; // a stream that is still to come is stopped when it comes
    if (stream) stop(stream);
    stream = null;
    video.srcObject = null;
    shoot.disabled = true;
    delete surface.dataset.camera;
  };

  const open = async () => {
    const absent = whyAbsent();
    if (absent) {
      leave();
      return void fail(absent);
    }
    cancel.focus();
    attempt += 1;
    const own = attempt;
    try {
      const found = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" }, // of a phone's cameras the one at the back
      });
      if (own !== attempt) return void stop(found);
      stream = found;
      video.srcObject = found;
      await video.play();
      if (own !== attempt) return;
      shoot.disabled = false;
      surface.dataset.camera = "live";
      shoot.focus();
    } catch (error) {
      if (own !== attempt) return;
      leave();
      fail(reasonOf(error));
    }
  };

  figure.on(shoot, "click", () => {
    take(snapshot(video));
    leave();
  });
  figure.on(cancel, "click", leave);
  for (const part of [surface, tools]) {
    figure.on(part, "keydown", (event) => {
      if (event.key === "Escape") leave();
    });
  }
  figure.on(globalThis, "pagehide", leave);
  figure.dispose(close);
  return { surface, tools, open, close };
}
