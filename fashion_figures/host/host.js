/* Hosts the course's figures in a published page: no kernel, no other server.
 *
 * A figure is an element `.cw-host` with its state as JSON inside. When it comes near the
 * screen, its module is loaded as a classic script (which works from disk, too) and gets
 * `render({ model, el })`, as anywidget would call it. `model` has the part of the Jupyter
 * model that the modules use: get, set, save_changes, on, off, send.
 */
// biome-ignore lint/suspicious/noRedundantUseStrict: a classic script, so that it loads from disk
"use strict";

(() => {
  const base = new URL(".", document.currentScript.src).href;
  const modules = new Map(); // name -> module
  const assets = new Map(); // name -> base64 of gzip
  const scripts = new Map(); // address -> promise
  const styles = new Map(); // address -> promise

  function loadScript(path) {
    if (!scripts.has(path)) {
      const loading = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = base + path;
        script.onload = () => resolve();
        script.onerror = () => {
          scripts.delete(path); // so that a later try asks again
          script.remove();
          reject(new Error(`${path} could not be loaded. Are you online?`));
        };
        document.head.append(script);
      });
      scripts.set(path, loading);
    }
    return scripts.get(path);
  }

  /** Load a stylesheet once; a figure that lacks its style is shown all the same. */
  function loadStyle(path) {
    if (!styles.has(path)) {
      const loading = new Promise((resolve) => {
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = base + path;
        link.onload = link.onerror = () => resolve();
        document.head.append(link);
      });
      styles.set(path, loading);
    }
    return styles.get(path);
  }

  function decode(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  async function readAsset(name) {
    await loadScript(`assets/${name}.js`);
    const packed = new Blob([decode(assets.get(name))]);
    const stream = packed.stream().pipeThrough(new DecompressionStream("gzip"));
    return new DataView(await new Response(stream).arrayBuffer());
  }

  /** Turn `{"$bytes": base64}` back into bytes, at any depth. */
  function revive(value) {
    if (Array.isArray(value)) return value.map(revive);
    if (value === null || typeof value !== "object") return value;
    if (typeof value.$bytes === "string") return new DataView(decode(value.$bytes).buffer);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
  }

  /** The part of Jupyter's widget model that the figures use. */
  class StaticModel {
    constructor(state) {
      this.state = state;
      this.listeners = new Map();
    }

    get(name) {
      return this.state[name];
    }

    set(name, value) {
      if (this.state[name] === value) return;
      this.state[name] = value;
      this.emit(`change:${name}`, this, value);
      this.emit("change", this);
    }

    save_changes() {}

    on(event, callback) {
      const callbacks = this.listeners.get(event) ?? [];
      this.listeners.set(event, [...callbacks, callback]);
    }

    off(event, callback) {
      const callbacks = this.listeners.get(event) ?? [];
      this.listeners.set(event, callback ? callbacks.filter((c) => c !== callback) : []);
    }

    emit(event, ...values) {
      for (const callback of this.listeners.get(event) ?? []) callback(...values);
    }

    /** A kernel would answer; here, an asset is a file of the site. */
    async send(content) {
      if (content?.type !== "asset") return;
      const reply = { type: "asset", name: content.name };
      try {
        const data = await readAsset(content.name);
        this.emit("msg:custom", reply, [data]);
      } catch (error) {
        this.emit("msg:custom", { ...reply, error: error.message }, []);
      }
    }
  }

  function complain(el, error, retry) {
    const box = document.createElement("div");
    box.className = "cw-error";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = `This figure could not be started: ${error.message}`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => {
      box.remove();
      retry();
    });
    box.append(words, button);
    el.append(box);
  }

  async function start(host) {
    if (host.dataset.state === "loading" || host.dataset.state === "ready") return;
    host.dataset.state = "loading";
    const name = host.dataset.widget;
    try {
      await Promise.all([
        loadStyle("shared/shared.css"), // before the figure, which would change its height
        loadStyle(`${name.split("/")[0]}/figure.css`),
        loadScript(`${name}.js`),
      ]);
      const data = host.querySelector(":scope > script[type='application/json']");
      const model = new StaticModel(revive(JSON.parse(data.textContent)));
      const el = document.createElement("div");
      host.courseModel = model; // so that a page, or a test, can set and read the state
      await modules.get(name).render({ model, el });
      // Firefox lays out once before it knows the answers of container queries, and would keep the
      // reader's place by that: so the height stands until the layout is the final one.
      host.style.height = `${host.offsetHeight}px`;
      host.querySelector(":scope > .cw-fallback").hidden = true;
      host.append(el);
      el.getBoundingClientRect();
      host.style.height = "";
      host.dataset.state = "ready";
    } catch (error) {
      host.dataset.state = "failed";
      complain(host, error, () => start(host));
    }
  }

  globalThis.courseWidgets = {
    site: new URL("..", base).href, // where the pages are
    define(name, module) {
      modules.set(name, module);
    },
    asset(name, packed) {
      assets.set(name, packed);
    },
    start,
  };

  /**
   * Keep what the reader sees in its place when a figure above it changes its height. The page
   * reserves the height (`book/site/heights.py`), so this is about a few pixels of other fonts.
   * Browsers with scroll anchoring do it themselves.
   */
  function anchor(hosts) {
    if (CSS.supports("overflow-anchor", "auto")) return;
    const covered = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
    const sizes = new Map(); // host -> its last width and height
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const { bottom, width, height } = target.getBoundingClientRect();
        const before = sizes.get(target);
        sizes.set(target, { width, height });
        if (!before || before.width !== width) continue; // the whole page is laid out anew
        const growth = height - before.height;
        // Where a link leads to is below what it keeps free at the top.
        if (bottom - growth <= (covered || 0)) scrollBy({ top: growth, behavior: "instant" });
      }
    });
    for (const host of hosts) observer.observe(host);
  }

  function watch() {
    const hosts = document.querySelectorAll(".cw-host");
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          observer.unobserve(entry.target);
          start(entry.target);
        }
      },
      { rootMargin: "600px" },
    );
    for (const host of hosts) observer.observe(host);
    anchor(hosts);
    addEventListener("beforeprint", () => {
      for (const host of hosts) start(host);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
})();
