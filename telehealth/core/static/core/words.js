// @ts-check
/** Words in the reader's language, written by the page (templates/core/words.html). */

const source = document.getElementById("words");

/** @type {Record<string, any>} */
const words = source?.textContent ? JSON.parse(source.textContent) : {};

/** Language of the page: "sl" or "en". */
export const locale = words.locale ?? document.documentElement.lang ?? "sl";

/**
 * The sentence behind a key; the key itself where a page forgot it.
 * @param {string} key
 * @returns {string}
 */
export function word(key) {
  return words[key] ?? key;
}

const plurals = new Intl.PluralRules(locale);

/**
 * A number with its word in the right form: "2 zapisa".
 * @param {string} key
 * @param {number} n
 * @returns {string} empty for none
 */
export function counted(key, n) {
  const forms = words[key] ?? {};
  return n ? `${n} ${forms[plurals.select(n)] ?? forms.other ?? key}` : "";
}
