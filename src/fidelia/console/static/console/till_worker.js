/* The till stays at hand off line: its page and what the page needs, kept as they were last seen. Questions to the server
   (everything else under /till/) are never kept and never answered from here. KEPT stands above, written by the server. */
"use strict";

const NAME = "fidelia-till-1";
const PAGE = "/till/";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll([PAGE, ...KEPT])).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("fidelia-till-") && name !== NAME).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

const isOurs = (url) => url.origin === self.location.origin && (url.pathname === PAGE || KEPT.includes(url.pathname));

/* The network first, so that the page is never older than the server; what was kept where there is none. */
async function answer(request) {
  const cache = await caches.open(NAME);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && !fresh.redirected) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(request, { ignoreVary: true, ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && isOurs(new URL(event.request.url))) event.respondWith(answer(event.request));
});
self.addEventListener("message", (event) => {
  if (event.data === "forget the page") event.waitUntil(caches.open(NAME).then((cache) => cache.delete(PAGE)));
});
