/** Work that follows the reader's hand: once a frame, and less often where it takes longer. */

/**
 * @param {{dispose: Function}} figure what `frame` returned
 * @param {() => void} work
 * @returns {{ask: () => void, cancel: () => void}} `ask` has the work done soon; `cancel` drops
 *   what was asked for
 */
export function paced(figure, work) {
  let [asked, free] = [0, 0]; // a frame that was asked for, and from when on there is time
  const run = () => {
    asked = 0;
    const start = performance.now();
    if (start < free) return void ask();
    work();
    const end = performance.now();
    free = end + (end - start); // at least half of the time is the page's
  };
  const ask = () => {
    asked ||= requestAnimationFrame(run);
  };
  const cancel = () => {
    cancelAnimationFrame(asked);
    asked = 0;
  };
  figure.dispose(cancel);
  return { ask, cancel };
}
