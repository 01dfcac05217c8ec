// @ts-check
/** <offline-entry>: the form of the page without a connection, for whoever is signed in here. */

import { isReachable, prefix } from "core/outbox.js";
import { whoIsSignedIn } from "core/outbox-store.js";
import { parseValue } from "core/units.js";

const LOOK_AGAIN_MS = 3_000;
const HOME_ZONE = "Europe/Ljubljana";

/** Date and time on the clock at home: "2026-11-23" and "08:05". */
function atHome() {
  const written = new Date().toLocaleString("sv-SE", { timeZone: HOME_ZONE });
  const [day, clock] = written.split(" ");
  return { day, time: clock.slice(0, 5) };
}

/** @typedef {import("core/units.js").Unit} Unit */
/** @typedef {Record<Unit, [number, number]>} Ends The lowest and highest value of each unit. */

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
    for (const event of ["input", "change"]) form.addEventListener(event, () => this.#ask(form));
    this.#fresh(form);
  }

  /** @param {HTMLFormElement} form */
  #fresh(form) {
    const { day, time } = atHome();
    const unit = localStorage.getItem(`unit${prefix()}`);
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
    this.#ask(form);
  }

  /**
   * The same question as the form with a connection asks, by the same limits: what no meter shows is
   * not kept, and what is possible and seldom is kept once it has been confirmed.
   * @param {HTMLFormElement} form
   */
  #ask(form) {
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("value"));
    const chosen = form.querySelector("input[name=unit]:checked");
    const sure = /** @type {HTMLInputElement} */ (form.elements.namedItem("sure"));
    const yes = /** @type {HTMLInputElement} */ (this.#part("[data-yes]"));
    const unit = /** @type {Unit | ""} */ (chosen instanceof HTMLInputElement ? chosen.value : "");
    const value = parseValue(field.value);
    const isNumber = unit !== "" && Number.isFinite(value);
    const canBe = !isNumber || isWithin(value, ends(form.dataset.believable)[unit]);
    const isSeldom = isNumber && canBe && !isWithin(value, ends(form.dataset.credible)[unit]);
    const token = isSeldom ? `${written(field.value)} ${unit}` : "";
    field.setCustomValidity(canBe ? "" : (form.dataset.wrong ?? ""));
    if (yes.value !== token) yes.checked = false;
    yes.value = token;
    yes.required = isSeldom;
    sure.value = yes.checked ? token : "";
    this.#part("[data-question]").hidden = !isSeldom;
    const other = unit === "mg/dL" ? "mmol/L" : "mg/dL";
    const isOther = isSeldom && isWithin(value, ends(form.dataset.credible)[other]);
    this.#part("[data-meant]").hidden = !isOther;
    if (!isSeldom) return;
    const typed = field.value.trim();
    for (const place of this.querySelectorAll("[data-typed]")) place.textContent = `${typed} ${unit}`;
    this.#part("[data-there]").textContent = `${typed} ${other}`;
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }
}

/** @param {string | undefined} given @returns {Ends} */
function ends(given) {
  return JSON.parse(given ?? "{}");
}

/** @param {number} value @param {[number, number]} limits */
function isWithin(value, [lowest, highest]) {
  return value >= lowest && value <= highest;
}

/** The literal as the server repeats it: a point, no zeros before it. @param {string} typed */
function written(typed) {
  return typed.trim().replace(",", ".").replace(/^0+(?=\d)/, "");
}

customElements.define("offline-entry", OfflineEntry);
