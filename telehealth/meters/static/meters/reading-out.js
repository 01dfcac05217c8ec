// @ts-check
/**
 * <meter-reader>: choose a meter, see its values arrive, save them. Every sentence comes from the
 * page; what a record means for the diary is decided on the server, from the raw bytes.
 */

import { Problem, request } from "core/http.js";
import { readOut } from "meters/transfer.js";
import { Link, Trouble, hindrance } from "meters/bluetooth.js";
import { decodeDateTime, hex } from "meters/codec.js";
import { describe, wallTime } from "meters/meaning.js";
import { Values } from "meters/values.js";

const PARTS = ["no", "begin", "which", "running", "confirm", "done"];
/** Between two announcements of progress: a screen reader must not talk all the time. */
const SAY_EVERY_MS = 10_000;

class MeterReader extends HTMLElement {
  /** Reachable from outside: tests hand it what no browser can be made to receive. */
  link = new Link();
  /** Milliseconds; tests wait less. */
  patience = { watchdogMs: 30_000, quietMs: 300, retryMs: 1_000 };
  saidAt = 0;
  openedAt = 0;
  openedWallMs = 0;

  connectedCallback() {
    const unit = this.getAttribute("unit") === "mg/dL" ? "mg/dL" : "mmol/L";
    this.values = new Values(this.piece("list"), this.piece("more"), (name) => this.words(name), unit);
    /** @type {import("meters/transfer.js").Brought | null} */
    this.brought = null;
    this.openedAt = performance.now();
    this.openedWallMs = Date.parse(this.getAttribute("wall") ?? "") || Date.now();
    for (const [name, deed] of /** @type {[string, () => void][]} */ ([
      ["choose", () => this.begin()],
      ["read", () => this.run()],
      ["drop", () => this.startOver()],
      ["stop", () => this.stopping?.abort()],
      ["save", () => this.save()],
      ["discard", () => this.startOver()],
      ["again", () => this.startOver()],
    ])) {
      this.piece(name).addEventListener("click", deed);
    }
    window.addEventListener("beforeunload", (event) => {
      if (this.brought) event.preventDefault();
    });
    window.addEventListener("online", () => this.offline(false));
    void this.look();
  }

  /** Find out whether this browser can do it at all. */
  async look() {
    const why = await hindrance();
    if (why) {
      this.piece("why").textContent = this.words(why);
      this.show("no");
      if (why === "off") {
        navigator.bluetooth.addEventListener?.("availabilitychanged", () => void this.look(), { once: true });
      }
      return;
    }
    this.show("begin");
  }

  /** Let somebody choose; then learn what it is and whose it may be. */
  async begin() {
    this.trouble("");
    try {
      await this.link.choose();
      this.running(this.words("connecting"));
      await this.link.open();
      this.about = await this.link.about();
      this.plan = await request(`/api/v1/patients/${this.patient}/meters/plan`, { json: this.saidOf() });
      if (!this.plan.is_usable) throw new Trouble("unusable");
      this.ask();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Which of the person's meters is it? The browser hides the serial number. */
  ask() {
    this.piece("model").textContent = this.plan.model;
    const choices = this.plan.choices.map(
      (/** @type {{id: number, name: string, ending: string}} */ one) =>
        choice(String(one.id), one.ending ? `${one.name} (…${one.ending})` : one.name),
    );
    if (choices.length) choices.push(choice("", this.words("another")));
    this.piece("choices").replaceChildren(...choices);
    const first = this.piece("choices").querySelector("input");
    if (first) first.checked = true;
    const update = () => {
      this.piece("new-one").hidden = Boolean(this.chosen);
    };
    this.piece("choices").onchange = update;
    update();
    this.show("which", "which-one");
  }

  /** The chosen one of the person's meters. @returns {any} */
  get chosen() {
    const ticked = this.piece("choices").querySelector("input:checked");
    const id = ticked instanceof HTMLInputElement ? Number(ticked.value) : 0;
    return this.plan?.choices.find((/** @type {{id: number}} */ one) => one.id === id);
  }

  get patient() {
    return this.getAttribute("patient") ?? "";
  }

  /** What the meter says about itself, as the server wants it. */
  saidOf() {
    const { maker = "", model = "" } = this.about ?? {};
    return { maker, model, name: this.link.name.slice(0, 36) };
  }

  /** Read the records. @param {boolean} [all] everything, not only what is new */
  async run(all = false) {
    this.values?.clear();
    const { signal } = (this.stopping = new AbortController());
    this.running(this.words("reading"));
    this.piece("values").hidden = false;
    const chosen = this.chosen;
    const place = all || !chosen ? { cursor: null, count: null } : chosen;
    try {
      this.brought = await readOut(this.link, this.plan, place, {
        patience: this.patience,
        signal,
        progress: (received, expected) => this.progressed(received, expected),
        arrived: (name, raw) => this.arrived(name, raw),
        waiting: () => this.say(this.words("resuming")),
      });
      this.values?.finish();
      this.confirm(this.brought);
    } catch (error) {
      this.failed(error);
    }
  }

  /** The wall clock at home by the server: this device's own clock may be wrong. */
  get wallNow() {
    return new Date(this.openedWallMs + performance.now() - this.openedAt);
  }

  /** @param {string} name @param {Uint8Array} raw */
  arrived(name, raw) {
    const now = this.wallNow;
    const wall = clockOf(this.about?.clock ?? null);
    const driftMs = wall && this.about ? wall.getTime() - now.getTime() + (performance.now() - this.about.clockReadAt) : null;
    this.values?.add(name, raw, (record, context) =>
      describe(record, context, { marksKetones: this.plan.marks_ketones, now, driftMs }),
    );
  }

  /** @param {number} received @param {number | null} expected */
  progressed(received, expected) {
    const bar = /** @type {HTMLProgressElement} */ (this.piece("bar"));
    if (expected) {
      bar.max = expected;
      bar.value = Math.min(received, expected);
    } else bar.removeAttribute("value");
    const known = expected && received <= expected;
    const words = this.words(known ? "counted" : "counting", { n: received, total: expected ?? 0 });
    this.piece("counted").textContent = words;
    if (performance.now() - this.saidAt > SAY_EVERY_MS) this.say(words);
  }

  /** Ask before anything is saved. @param {import("meters/transfer.js").Brought} brought */
  confirm(brought) {
    const n = this.values?.received ?? 0;
    if (n === 0 && brought.hasEnded) {
      void this.save();
      return;
    }
    const aside = this.values?.aside ?? 0;
    const found = this.words(brought.isNewestOnly ? "newest" : "found", { n });
    this.piece("found").textContent = aside ? `${found} ${this.words("doubtful", { n: aside })}` : found;
    this.piece("for").textContent = this.words("for", { name: this.getAttribute("person") ?? "" });
    const broken = this.piece("broken");
    broken.hidden = brought.hasEnded;
    broken.textContent = brought.hasEnded ? "" : this.words(brought.why || "cut");
    this.offline(false);
    if (n === 0) {
      this.brought = null;
      this.failed(new Trouble(brought.why || "silent"));
      return;
    }
    this.show("confirm", "confirm-title");
  }

  /** Send what came; the server names each record, so sending again is harmless. */
  async save() {
    if (!this.brought) return;
    const button = /** @type {HTMLButtonElement} */ (this.piece("save"));
    button.disabled = true;
    try {
      const answer = await request(`/api/v1/patients/${this.patient}/meters/transfers`, {
        json: this.bodyOf(this.brought),
      });
      this.brought = null;
      if (answer.needs_all && this.link.isOpen) {
        this.say(this.words("again"));
        await this.run(true);
        return;
      }
      this.link.close();
      this.piece("told").textContent = answer.words;
      const link = /** @type {HTMLAnchorElement} */ (this.piece("to-meter"));
      link.href = (this.getAttribute("meter") ?? "").replace(/\/0$/, `/${answer.meter_id}`);
      this.show("done", "done-title");
      this.say(answer.words);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.show("confirm");
      this.offline(true, error.isOffline ? this.words("unsent") : error.message);
    } finally {
      button.disabled = false;
    }
  }

  /** @param {import("meters/transfer.js").Brought} brought */
  bodyOf(brought) {
    const { clock = null, clockReadAt = 0, battery = null, firmware = null } = this.about ?? {};
    const serial = /** @type {HTMLInputElement} */ (this.querySelector("#serial")).value.trim();
    const chosen = this.chosen;
    return {
      meter: { ...this.saidOf(), ...(chosen ? { meter_id: chosen.id } : { serial }) },
      notifications: brought.notifications,
      has_ended: brought.hasEnded,
      is_full: brought.isFull,
      is_newest_only: brought.isNewestOnly,
      count: brought.count,
      battery_percent: battery,
      firmware,
      clock: clock ? hex(clock) : "",
      clock_age_s: clock ? Math.round((performance.now() - clockReadAt) / 1000) : 0,
    };
  }

  /** @param {boolean} is @param {string} [words] */
  offline(is, words = "") {
    const note = this.piece("unsent");
    note.hidden = !is;
    note.textContent = words;
    if (is) this.say(words);
  }

  startOver() {
    this.brought = null;
    this.link.close();
    this.values?.clear();
    this.piece("values").hidden = true;
    this.trouble("");
    this.show("begin");
    this.piece("choose").focus();
  }

  /** @param {unknown} error */
  failed(error) {
    this.link.close();
    const word = error instanceof Trouble ? error.word : "";
    if (!word && !(error instanceof Problem)) console.error(error);
    this.piece("values").hidden = !this.values?.received;
    this.show("begin");
    if (word === "cancelled") return;
    this.trouble(error instanceof Problem ? error.message : this.words(word || "failed"));
    this.piece("choose").focus();
  }

  /** @param {string} words */
  trouble(words) {
    const place = this.piece("trouble");
    place.hidden = !words;
    place.textContent = words;
    if (words) this.say(words);
  }

  /** @param {string} words */
  running(words) {
    this.piece("doing").textContent = words;
    this.piece("counted").textContent = "";
    this.piece("bar").removeAttribute("value");
    this.show("running", "progress-title");
  }

  /** @param {string} words */
  say(words) {
    this.saidAt = performance.now();
    this.piece("said").textContent = words;
  }

  /** @param {string} name @param {string} [focus] */
  show(name, focus = "") {
    for (const part of PARTS) this.piece(part).hidden = part !== name;
    if (focus) document.getElementById(focus)?.focus();
  }

  /** @param {string} name @returns {HTMLElement} */
  piece(name) {
    const found = this.querySelector(`[data-part="${name}"]`);
    if (!(found instanceof HTMLElement)) throw new Error(`no part ${name}`);
    return found;
  }

  /**
   * A sentence of the page, with `{n}` filled in.
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   */
  words(name, values = {}) {
    const sentence = this.getAttribute(`data-${name}`) ?? name;
    return sentence.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
  }
}

/**
 * What a meter's clock shows; null where it has none or nobody can read it.
 * @param {Uint8Array | null} raw
 */
function clockOf(raw) {
  try {
    return raw && wallTime(decodeDateTime(raw).parts);
  } catch {
    return null;
  }
}

/** @param {string} value @param {string} text */
function choice(value, text) {
  const label = Object.assign(document.createElement("label"), { className: "radio-card" });
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "meter", value });
  label.append(input, Object.assign(document.createElement("span"), { textContent: text }));
  return label;
}

customElements.define("meter-reader", MeterReader);
