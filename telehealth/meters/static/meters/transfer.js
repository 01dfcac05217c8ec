// @ts-check
/** Drives a conversation over a link: time, broken links, a person who stops it. */

import { Trouble } from "meters/bluetooth.js";
import { Conversation } from "meters/conversation.js";
import { CONTEXT, MEASUREMENT } from "meters/codec.js";

/** Rounds without anything new before we give up. */
const FRUITLESS = 3;

/**
 * @typedef {{notifications: [string, string][], hasEnded: boolean, isFull: boolean,
 *   isNewestOnly: boolean, count: number | null, why: string}} Brought `why`: a word when it was cut short
 * @typedef {{watchdogMs: number, quietMs: number, retryMs: number}} Patience
 * @typedef {{patience: Patience, signal: AbortSignal,
 *   progress: (received: number, expected: number | null) => void,
 *   arrived: (characteristic: string, raw: Uint8Array) => void, waiting: () => void}} Around
 * @typedef {{isOpen: boolean, heard: (characteristic: string, raw: Uint8Array) => void,
 *   lost: () => void, open: () => Promise<void>, subscribe: () => Promise<void>,
 *   write: (raw: Uint8Array) => Promise<void>}} Speaker
 */

/**
 * Read a meter to its end, going on after broken links. What came before an end of any kind is
 * handed over; only a meter that gave nothing at all is trouble.
 * @param {Speaker} link open
 * @param {import("meters/conversation.js").Plan} plan
 * @param {import("meters/conversation.js").Place} place
 * @param {Around} around
 * @returns {Promise<Brought>}
 * @throws {Trouble}
 */
export async function readOut(link, plan, place, around) {
  let talk = new Conversation(plan, place);
  let fruitless = 0;
  for (;;) {
    const before = talk.received;
    const ending = await round(link, talk, around).catch((error) => wordFor(error, talk));
    if (ending !== "lost") return finished(talk, ending);
    fruitless = talk.received > before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS) return finished(talk, ending);
    around.waiting();
    await pause(around.patience.retryMs, around.signal);
    if (around.signal.aborted) return finished(talk, "stopped");
    try {
      await link.open();
    } catch (error) {
      if (fruitless + 1 >= FRUITLESS) return finished(talk, "lost", error);
      fruitless += 1;
      continue;
    }
    talk = talk.resumed();
  }
}

/**
 * One connection.
 * @param {Speaker} link
 * @param {Conversation} talk
 * @param {Around} around
 * @returns {Promise<string>} how it ended
 */
async function round(link, talk, around) {
  return new Promise((resolve, reject) => {
    /** @type {number | undefined} */
    let timer;
    const leave = () => {
      clearTimeout(timer);
      link.heard = () => {};
      link.lost = () => {};
      around.signal.removeEventListener("abort", stopped);
    };
    const over = (/** @type {string} */ ending) => {
      leave();
      resolve(ending);
    };
    const stopped = () => over("stopped");
    const failed = (/** @type {unknown} */ error) => {
      if (error instanceof Trouble && error.word === "lost") over("lost");
      else {
        leave();
        reject(error);
      }
    };
    const wait = () => {
      clearTimeout(timer);
      const { quietMs, watchdogMs } = around.patience;
      timer = window.setTimeout(() => act(talk.timeout()), talk.stage === "settling" ? quietMs : watchdogMs);
    };
    /** @param {import("meters/conversation.js").Action[]} actions */
    const act = (actions) => {
      for (const action of actions) {
        if ("end" in action) {
          over(action.end);
          return;
        }
        link.write(action.write).catch(failed);
      }
      wait();
    };
    if (around.signal.aborted) {
      over("stopped");
      return;
    }
    around.signal.addEventListener("abort", stopped);
    link.lost = () => over("lost");
    link.heard = (characteristic, raw) => {
      const actions = talk.feed(characteristic, raw);
      if (characteristic === MEASUREMENT || characteristic === CONTEXT) {
        around.arrived(characteristic, raw);
        around.progress(talk.received, talk.expected);
      }
      act(actions);
    };
    wait();
    link.subscribe().then(() => act(talk.start()), failed);
  });
}

/**
 * What came before a refusal is worth having; without anything the refusal is all there is.
 * @param {unknown} error
 * @param {Conversation} talk
 */
function wordFor(error, talk) {
  if (talk.received === 0 || !(error instanceof Trouble)) throw error;
  return error.word;
}

/**
 * @param {Conversation} talk
 * @param {string} ending
 * @param {unknown} [cause]
 * @returns {Brought}
 */
function finished(talk, ending, cause) {
  const isWhole = ending === "done" || ending === "newest_only";
  if (!isWhole && talk.received === 0) throw new Trouble(ending, cause);
  return {
    notifications: talk.notifications,
    hasEnded: talk.hasEnded,
    isFull: talk.askedForAll,
    isNewestOnly: talk.isNewestOnly,
    count: talk.count,
    why: isWhole ? "" : ending,
  };
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
