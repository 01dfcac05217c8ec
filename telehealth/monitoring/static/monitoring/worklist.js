// @ts-check
/** <work-list>: keys for the rows, and a quiet renewal when something changed. */

import { announce } from "core/announce.js";
import { request } from "core/http.js";

const EVERY_MS = 20_000;
/** @type {Record<string, string>} */
const DEEDS = { a: "acknowledged", o: "owned", c: "closed" };

class WorkList extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    document.addEventListener("keydown", this.#press);
    document.addEventListener("visibilitychange", this.#look);
    this.#timer = window.setInterval(this.#look, EVERY_MS);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#press);
    document.removeEventListener("visibilitychange", this.#look);
    window.clearInterval(this.#timer);
  }

  get #rows() {
    return /** @type {HTMLAnchorElement[]} */ ([...this.querySelectorAll("a.worklist-row")]);
  }

  /** @param {KeyboardEvent} event */
  #press = (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping = target.matches("input:not([type=checkbox]), select, textarea");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#rows.findIndex((row) => row.closest("li")?.contains(document.activeElement));
    const key = event.key.toLowerCase();
    if (key === "j" || key === "arrowdown") this.#move(at + 1);
    else if (key === "k" || key === "arrowup") this.#move(Math.max(0, at - 1));
    else if (key === "/") /** @type {HTMLElement|null} */ (document.querySelector("#isci"))?.focus();
    else if (key === "x" && at >= 0) this.#box(at)?.click();
    else if (DEEDS[key] && at >= 0) this.#act(at, DEEDS[key]);
    else return;
    event.preventDefault();
  };

  /** @param {number} place */
  #move(place) {
    this.#rows[place]?.focus();
  }

  /** @param {number} place */
  #box(place) {
    const box = this.#rows[place]?.closest("li")?.querySelector("input[type=checkbox]");
    return /** @type {HTMLInputElement|null} */ (box ?? null);
  }

  /**
   * Do it to the ticked rows, or to the row that has the focus.
   * @param {number} place
   * @param {string} deed
   */
  #act(place, deed) {
    const box = this.#box(place);
    if (!this.querySelector("input[name=patient]:checked") && box) box.checked = true;
    const button = this.querySelector(`#bulk button[value="${deed}"]`);
    /** @type {HTMLButtonElement|null} */ (button)?.click();
  }

  #look = async () => {
    const source = this.getAttribute("src");
    if (document.hidden || !source) return;
    try {
      const { version } = await request(source);
      if (version !== this.getAttribute("version")) await this.#renew(version);
    } catch {
      // The next look tries again; the list on the page stays.
    }
  };

  /** @param {string} version */
  async #renew(version) {
    // Nothing moves under somebody's hand: wait until no row is ticked.
    if (this.querySelector("input[name=patient]:checked")) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = fresh.querySelector('work-list [data-live="rows"]');
    const old = this.querySelector('[data-live="rows"]');
    if (!rows || !old) return;
    const focused = /** @type {HTMLAnchorElement|null} */ (document.activeElement)?.href;
    old.replaceWith(rows);
    this.setAttribute("version", version);
    if (focused) this.#rows.find((row) => row.href === focused)?.focus();
    announce(this.getAttribute("fresh") ?? "");
  }
}

customElements.define("work-list", WorkList);
