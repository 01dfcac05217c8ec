// @ts-check
/** The browser's Bluetooth: choose a meter, speak with it. The only place that touches the radio. */

import { CONTEXT, CONTROL_POINT, MEASUREMENT, SERVICE } from "meters/codec.js";

const INFO = 0x180a;
const BATTERY = 0x180f;
const CURRENT_TIME_SERVICE = 0x1805;
const DATE_TIME = "2a08";
const CURRENT_TIME = "2a2b";
const NAMES = ["meter+", "Accu-Chek", "Contour", "CareSens", "ReliOn", "FORA", "TAIDOC", "Diamond", "yuwell"];

/** What stands in the way of a person, by a word for which the page has a sentence. */
export class Trouble extends Error {
  /** @param {string} word @param {unknown} [cause] */
  constructor(word, cause) {
    super(word, { cause });
    this.word = word;
  }
}


/** @param {string} uuid */
const short = (uuid) => uuid.slice(4, 8);

/**
 * Why this browser cannot read a meter here.
 * @returns {Promise<"" | "insecure" | "missing" | "forbidden" | "off">} empty: it can
 */
export async function hindrance() {
  if (!window.isSecureContext) return "insecure";
  const { bluetooth } = navigator;
  if (!bluetooth) return "missing";
  const policy = /** @type {any} */ (document).featurePolicy;
  if (policy?.features?.().includes("bluetooth") && !policy.allowsFeature("bluetooth")) return "forbidden";
  // A browser that cannot tell is asked when somebody chooses.
  const isAvailable = await bluetooth.getAvailability?.().catch(() => true);
  return isAvailable === false ? "off" : "";
}

/** A meter as chosen in the browser's list; open it to speak with it. */
export class Link {
  /** @type {WeakSet<BluetoothRemoteGATTCharacteristic>} those we listen to already */
  #heeded = new WeakSet();

  constructor() {
    /** @type {BluetoothDevice | null} */
    this.device = null;
    /** @type {Map<string, BluetoothRemoteGATTCharacteristic>} by their four digits */
    this.characteristics = new Map();
    /** @type {(characteristic: string, raw: Uint8Array) => void} */
    this.heard = () => {};
    /** @type {() => void} */
    this.lost = () => {};
    this.patienceMs = 30_000;
  }

  get name() {
    return this.device?.name ?? "";
  }

  get isOpen() {
    return Boolean(this.device?.gatt?.connected);
  }

  /** Let a person choose. @throws {Trouble} cancelled, refused or switched off */
  async choose() {
    try {
      this.device = await navigator.bluetooth.requestDevice({
        filters: [{ services: [SERVICE] }, ...NAMES.map((namePrefix) => ({ namePrefix }))],
        optionalServices: [SERVICE, INFO, BATTERY, CURRENT_TIME_SERVICE],
      });
    } catch (error) {
      throw new Trouble(wordOf(error, { NotFoundError: "cancelled", SecurityError: "forbidden" }), error);
    }
    this.device.addEventListener("gattserverdisconnected", () => this.lost());
  }

  /** Connect and find out what it offers. @throws {Trouble} */
  async open() {
    const gatt = this.device?.gatt;
    if (!gatt) throw new Trouble("failed");
    try {
      await this.#within(gatt.connect());
      this.characteristics.clear();
      for (const service of await this.#within(gatt.getPrimaryServices())) {
        const found = await this.#within(service.getCharacteristics()).catch(() => []);
        for (const one of found) this.characteristics.set(short(one.uuid), one);
      }
    } catch (error) {
      throw error instanceof Trouble ? error : new Trouble(wordOf(error, { NetworkError: "unreachable" }), error);
    }
    if (!this.characteristics.has(CONTROL_POINT) || !this.characteristics.has(MEASUREMENT)) {
      throw new Trouble("no_meter");
    }
  }

  /**
   * What the meter says about itself; what cannot be read stays empty.
   * Its serial number is hidden from pages by the browser.
   */
  async about() {
    const maker = await this.#text("2a29");
    const model = await this.#text("2a24");
    const firmware = await this.#text("2a26");
    const battery = (await this.#read("2a19"))?.[0];
    const clock = (await this.#read(DATE_TIME)) ?? (await this.#read(CURRENT_TIME));
    return {
      maker,
      model,
      firmware: firmware || null,
      battery: battery !== undefined && battery <= 100 ? battery : null,
      clock: clock ?? null,
      clockReadAt: performance.now(),
    };
  }

  /** Hear records, contexts and answers. @throws {Trouble} most often: not paired */
  async subscribe() {
    for (const name of [MEASUREMENT, CONTEXT, CONTROL_POINT]) {
      const one = this.characteristics.get(name);
      if (!one) continue;
      if (!this.#heeded.has(one)) {
        this.#heeded.add(one);
        one.addEventListener("characteristicvaluechanged", () => {
          if (one.value) this.heard(name, bytes(one.value));
        });
      }
      try {
        await this.#within(one.startNotifications());
      } catch (error) {
        throw error instanceof Trouble ? error : new Trouble(this.#refused(error), error);
      }
    }
  }

  /** Write to the control point. @param {Uint8Array} raw @throws {Trouble} */
  async write(raw) {
    const point = this.characteristics.get(CONTROL_POINT);
    if (!point) throw new Trouble("failed");
    try {
      await this.#within(point.writeValueWithResponse(raw));
    } catch (error) {
      throw error instanceof Trouble ? error : new Trouble(this.#refused(error), error);
    }
  }

  close() {
    const { device } = this;
    if (device?.gatt?.connected) device.gatt.disconnect();
  }

  /** @param {unknown} error */
  #refused(error) {
    return this.isOpen ? wordOf(error, { NotSupportedError: "unpaired", SecurityError: "unpaired" }) : "lost";
  }

  /** @param {string} name @returns {Promise<Uint8Array | undefined>} */
  async #read(name) {
    const one = this.characteristics.get(name);
    if (!one?.properties.read) return undefined;
    try {
      return bytes(await this.#within(one.readValue()));
    } catch {
      return undefined; // the readings matter, this is only good to know
    }
  }

  /** @param {string} name */
  async #text(name) {
    const raw = await this.#read(name);
    if (!raw) return "";
    const text = new TextDecoder().decode(raw);
    return text.replace(/[\u0000-\u001f\u007f]/g, "").trim().slice(0, 30).trim();
  }

  /**
   * @template T
   * @param {Promise<T>} deed
   * @returns {Promise<T>}
   */
  async #within(deed) {
    /** @type {number | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = window.setTimeout(() => reject(new Trouble("silent")), this.patienceMs);
    });
    try {
      return await /** @type {Promise<T>} */ (Promise.race([deed, late]));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @param {DataView} view */
const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();

/**
 * @param {unknown} error
 * @param {Record<string, string>} words
 */
function wordOf(error, words) {
  const { name, message } = /** @type {Error} */ (error);
  if (/auth|pair|bond|encrypt|not permitted|authoriz/i.test(message)) return "unpaired";
  if (/adapter|bluetooth.*(off|unavailable|not available)/i.test(message)) return "off";
  return words[name] ?? (name === "NetworkError" ? "lost" : "failed");
}

