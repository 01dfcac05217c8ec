// @ts-check
/**
 * <glucose-value>: says beside the value what it is in the other unit. Without it the form is whole.
 */

import { convert, formatValue, parseValue } from "core/units.js";

/** @typedef {import("core/units.js").Unit} Unit */

export class GlucoseValue extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.#show());
    this.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** The value in the other unit; nothing where it is no number or could not be measured. */
  #show() {
    const place = this.querySelector("[data-other-unit]");
    if (!place) return;
    const input = /** @type {HTMLInputElement | null} */ (this.querySelector("input[name=value]"));
    const chosen = /** @type {HTMLInputElement | null} */ (this.querySelector("input[name=unit]:checked"));
    const value = parseValue(input?.value ?? "");
    const unit = /** @type {Unit} */ (chosen?.value ?? "mmol/L");
    const [low, high] = unit === "mmol/L" ? [0.6, 33.3] : [10, 600];
    if (!(value >= low && value <= high)) {
      place.textContent = "";
      return;
    }
    const other = unit === "mmol/L" ? "mg/dL" : "mmol/L";
    const shown = formatValue(convert(value, unit, other), other, this.getAttribute("locale") ?? "sl");
    place.textContent = (this.getAttribute("said") ?? "{}").replace("{}", `${shown} ${other}`);
  }
}

customElements.define("glucose-value", GlucoseValue);

document.getElementById("question")?.focus();
