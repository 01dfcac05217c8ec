// @ts-check
/**
 * <live-diary patient="..." changed="...">: when the diary changes elsewhere, its parts marked
 * `data-live` are asked for again and the chart is drawn anew. Without it the page is complete.
 */

import { announce } from "core/announce.js";
import { join } from "core/live.js";

const PAUSE_MS = 300;

export class LiveDiary extends HTMLElement {
  /** @type {(() => void) | null} */
  #stop = null;
  #waiting = 0;

  connectedCallback() {
    const patient = Number(this.getAttribute("patient"));
    this.#stop = join("readings:watch", { patient }, {
      on: { "readings:changed": () => this.#soon(), "diary:changed": () => this.#soon() },
    });
  }

  disconnectedCallback() {
    this.#stop?.();
    clearTimeout(this.#waiting);
  }

  /** A meter sends many batches: look once, after the last. */
  #soon() {
    clearTimeout(this.#waiting);
    this.#waiting = window.setTimeout(() => void this.refresh(), PAUSE_MS);
  }

  /** Ask for the page again and put its live parts in place; what a person typed is elsewhere. */
  async refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const isNew = this.#entries(this, page);
    for (const part of this.querySelectorAll("[data-live]")) {
      const fresh = page.querySelector(`[data-live="${part.getAttribute("data-live")}"]`);
      if (fresh) this.#replace(part, fresh);
    }
    for (const id of isNew) document.getElementById(id)?.classList.add("is-new");
    if (isNew.length) announce(this.getAttribute("changed") ?? "");
  }

  /**
   * @param {Element} part
   * @param {Element} fresh
   */
  #replace(part, fresh) {
    const chart = /** @type {any} */ (part.querySelector("glucose-chart"));
    const place = fresh.querySelector("glucose-chart");
    part.replaceChildren(...fresh.childNodes);
    if (!chart || !place) return;
    part.querySelector("glucose-chart")?.replaceWith(chart);
    void chart.load();
  }

  /**
   * Ids of the entries that `page` has and `here` has not.
   * @param {Element} here
   * @param {Document} page
   * @returns {string[]}
   */
  #entries(here, page) {
    const known = new Set([...here.querySelectorAll(".entry")].map((entry) => entry.id));
    return [...page.querySelectorAll(".entry")].map((entry) => entry.id).filter((id) => !known.has(id));
  }
}

customElements.define("live-diary", LiveDiary);
