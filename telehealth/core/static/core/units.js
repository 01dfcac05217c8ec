// @ts-check
/** Glucose for display only: what is stored stays as it was entered. */

/** mg/dL in one mmol/L: molar mass of glucose 180.156 g/mol. */
export const MG_DL_PER_MMOL_L = 18.0156;

/** @typedef {"mmol/L" | "mg/dL"} Unit */

/**
 * A value in another unit, rounded as meters show it: 0.1 mmol/L, 1 mg/dL.
 * @param {number} value
 * @param {Unit} from
 * @param {Unit} to
 * @returns {number}
 */
export function convert(value, from, to) {
  if (from === to) return value;
  return to === "mg/dL"
    ? Math.round(value * MG_DL_PER_MMOL_L)
    : Math.round((value / MG_DL_PER_MMOL_L) * 10) / 10;
}

/**
 * What a person typed, with decimal comma or point; NaN where it is no plain number.
 * @param {string} text
 * @returns {number}
 */
export function parseValue(text) {
  const plain = text.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
}

/**
 * A value as people write it: "7,2" in Slovenian, "7.2" in English, whole mg/dL.
 * @param {number} value
 * @param {Unit} unit
 * @param {string} locale
 * @returns {string}
 */
export function formatValue(value, unit, locale) {
  const digits = unit === "mmol/L" ? 1 : 0;
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
