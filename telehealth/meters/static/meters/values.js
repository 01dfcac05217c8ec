// @ts-check
/** The list of what a meter sends, newest on top, as it arrives. */

import { convert, formatValue } from "core/units.js";
import { locale } from "core/words.js";
import { CONTEXT, fromHex, hex } from "meters/codec.js";

/** More rows than this nobody reads while they arrive; all of them are saved. */
const MOST_SHOWN = 300;

/**
 * @typedef {import("meters/meaning.js").Shown} Shown
 * @typedef {import("core/units.js").Unit} Unit
 */

export class Values {
  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} more says that older ones are not shown
   * @param {(name: string) => string} words
   * @param {Unit} unit the person's own: what the meter's screen shows, whatever it sends
   */
  constructor(list, more, words, unit) {
    this.unit = unit;
    this.list = list;
    this.more = more;
    this.words = words;
    this.time = new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, { dateStyle: "medium", timeStyle: "short" });
    /** @type {Map<string, {row: HTMLLIElement, shown: Shown}>} */
    this.rows = new Map();
    /** @type {Map<string, Uint8Array>} contexts by the two bytes of their number */
    this.contexts = new Map();
  }

  clear() {
    this.rows.clear();
    this.contexts.clear();
    this.list.replaceChildren();
    this.more.hidden = true;
  }

  get received() {
    return this.rows.size;
  }

  /** How many are no reading by themselves. */
  get aside() {
    return [...this.rows.values()].filter(({ shown }) => !isReading(shown)).length;
  }

  /**
   * @param {string} characteristic
   * @param {Uint8Array} raw
   * @param {(record: Uint8Array, context: Uint8Array | undefined) => Shown} describe
   */
  add(characteristic, raw, describe) {
    const number = hex(raw.slice(1, 3));
    if (characteristic === CONTEXT) {
      this.contexts.set(number, raw);
      for (const [text, { row }] of this.rows) {
        if (text.slice(2, 6) === number) this.#fill(text, row, describe(fromHex(text), raw));
      }
      return;
    }
    const text = hex(raw);
    if (this.rows.has(text)) return;
    const row = document.createElement("li");
    this.#fill(text, row, describe(raw, this.contexts.get(number)));
    this.list.prepend(row);
    if (this.list.childElementCount > MOST_SHOWN) {
      this.list.lastElementChild?.remove();
      this.more.hidden = false;
    }
  }

  /** All came. */
  finish() {
    this.more.textContent = this.words("older").replace("{n}", String(MOST_SHOWN));
  }

  /** @param {string} text @param {HTMLLIElement} row @param {Shown} shown */
  #fill(text, row, shown) {
    this.rows.set(text, { row, shown });
    const when = shown.wall ? this.time.format(shown.wall) : shown.base.replace("T", " ");
    row.replaceChildren(...(when ? [element("span", "time", when)] : []));
    row.append(element("span", "value", this.#value(shown)));
    const reasons = shown.doubts.map((doubt) => this.words(doubt));
    if (!isReading(shown)) row.append(element("span", "reason", reasons.join(" ") || this.words("kept")));
  }

  /**
   * A ketone stays in its own unit: it is no glucose to be converted.
   * @param {string} kind
   * @param {number} value
   * @param {Unit} unit
   */
  #number(kind, value, unit) {
    const to = kind === "ketone" ? unit : this.unit;
    return `${formatValue(convert(value, unit, to), to, locale)} ${to}`;
  }

  /** @param {Shown} shown */
  #value({ kind, value, unit }) {
    const number = value === null ? "" : this.#number(kind, value, /** @type {Unit} */ (unit));
    if (kind === "glucose" || kind === "implausible") return number;
    return [this.words(`kind-${kind}`), number].filter(Boolean).join(" ");
  }
}

/** @param {Shown} shown */
function isReading(shown) {
  return ["glucose", "high", "low"].includes(shown.kind) && shown.doubts.length === 0;
}

/** @param {string} name @param {string} className @param {string} textContent */
function element(name, className, textContent) {
  return Object.assign(document.createElement(name), { className, textContent });
}
