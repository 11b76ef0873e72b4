// Search without a network: a page that is opened as a file may start no worker, so its script runs in a hidden frame.
// The site's generator takes this file, by its name, instead of one from another host: see zensical.toml.
if (location.protocol === "file:") {
  // As between threads: later, and as a copy.
  const message = (data, receive) => setTimeout(receive, 0, new MessageEvent("message", { data: structuredClone(data) }));

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) =>
        message(data, (event) => {
          this.dispatchEvent(event);
          this.onmessage?.(event);
        });
      this.ready = new Promise((resolve, reject) => {
        const script = inside.document.createElement("script");
        script.addEventListener("load", resolve);
        script.addEventListener("error", reject);
        script.src = new URL(url, location.href).href;
        inside.document.body.append(script);
      });
    }

    postMessage(data) {
      this.ready.then(() => message(data, (event) => this.frame.contentWindow.dispatchEvent(event)));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
