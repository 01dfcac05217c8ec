// @ts-check
/** Bytes of the Glucose Service to values and back. Pure; the same vectors as `devices/gatt`. */

export const SERVICE = 0x1808;
export const MEASUREMENT = "2a18";
export const CONTEXT = "2a34";
export const CONTROL_POINT = "2a52";

export const REPORT = 1;
export const ABORT = 3;
export const COUNT = 4;
const COUNT_ANSWER = 5;
const ANSWER = 6;
const ALL = 1;
const FROM = 3;
const RANGE = 4;
const FIRST = 5;
const LAST = 6;
const BY_SEQUENCE = 1;

export const SUCCESS = 1;
export const OPCODE_NOT_SUPPORTED = 2;
export const NO_RECORDS = 6;
/** The meter understands the question but not this way of choosing records. */
export const NOT_UNDERSTOOD = new Set([3, 4, 5, 9]);

const SPECIALS = new Map([
  [0x07ff, "NaN"],
  [0x0800, "NRes"],
  [0x07fe, "+INF"],
  [0x0802, "-INF"],
  [0x0801, "reserved"],
]);
/** Powers of ten from the wire's kg/L to mg/dL and from its mol/L to mmol/L. */
const SHIFT = { "mg/dL": 5, "mmol/L": 3 };

/** Bytes that cannot be read as what they claim to be; `message` is the reason. */
export class WireError extends Error {}

/** A place in bytes, moved forward by each field taken. */
class Wire {
  /** @param {Uint8Array} raw */
  constructor(raw) {
    this.view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    this.at = 0;
  }

  get left() {
    return this.view.byteLength - this.at;
  }

  /** @param {number} size */
  step(size) {
    if (this.left < size) throw new WireError("truncated");
    this.at += size;
    return this.at - size;
  }

  u8() {
    return this.view.getUint8(this.step(1));
  }

  u16() {
    return this.view.getUint16(this.step(2), true);
  }

  s16() {
    return this.view.getInt16(this.step(2), true);
  }
}

/**
 * A 16-bit decimal number: special words are none, and are told before anything is decoded.
 * @param {number} word
 * @param {number} [shift] power of ten to multiply with
 * @returns {{number: number | null, special: string | null}}
 */
export function sfloat(word, shift = 0) {
  const special = SPECIALS.get(word);
  if (special !== undefined) return { number: null, special };
  const mantissa = word & 0x0800 ? (word & 0x0fff) - 0x1000 : word & 0x0fff;
  const exponent = word & 0x8000 ? (word >> 12) - 16 : word >> 12;
  // Read as a decimal literal: 120e-5 by multiplication would be 0.0012000000000000001.
  return { number: Number(`${mantissa}e${exponent + shift}`), special: null };
}

/** @param {number} value @param {number} size */
const padded = (value, size) => String(value).padStart(size, "0");

/**
 * @param {Wire} wire
 * @returns {{text: string, parts: number[]}} as sent, without any calendar check
 */
function time(wire) {
  const parts = [wire.u16(), wire.u8(), wire.u8(), wire.u8(), wire.u8(), wire.u8()];
  const [year, month, day, hour, minute, second] = parts.map((part, at) => padded(part, at ? 2 : 4));
  return { text: `${year}-${month}-${day}T${hour}:${minute}:${second}`, parts };
}

/**
 * @typedef {{seq: number, base: string, parts: number[], offset_min: number | null,
 *   unit: "mg/dL" | "mmol/L", value: number | null, special: string | null, type: number | null,
 *   location: number | null, status: number | null, context_follows: boolean, surplus: number}} Measurement
 */

/**
 * Read 0x2A18.
 * @param {Uint8Array} raw
 * @returns {Measurement}
 * @throws {WireError} shorter than its flags announce
 */
export function decodeMeasurement(raw) {
  const wire = new Wire(raw);
  const flags = wire.u8();
  const seq = wire.u16();
  const base = time(wire);
  const offset_min = flags & 1 ? wire.s16() : null;
  const unit = flags & 4 ? "mmol/L" : "mg/dL";
  /** @type {{number: number | null, special: string | null}} */
  let value = { number: null, special: null };
  let sample = null;
  if (flags & 2) {
    value = sfloat(wire.u16(), SHIFT[unit]);
    sample = wire.u8();
  }
  const status = flags & 8 ? wire.u16() : null;
  return {
    seq,
    base: base.text,
    parts: base.parts,
    offset_min,
    unit,
    value: value.number,
    special: value.special,
    type: sample === null ? null : sample & 0xf,
    location: sample === null ? null : sample >> 4,
    status,
    context_follows: Boolean(flags & 16),
    surplus: wire.left,
  };
}

/**
 * Read 0x2A34: what the user told the meter about one measurement.
 * @param {Uint8Array} raw
 * @throws {WireError} shorter than its flags announce
 */
export function decodeContext(raw) {
  const wire = new Wire(raw);
  const flags = wire.u8();
  const seq = wire.u16();
  /** @param {number} bit */
  const has = (bit) => Boolean((flags >> bit) & 1);
  const ext = has(7) ? wire.u8() : null;
  const carb_id = has(0) ? wire.u8() : null;
  const carb_kg = has(0) ? sfloat(wire.u16()).number : null;
  const meal = has(1) ? wire.u8() : null;
  const who = has(2) ? wire.u8() : null;
  const exercise_s = has(3) ? wire.u16() : null;
  const exercise_pct = has(3) ? wire.u8() : null;
  const med_id = has(4) ? wire.u8() : null;
  const med = has(4) ? sfloat(wire.u16()).number : null;
  const hba1c_pct = has(6) ? sfloat(wire.u16()).number : null;
  return {
    flags,
    seq,
    ext,
    carb_id,
    carb_kg,
    meal,
    tester: who === null ? null : who & 0xf,
    health: who === null ? null : who >> 4,
    exercise_s,
    exercise_pct,
    med_id,
    med,
    med_unit: has(4) ? (flags & 0x20 ? "L" : "kg") : null,
    hba1c_pct,
    surplus: wire.left,
  };
}

/**
 * Read 0x2A51.
 * @param {Uint8Array} raw
 */
export function decodeFeature(raw) {
  return new Wire(raw).u16();
}

/**
 * Read 0x2A08, or the beginning of 0x2A2B.
 * @param {Uint8Array} raw
 * @returns {{text: string, parts: number[]}}
 */
export function decodeDateTime(raw) {
  return time(new Wire(raw));
}

/** @param {...number} bytes */
const built = (...bytes) => Uint8Array.from(bytes);

/** @param {number} number */
const low = (number) => number & 0xff;

/** @param {number} number */
const high = (number) => (number >> 8) & 0xff;

/** Requests to the control point. There is none that deletes. */
export const countAll = () => built(COUNT, ALL);

/** @param {number} seq */
export const countFrom = (seq) => built(COUNT, FROM, BY_SEQUENCE, low(seq), high(seq));

export const reportAll = () => built(REPORT, ALL);

export const reportFirst = () => built(REPORT, FIRST);

export const reportLast = () => built(REPORT, LAST);

/** @param {number} seq */
export const reportFrom = (seq) => built(REPORT, FROM, BY_SEQUENCE, low(seq), high(seq));

/** @param {number} first @param {number} last */
export const reportRange = (first, last) =>
  built(REPORT, RANGE, BY_SEQUENCE, low(first), high(first), low(last), high(last));

export const abort = () => built(ABORT, 0);

/**
 * Read an indication of the control point.
 * @param {Uint8Array} raw
 * @returns {{count: number} | {request: number, code: number}}
 * @throws {WireError} neither an answer nor a count
 */
export function decodeResponse(raw) {
  const wire = new Wire(raw);
  const opcode = wire.u8();
  const operator = wire.u8();
  if (operator === 0 && opcode === ANSWER && raw.length === 4) {
    return { request: wire.u8(), code: wire.u8() };
  }
  if (operator === 0 && opcode === COUNT_ANSWER && [1, 2, 4].includes(wire.left)) {
    let count = 0;
    for (let place = 1; wire.left; place *= 256) count += wire.u8() * place;
    return { count };
  }
  throw new WireError("invalid");
}

/** @param {Uint8Array} raw */
export function hex(raw) {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
