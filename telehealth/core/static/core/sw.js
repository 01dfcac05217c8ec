/**
 * The service worker: without a connection every page becomes the one that writes things down.
 *
 * It keeps static files and that one page, which knows nobody. Pages and answers with somebody's
 * data are never kept. The server puts VERSION and LANGUAGE above this text (`home.service_worker`).
 */
/* global VERSION, LANGUAGE */

const CACHE = `telehealth-${VERSION}`;
const PAGE = "/brez-povezave";
const FILES =
  /\/static\/[0-9a-f]{12}\/(?:(?:core|home)\/[\w.-]+\.(?:js|css|svg)|vendor\/(?:inter\/[\w.-]+\.woff2|icons\.svg))/g;

async function keepWhatIsNeeded() {
  const cache = await caches.open(CACHE);
  const answer = await fetch(PAGE, {
    credentials: "omit", // as nobody: what is kept must be anybody's
    cache: "no-store",
    headers: { "Accept-Language": LANGUAGE },
  });
  if (!answer.ok) throw new Error("the page for no connection did not come");
  const html = await answer.clone().text();
  await cache.put(PAGE, answer);
  await cache.addAll(new Set(html.match(FILES) ?? []));
  await self.skipWaiting();
}

async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** @param {Request} request */
async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  }
}

/** @param {Request} request */
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepWhatIsNeeded()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOlder()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { origin, pathname } = new URL(request.url);
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (origin === location.origin && pathname.startsWith("/static/")) event.respondWith(file(request));
});
