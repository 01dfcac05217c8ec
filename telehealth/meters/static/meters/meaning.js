// @ts-check
/** What a record of a meter means, for showing it before it is saved. The server decides anew. */

import { decodeContext, decodeMeasurement } from "meters/codec.js";

const CONTROL_TYPE = 10;
const CONTROL_LOCATION = 4;
const KETONE_MEAL = 6;
const TOO_HIGH = 1 << 5;
const TOO_LOW = 1 << 6;
const TIME_FAULT = 1 << 11;
/** Malfunction, sample, strip, temperature, interrupted, general fault. A low battery is none. */
const FAULTS = 0b0111_1001_1110;
const BELIEVABLE_MG_DL = [20, 700];
const MG_DL_PER_MMOL_L = 18.0156;
const FUTURE_MS = 10 * 60_000;

/**
 * @typedef {{kind: string, value: number | null, unit: string, wall: Date | null, base: string,
 *   doubts: string[], seq: number | null}} Shown
 */

/**
 * @param {Uint8Array} raw
 * @param {Uint8Array | undefined} rawContext
 * @param {{marksKetones: boolean, now: Date, driftMs?: number | null}} around `now` as local time
 * @returns {Shown}
 */
export function describe(raw, rawContext, around) {
  let record;
  try {
    record = decodeMeasurement(raw);
  } catch {
    const doubts = ["unreadable"];
    return { kind: "unreadable", value: null, unit: "", wall: null, base: "", doubts, seq: null };
  }
  const found = kindOf(record, mealOf(rawContext), around.marksKetones);
  const wall = wallOf(record);
  const doubts = [...found.doubts];
  if ((record.status ?? 0) & TIME_FAULT) doubts.push("time_fault");
  if (wall === null) doubts.push("no_such_date");
  else if (wall.getTime() - around.now.getTime() > FUTURE_MS) doubts.push("future");
  if (Math.abs(around.driftMs ?? 0) > 5 * 60_000) doubts.push("clock_off");
  const unit = found.kind === "ketone" ? "mmol/L" : record.unit;
  return { kind: found.kind, value: found.value, unit, wall, base: record.base, doubts, seq: record.seq };
}

/**
 * The clock time of a date that exists; days are not checked by `Date`, so we look back.
 * @param {number[]} parts
 * @param {number} offsetMin
 * @returns {Date | null}
 */
export function wallTime(parts, offsetMin = 0) {
  const [year, month, day, hour, minute, second] = parts;
  const at = new Date(year, month - 1, day, hour, minute, second);
  const isThere =
    at.getFullYear() === year &&
    at.getMonth() === month - 1 &&
    at.getDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isThere ? new Date(year, month - 1, day, hour, minute + offsetMin, second) : null;
}

/** @param {import("meters/codec.js").Measurement} record */
const wallOf = (record) => wallTime(record.parts, record.offset_min ?? 0);

/**
 * @param {Uint8Array | undefined} raw
 * @returns {number | null | undefined} undefined: no context came
 */
function mealOf(raw) {
  if (raw === undefined) return undefined;
  try {
    return decodeContext(raw).meal;
  } catch {
    return undefined; // the bytes are kept; what they said is lost
  }
}

/**
 * The order of the questions matters; it is that of `devices/meaning.py`.
 * @param {import("meters/codec.js").Measurement} record
 * @param {number | null | undefined} meal
 * @param {boolean} marksKetones
 * @returns {{kind: string, value: number | null, doubts: string[]}}
 */
function kindOf(record, meal, marksKetones) {
  const { value, special } = record;
  const status = record.status ?? 0;
  const tooHigh = special === "+INF" || Boolean(status & TOO_HIGH);
  const tooLow = special === "-INF" || Boolean(status & TOO_LOW);
  if (record.type === CONTROL_TYPE || record.location === CONTROL_LOCATION) {
    return { kind: "control", value, doubts: [] };
  }
  if (marksKetones && meal === undefined) {
    const kind = value === null ? "no_value" : "glucose";
    return { kind, value, doubts: ["context_missing"] };
  }
  if (marksKetones && meal === KETONE_MEAL) {
    return { kind: "ketone", value: value === null ? null : value / 10, doubts: [] };
  }
  if (tooHigh && tooLow) return { kind: "implausible", value, doubts: ["contradiction"] };
  if (tooHigh || tooLow) return { kind: tooHigh ? "high" : "low", value: null, doubts: [] };
  if (value === null) return { kind: "no_value", value: null, doubts: [] };
  const mgDl = record.unit === "mg/dL" ? value : value * MG_DL_PER_MMOL_L;
  if (mgDl < BELIEVABLE_MG_DL[0] || mgDl > BELIEVABLE_MG_DL[1]) {
    return { kind: "implausible", value, doubts: ["implausible"] };
  }
  return { kind: "glucose", value, doubts: status & FAULTS ? ["meter_fault"] : [] };
}
