// @ts-check
/**
 * The conversation with one meter, as a machine: bytes go in, things to do come out. It knows
 * neither a radio nor a clock; the model is `devices/session.py`. Nothing is ever deleted.
 */

import * as codec from "meters/codec.js";

const SLICE = 250;
const LAST_NUMBER = 0xffff;
/** What one sending to the server takes; a meter with more is read in several goes. */
const MOST = 10_000;

/**
 * @typedef {{write: Uint8Array} | {end: string}} Action `end`: done, incomplete, newest_only,
 *   refused, silent, full
 * @typedef {{ways: string[], has_moving_sequence: boolean, overlap: number}} Plan
 * @typedef {{cursor: number | null, count: number | null}} Place
 */

/** @param {[string, string]} notification */
const isMeasurement = ([characteristic]) => characteristic === codec.MEASUREMENT;

/** The number of a record. @param {string} text its bytes */
function numberOf(text) {
  const raw = codec.fromHex(text);
  return raw[1] | (raw[2] << 8);
}

/** One conversation; use a new one after every connect (`resumed`). */
export class Conversation {
  /** @param {Plan} plan @param {Place} place what is known on the server */
  constructor(plan, place) {
    this.plan = plan;
    this.place = place;
    /** @type {number | null} how many records the meter says it holds */
    this.count = null;
    this.isFull = false;
    this.isNewestOnly = false;
    this.hasEnded = false;
    /** @type {[string, string][]} in the order of arrival, each once */
    this.notifications = [];
    /** @type {Set<string>} */
    this.seen = new Set();
    this.received = 0;
    /** @type {number | null} */
    this.top = null;
    this.isAscending = true;
    this.stage = "counting";
    /** @type {string[]} */
    this.ways = [];
    this.way = "";
    /** @type {[number, number][]} */
    this.slices = [];
    this.lastSliced = LAST_NUMBER;
    /** @type {[string, string][]} what shows the oldest and the newest record */
    this.shown = [];
    /** @type {[string, string][][]} */
    this.ends = [];
    this.code = 0;
    this.before = 0;
  }

  /** Records after the link broke: go on behind what came. @returns {Conversation} */
  resumed() {
    const canGoOn = this.isAscending && !this.plan.has_moving_sequence && this.top !== null;
    // Only the last record comes again: its context may have been on the way.
    const plan = canGoOn ? { ...this.plan, overlap: 1 } : this.plan;
    const next = new Conversation(plan, {
      cursor: canGoOn ? this.top : this.place.cursor,
      count: canGoOn ? null : this.place.count,
    });
    next.notifications = this.notifications;
    next.seen = this.seen;
    next.received = this.received;
    next.top = this.top;
    next.wasFull = this.askedForAll;
    next.isResumed = canGoOn;
    return next;
  }

  wasFull = false;
  isResumed = false;

  /** Whether everything was asked for, by this conversation or the one it goes on from. */
  get askedForAll() {
    return this.isFull || this.wasFull;
  }

  /** How many records are expected in all, where known. @returns {number | null} */
  get expected() {
    if (this.count === null) return null;
    if (this.askedForAll || this.place.cursor === null) return this.count;
    if (this.place.count === null) return null;
    return Math.min(this.count, Math.max(0, this.count - this.place.count) + this.plan.overlap);
  }

  /** Begin, after subscribing. @returns {Action[]} */
  start() {
    return [{ write: codec.countAll() }];
  }

  /**
   * Take one notification or indication.
   * @param {string} characteristic
   * @param {Uint8Array} raw
   * @returns {Action[]}
   */
  feed(characteristic, raw) {
    if (this.stage === "ended") return [];
    if (characteristic === codec.CONTROL_POINT) return this.#answered(raw);
    const text = codec.hex(raw);
    if (this.stage === "checking") {
      this.shown.push([characteristic, text]);
      return [];
    }
    const name = characteristic + text;
    if (this.seen.has(name) || raw.length === 0) return [];
    this.seen.add(name);
    this.notifications.push([characteristic, text]);
    if (characteristic === codec.MEASUREMENT) {
      this.received += 1;
      this.#advance(raw);
    }
    return this.notifications.length >= MOST ? this.#end("full") : [];
  }

  /** Nothing came: the quiet time is over, or the meter is silent. @returns {Action[]} */
  timeout() {
    switch (this.stage) {
      case "settling":
        return this.#settled();
      case "counting":
        return this.#report();
      case "probing":
      case "reporting":
        if (this.received > this.before) return this.#end("silent");
        this.stage = "aborting";
        return [{ write: codec.abort() }];
      case "checking":
        this.#wantAll();
        this.stage = "aborting";
        return [{ write: codec.abort() }];
      case "ended":
        return [];
      default:
        return this.#end("silent");
    }
  }

  /** @param {Uint8Array} raw */
  #advance(raw) {
    if (raw.length < 3) return;
    const seq = raw[1] | (raw[2] << 8);
    if (this.top !== null && seq < this.top) this.isAscending = false;
    this.top = seq;
  }

  /** @param {Uint8Array} raw @returns {Action[]} */
  #answered(raw) {
    let answer;
    try {
      answer = codec.decodeResponse(raw);
    } catch {
      return this.#end("incomplete");
    }
    if ("count" in answer) {
      if (this.stage !== "counting") return [];
      this.count = answer.count;
      return this.#report();
    }
    if (this.stage === "counting" && answer.request === codec.COUNT) {
      this.count = answer.code === codec.NO_RECORDS ? 0 : null;
      return this.#report();
    }
    if (this.stage === "aborting" && answer.request === codec.ABORT) {
      return answer.code === codec.SUCCESS ? this.#nextWay() : this.#end("silent");
    }
    if (this.stage === "checking" && answer.request === codec.REPORT) return this.#checked(answer.code);
    const isReport = this.stage === "reporting" || this.stage === "probing";
    return isReport && answer.request === codec.REPORT ? this.#reported(answer.code) : [];
  }

  /** @param {number} code @returns {Action[]} */
  #reported(code) {
    this.code = code;
    if (codec.NOT_UNDERSTOOD.has(code) && this.received === this.before) return this.#nextWay();
    if (code === codec.OPCODE_NOT_SUPPORTED) return this.#end("refused");
    if (this.stage === "probing") return this.#sliceUp();
    this.stage = "settling"; // records that the end overtook may still come
    return [];
  }

  /** Decide between the records after the cursor and all of them. @returns {Action[]} */
  #report() {
    const { cursor, count } = this.place;
    if (this.count === 0) {
      this.isFull = true;
      this.hasEnded = true;
      return this.#end("done");
    }
    const hasFallen = this.count !== null && count !== null && this.count < count;
    const needsAll = cursor === null || this.count === null;
    this.isFull = hasFallen || needsAll || this.plan.has_moving_sequence;
    this.ways = [...this.plan.ways];
    return this.#nextWay();
  }

  /** @returns {Action[]} */
  #nextWay() {
    const way = this.ways.shift();
    if (way === undefined) return this.#end("refused");
    this.stage = "reporting";
    this.before = this.received;
    this.way = way;
    this.isNewestOnly = way === "last";
    if (way === "all") this.isFull = true;
    if (way === "last") this.isFull = false;
    switch (way) {
      case "from":
        return [{ write: codec.reportFrom(this.#firstWanted()) }];
      case "all":
        return [{ write: codec.reportAll() }];
      case "range":
        this.stage = "probing";
        return [{ write: codec.reportLast() }];
      default:
        return [{ write: codec.reportLast() }];
    }
  }

  #firstWanted() {
    if (this.isFull || this.place.cursor === null) return 0;
    return Math.max(0, this.place.cursor + 1 - this.plan.overlap);
  }

  /** Cut what is wanted into ranges up to the newest record the probe showed. @returns {Action[]} */
  #sliceUp() {
    let newest = this.top;
    if (this.code !== codec.SUCCESS || newest === null) {
      return this.code === codec.NO_RECORDS ? this.#settled() : this.#nextWay();
    }
    if (this.plan.has_moving_sequence) newest = Math.max(newest, (this.count ?? SLICE) - 1);
    if (!this.isResumed) this.#forget(); // the slices bring it again
    if (newest < this.#firstWanted()) return this.#readAll();
    this.lastSliced = newest;
    for (let first = this.#firstWanted(); first <= newest; first += SLICE) {
      this.slices.push([first, Math.min(first + SLICE - 1, newest, LAST_NUMBER)]);
    }
    return this.#nextSlice();
  }

  /** @returns {Action[]} */
  #nextSlice() {
    const slice = this.slices.shift();
    if (slice === undefined) return this.#end("refused");
    this.stage = "reporting";
    return [{ write: codec.reportRange(...slice) }];
  }

  /** The procedure ended and was quiet: decide whether that was all. @returns {Action[]} */
  #settled() {
    if (this.code !== codec.SUCCESS && this.code !== codec.NO_RECORDS) return this.#end("incomplete");
    if (this.slices.length) return this.#nextSlice();
    const isShort = this.count === null || this.received < this.count;
    if (this.isFull && isShort && this.way === "range" && this.lastSliced < LAST_NUMBER) {
      // The newest record may not have the highest number: numbers began again.
      this.slices.push([this.lastSliced + 1, LAST_NUMBER]);
      this.lastSliced = LAST_NUMBER;
      return this.#nextSlice();
    }
    if (this.isNewestOnly) {
      this.hasEnded = true;
      return this.#end("newest_only");
    }
    if (!this.isFull && this.#missesSome()) return this.#readAll();
    if (!this.isFull && isShort) return this.#nextEnd();
    this.hasEnded = true;
    return this.#end("done");
  }

  #wantAll() {
    this.isFull = true;
    this.isResumed = false;
    this.ways = [...this.plan.ways];
    this.#forget(); // all of it comes again, in order
  }

  /** @returns {Action[]} */
  #readAll() {
    this.#wantAll();
    return this.#nextWay();
  }

  /** @returns {Action[]} */
  #nextEnd() {
    this.stage = "checking";
    this.shown = [];
    return [{ write: this.ends.length ? codec.reportLast() : codec.reportFirst() }];
  }

  /**
   * Take the oldest or the newest record; a meter that does not show it is read whole. The oldest
   * is sent along: the server knows whether it has it.
   * @param {number} code @returns {Action[]}
   */
  #checked(code) {
    if (code !== codec.SUCCESS || !this.shown.some(isMeasurement)) return this.#readAll();
    this.ends.push(this.shown);
    if (this.ends.length < 2) return this.#nextEnd();
    if (!this.#isInOrder()) return this.#readAll();
    const oldest = this.ends[0].filter(([characteristic, text]) => !this.seen.has(characteristic + text));
    this.notifications = [...oldest, ...this.notifications];
    this.hasEnded = true;
    return this.#end("done");
  }

  /** Whether the memory reaches without a hole from the oldest record to the newest that came. */
  #isInOrder() {
    const [oldest, newest] = this.ends.map((shown) => shown.find(isMeasurement)?.[1] ?? "");
    const isNewest = this.seen.has(codec.MEASUREMENT + newest) && numberOf(newest) === this.top;
    return isNewest && numberOf(newest) - numberOf(oldest) + 1 === this.count;
  }

  /** Whether the records after the cursor cannot be all that is new. */
  #missesSome() {
    const { cursor, count } = this.place;
    if (this.code === codec.NO_RECORDS) return true; // the cursor's own record should have come
    const numbers = this.notifications
      .filter(isMeasurement)
      .map(([, text]) => numberOf(text));
    if (cursor !== null && !numbers.some((seq) => seq <= cursor)) return true;
    if (this.count === null || count === null) return false;
    return numbers.filter((seq) => seq > (cursor ?? -1)).length < this.count - count;
  }

  #forget() {
    this.notifications = [];
    this.seen = new Set();
    this.received = this.before = 0;
    this.top = null;
    this.isAscending = true;
  }

  /** @param {string} outcome @returns {Action[]} */
  #end(outcome) {
    this.stage = "ended";
    return [{ end: outcome }];
  }
}
