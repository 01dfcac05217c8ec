// @ts-check
/** One Socket.IO connection per page; joins are repeated after every reconnect. */

import { io } from "vendor/socket.io.esm.min.js";
import { announce } from "core/announce.js";
import { Problem } from "core/http.js";
import { word } from "core/words.js";

const ANSWER_MS = 8_000;

/** @type {any} */
let socket = null;
let wasLost = false;

/** The page's connection; the session cookie of the handshake says who it is. */
export function connection() {
  if (!socket) {
    socket = io({ reconnectionDelayMax: 10_000, randomizationFactor: 0.5 });
    socket.on("connect", () => {
      showOffline(false);
      if (wasLost) announce(word("online"));
      wasLost = false;
    });
    socket.on("disconnect", (/** @type {string} */ reason) => {
      if (reason === "io client disconnect") return;
      wasLost = true;
      // The server cut us off on purpose (signed out, right revoked): do not come back by ourselves.
      showOffline(true, reason === "io server disconnect" ? word("live_ended") : word("offline"));
    });
    socket.on("connect_error", () => {
      wasLost = true;
      if (!navigator.onLine) showOffline(true, word("offline"));
    });
  }
  return socket;
}

/**
 * Send an event and wait for its acknowledgement.
 * @param {string} event
 * @param {unknown} [payload]
 * @returns {Promise<any>} the acknowledgement, without `ok`
 * @throws {Problem} refused, or no answer in eight seconds
 */
export async function ask(event, payload = {}) {
  let answer;
  try {
    answer = await connection().timeout(ANSWER_MS).emitWithAck(event, payload);
  } catch {
    throw new Problem({ status: 0, code: "offline", detail: word("not_sent") });
  }
  if (!answer?.ok) throw new Problem(answer?.problem ?? {});
  const { ok, ...rest } = answer;
  return rest;
}

/**
 * Join something now and again after each reconnect, and hear its events until stopped.
 * @param {string} event the event that joins, such as "consults.join"
 * @param {unknown} payload
 * @param {{on?: Record<string, (payload: any) => void>, joined?: (answer: any) => void,
 *   refused?: (problem: Problem) => void}} hear
 * @returns {() => void} stops hearing
 */
export function join(event, payload, hear = {}) {
  const live = connection();
  const enter = () => {
    ask(event, payload).then(
      (answer) => hear.joined?.(answer),
      (problem) => {
        if (problem instanceof Problem && !problem.isOffline) hear.refused?.(problem);
      },
    );
  };
  const handlers = Object.entries(hear.on ?? {});
  for (const [name, handler] of handlers) live.on(name, handler);
  live.on("connect", enter);
  if (live.connected) enter();
  return () => {
    live.off("connect", enter);
    for (const [name, handler] of handlers) live.off(name, handler);
  };
}

/**
 * @param {boolean} isLost
 * @param {string} [sentence]
 */
function showOffline(isLost, sentence) {
  const bar = document.getElementById("offline");
  const text = bar?.querySelector("span");
  if (!bar || !text) return;
  if (sentence) text.textContent = sentence;
  bar.hidden = !isLost;
}
