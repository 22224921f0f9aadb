// Served at /service-worker.js. Keeps one page, the card, and what it is drawn with; everything else goes to the network.
"use strict";
const LOOK = "fidelia-look-2", CARD = "fidelia-card", PAGE = "/card/";
const OTHERS = ["/api/", "/console/", "/till/", "/unsubscribe/", "/from-message/"];
const kept = ["KEPT"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(LOOK).then((cache) => cache.addAll(kept)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("fidelia-look-") && name !== LOOK);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim())
  );
});

self.addEventListener("message", (event) => {
  if (event.data?.forget) event.waitUntil(forgetCard());
  else if (event.data?.keep === PAGE) event.waitUntil(Promise.all([fetchCard(PAGE), keepTheme(event.data.look)]).catch(() => {}));
});

// An answer that was under way when the card was forgotten is of a session that has ended: it is not kept.
let forgotten = 0;
const forgetCard = () => {
  forgotten += 1;
  return caches.delete(CARD);
};

// The card is kept in the colours of the member's programme.
async function keepTheme(href) {
  const isOurs = href && new URL(href).origin === location.origin && kept.includes(new URL(href).pathname);
  if (isOurs) await (await caches.open(LOOK)).add(href);
}

// Whoever is sent to the log-in has no card here any more.
async function fetchCard(request) {
  const before = forgotten;
  const answer = await fetch(request, { credentials: "same-origin" });
  const isSentAway = answer.redirected || answer.type === "opaqueredirect";
  if (isSentAway || [401, 403, 404].includes(answer.status)) await forgetCard();
  else if (answer.ok) await keepCard(answer.clone(), before);
  return answer;
}

async function keepCard(answer, before) {
  const cache = await caches.open(CARD);
  if (before === forgotten) await cache.put(PAGE, answer);
  if (before !== forgotten) await caches.delete(CARD);
}

// A telephone calls itself on line in any net, even one that leads nowhere: the card that was kept says so by itself.
async function keptCard() {
  const answer = await caches.match(PAGE);
  if (!answer) return Response.error();
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response((await answer.text()).replace("data-offline hidden", "data-offline"), { headers });
}

const look = async (request) => {
  try {
    const answer = await fetch(request);
    if (answer.ok) (await caches.open(LOOK)).put(request, answer.clone());
    return answer;
  } catch {
    return (await caches.match(request)) || (await caches.match(request, { ignoreSearch: true })) || Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (OTHERS.some((path) => url.pathname.startsWith(path))) return;
  if (kept.includes(url.pathname)) event.respondWith(look(request));
  else if (request.mode !== "navigate") return;
  else if (url.pathname === PAGE) event.respondWith(fetchCard(request).catch(keptCard));
  else event.respondWith(fetch(request).catch(keptCard));
});
