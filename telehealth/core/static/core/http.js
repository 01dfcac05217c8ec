// @ts-check
/** fetch with the page's CSRF token; refusals arrive as Problem, whatever went wrong. */

import { word } from "core/words.js";

const SAFE = new Set(["GET", "HEAD"]);

/**
 * A refusal (RFC 9457) or a failure to reach the server (status 0).
 */
export class Problem extends Error {
  /**
   * @param {{status?: number, code?: string, title?: string, detail?: string,
   *   errors?: {pointer: string, detail: string, code?: string}[]}} members
   */
  constructor(members) {
    super(members.detail || members.title || word("failed"));
    this.name = "Problem";
    this.status = members.status ?? 0;
    this.code = members.code ?? "unknown";
    this.errors = members.errors ?? [];
  }

  /** Whether the server was not reached: nothing is known to be stored. */
  get isOffline() {
    return this.status === 0;
  }
}

/** The token every unsafe request of this page has to carry. */
export function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta instanceof HTMLMetaElement ? meta.content : "";
}

/**
 * Ask the server.
 * @param {string} url
 * @param {{method?: string, json?: unknown, form?: FormData, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the parsed body; null where there is none
 * @throws {Problem}
 */
export async function request(url, options = {}) {
  const method = options.method ?? (options.json || options.form ? "POST" : "GET");
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json, application/problem+json" };
  if (!SAFE.has(method)) headers["X-CSRF-Token"] = csrfToken();
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  const body = options.json === undefined ? options.form : JSON.stringify(options.json);
  let response;
  try {
    response = await fetch(url, { method, headers, body, signal: options.signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem({ status: 0, code: "offline", detail: word("not_sent") });
  }
  const answer = await readJson(response);
  if (response.ok) return answer;
  if (response.status === 401 && !answer) throw new Problem({ status: 401, detail: word("signed_out") });
  throw new Problem({ ...(answer ?? {}), status: response.status });
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function readJson(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status === 204 || !/[/+]json\b/.test(type)) return null;
  try {
    return await response.json();
  } catch {
    return null; // a body cut off on the way: the status still tells
  }
}
