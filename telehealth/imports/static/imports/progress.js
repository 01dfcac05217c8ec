// @ts-check
/**
 * <import-progress src="..." patient="..." import="..." state="...">: shows how far the worker is
 * and opens the next page when it is done. Without it the page reloads itself.
 */

import { announce } from "core/announce.js";
import { request } from "core/http.js";
import { join } from "core/live.js";

const EVERY_MS = 1_000;
const SAID_EVERY = 25;

export class ImportProgress extends HTMLElement {
  #timer = 0;
  #said = 0;
  /** @type {(() => void) | null} */
  #stop = null;

  connectedCallback() {
    const patient = Number(this.getAttribute("patient"));
    const id = Number(this.getAttribute("import"));
    this.#stop = join("readings:watch", { patient }, {
      on: { "imports:changed": (/** @type {any} */ told) => told.import === id && void this.#look() },
    });
    this.#timer = window.setInterval(() => void this.#look(), EVERY_MS);
    void this.#look();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#stop?.();
  }

  async #look() {
    const found = await request(this.getAttribute("src") ?? "").catch(() => null);
    if (!found || !this.isConnected) return; // the next second asks again
    if (found.state !== this.getAttribute("state")) {
      clearInterval(this.#timer);
      location.reload();
      return;
    }
    this.#show(found.done_pct);
  }

  /** @param {number} percent */
  #show(percent) {
    const bar = this.querySelector("progress");
    const words = this.querySelector("[data-percent]");
    if (bar) bar.value = percent;
    if (words) words.textContent = `${percent} %`;
    if (percent >= this.#said + SAID_EVERY) {
      this.#said = percent;
      announce(`${percent} %`);
    }
  }
}

customElements.define("import-progress", ImportProgress);
