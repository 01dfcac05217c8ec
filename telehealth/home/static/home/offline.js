// @ts-check
/** <offline-entry>: the form of the page without a connection, for whoever is signed in here. */

import { isReachable, prefix } from "core/outbox.js";
import { whoIsSignedIn } from "core/outbox-store.js";

const LOOK_AGAIN_MS = 3_000;
const HOME_ZONE = "Europe/Ljubljana";

/** Date and time on the clock at home: "2026-11-23" and "08:05". */
function atHome() {
  const written = new Date().toLocaleString("sv-SE", { timeZone: HOME_ZONE });
  const [day, clock] = written.split(" ");
  return { day, time: clock.slice(0, 5) };
}

class OfflineEntry extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-again]")?.addEventListener("click", () => location.reload());
    addEventListener("online", () => void this.#leave());
    setInterval(() => void this.#leave(), LOOK_AGAIN_MS);
    void this.#open();
  }

  /** To the page that was asked for, once the server answers; not while somebody is typing. */
  async #leave() {
    const form = this.querySelector("form");
    const typed = form && ["value", "note"].some((name) => new FormData(form).get(name));
    if (!typed && (await isReachable())) location.reload();
  }

  async #open() {
    const known = await whoIsSignedIn();
    const name = known?.people[prefix()];
    const form = this.querySelector("form");
    if (!form) return;
    if (!known || name === undefined) {
      this.#part("[data-nobody]").hidden = false;
      return;
    }
    form.action = `${prefix()}/dnevnik/nova`;
    form.hidden = false;
    if (name) {
      this.#part("[data-name]").textContent = name;
      this.#part("[data-other]").hidden = false;
    }
    form.addEventListener("kept", () => this.#fresh(form));
    this.#fresh(form);
  }

  /** @param {HTMLFormElement} form */
  #fresh(form) {
    const { day, time } = atHome();
    const unit = localStorage.getItem("unit");
    for (const chip of form.querySelectorAll("input[name=unit]")) {
      if (!(chip instanceof HTMLInputElement)) continue;
      chip.required = true;
      chip.checked = chip.value === unit;
    }
    const values = { key: crypto.randomUUID().replaceAll("-", ""), day, time };
    for (const [field, value] of Object.entries(values)) {
      const found = form.elements.namedItem(field);
      if (found instanceof HTMLInputElement) found.value = value;
    }
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }
}

customElements.define("offline-entry", OfflineEntry);
