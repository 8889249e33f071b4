/** Which graphics processors this browser offers. Those that software imitates do not count. */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** @returns {Promise<boolean>} whether there is a WebGPU adapter of hardware */
async function hasWebGpu() {
  try {
    const adapter = await navigator.gpu?.requestAdapter();
    return Boolean(adapter) && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
  } catch {
    return false;
  }
}

/** @returns {boolean} whether WebGL 2 runs on hardware, and in a worker */
function hasWebGl() {
  if (typeof OffscreenCanvas === "undefined") return false;
  // A worker has no other canvas; WebKitGTK has WebGL on a page's, and none on this one.
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  const floats = gl.getExtension("EXT_color_buffer_float");
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // a page may have only a few
  return Boolean(floats) && !SOFTWARE.test(renderer);
}

/**
 * Return the engines that are worth a try.
 *
 * @param {string} backend what the reader allows: "auto", or one engine
 * @returns {Promise<string[]>} plain JavaScript first
 */
export async function enginesFor(backend) {
  if (backend !== "auto") return [backend];
  const engines = ["javascript"];
  if (await hasWebGpu()) engines.push("webgpu");
  if (hasWebGl()) engines.push("webgl");
  return engines;
}
