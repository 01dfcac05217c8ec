// @ts-check
/**
 * <live-alerts changed="...">: when alerts change elsewhere, the parts marked `data-live` are asked
 * for again. Without it the page is complete. What a person has opened or is typing stays.
 */

import { announce } from "core/announce.js";
import { connection } from "core/live.js";

const PAUSE_MS = 300;

export class LiveAlerts extends HTMLElement {
  #waiting = 0;
  #soon = () => {
    clearTimeout(this.#waiting);
    this.#waiting = window.setTimeout(() => void this.refresh(), PAUSE_MS);
  };

  connectedCallback() {
    connection().on("alerts:changed", this.#soon);
  }

  disconnectedCallback() {
    connection().off("alerts:changed", this.#soon);
    clearTimeout(this.#waiting);
  }

  /** Ask for the page again and put its live parts in place. */
  async refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    let hasChanged = false;
    for (const name of ["data-live", "data-live-side"]) {
      for (const part of document.querySelectorAll(`[${name}]`)) {
        const fresh = page.querySelector(`[${name}="${part.getAttribute(name)}"]`);
        if (!fresh || this.#isBusy(part)) continue;
        hasChanged ||= name === "data-live" && part.textContent !== fresh.textContent;
        part.replaceChildren(...fresh.childNodes);
      }
    }
    if (hasChanged) announce(this.getAttribute("changed") ?? "");
  }

  /**
   * Whether a person is at work in it: a button under the finger must not move.
   * @param {Element} part
   */
  #isBusy(part) {
    return part.contains(document.activeElement) || part.querySelector(".confirm[open]") !== null;
  }
}

customElements.define("live-alerts", LiveAlerts);
