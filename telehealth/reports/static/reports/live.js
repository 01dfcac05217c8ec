// @ts-check
/**
 * <live-report patient="..." changed="...">: when readings or remarks change elsewhere, the parts
 * marked `data-live` are asked for again and their charts drawn anew. Without it the page is whole.
 */

import { announce } from "core/announce.js";
import { join } from "core/live.js";

const PAUSE_MS = 500;

export class LiveReport extends HTMLElement {
  /** @type {(() => void) | null} */
  #stop = null;
  #waiting = 0;

  connectedCallback() {
    const patient = Number(this.getAttribute("patient"));
    const soon = () => this.#soon();
    this.#stop = join("readings:watch", { patient }, {
      on: { "readings:changed": soon, "reports:changed": soon },
      joined: () => this.#joined(),
    });
  }

  disconnectedCallback() {
    this.#stop?.();
    clearTimeout(this.#waiting);
  }

  /** Joined again after a lost connection: what came meanwhile was not heard. */
  #joined() {
    if (this.hasAttribute("live")) this.#soon();
    this.setAttribute("live", "");
  }

  /** A meter sends many batches: look once, after the last. */
  #soon() {
    clearTimeout(this.#waiting);
    this.#waiting = window.setTimeout(() => void this.refresh(), PAUSE_MS);
  }

  /** Ask for the page again and put its parts in place; what somebody typed stands elsewhere. */
  async refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("live-report");
    if (!fresh) return;
    const names = (/** @type {Element} */ root) =>
      [...root.querySelectorAll("[data-live]")].map((part) => part.getAttribute("data-live")).join();
    if (names(fresh) === names(this)) {
      for (const part of this.querySelectorAll("[data-live]")) {
        const other = fresh.querySelector(`[data-live="${part.getAttribute("data-live")}"]`);
        if (other) this.#replace(part, other);
      }
    } else {
      this.replaceChildren(...fresh.childNodes);
    }
    announce(this.getAttribute("changed") ?? "");
  }

  /**
   * A chart that is already drawn stays in place and asks for its figure again; what was opened
   * stays open.
   * @param {Element} part
   * @param {Element} fresh
   */
  #replace(part, fresh) {
    const charts = [...part.querySelectorAll("glucose-chart")];
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.replaceChildren(...fresh.childNodes);
    part.querySelectorAll("details").forEach((one, place) => {
      one.open = open[place] ?? false;
    });
    part.querySelectorAll("glucose-chart").forEach((place, number) => {
      const chart = /** @type {any} */ (charts[number]);
      if (!chart) return;
      place.replaceWith(chart);
      void chart.load();
    });
  }
}

customElements.define("live-report", LiveReport);
