// The app of a member: keeps the card for where there is no network, keeps the screen awake while it is shown.
(() => {
  "use strict";
  const worker = navigator.serviceWorker;
  const isInside = document.body.dataset.inside === "yes";

  const tell = (word) => worker.ready.then((known) => known.active?.postMessage(word));

  if (worker) {
    if (isInside) {
      // The card is kept anew where a visit begins, not at each page.
      const isFirst = location.pathname === "/" || !worker.controller;
      worker.register("/service-worker.js").then(() => isFirst && tell({ keep: "/card/", look: document.querySelector("[data-theme]")?.href })).catch(() => {});
    } else {
      // Whoever is logged out here leaves no card behind.
      worker.getRegistration("/").then((known) => known?.active?.postMessage({ forget: true }));
      globalThis.caches?.delete("fidelia-card");
    }
  }

  // Off line the kept card says so: by itself where the worker showed it, and here where the net goes while it is shown.
  const offline = document.querySelector("[data-offline]");
  const say = (isOnline) => { if (offline) offline.hidden = isOnline; };
  addEventListener("online", () => say(true));
  addEventListener("offline", () => say(false));
  if (!navigator.onLine) say(false);

  // A screen that goes dark in the queue is no card.
  if (document.querySelector("[data-awake]") && navigator.wakeLock) {
    const stay = () => { if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {}); };
    document.addEventListener("visibilitychange", stay);
    stay();
  }

  // "Keep on the home screen": browsers that offer it say so first; iPhones never do, and get a sentence.
  const offer = document.querySelector("[data-install]");
  let prompt = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event;
    if (offer) offer.hidden = false;
  });
  offer?.querySelector("button")?.addEventListener("click", () => { prompt?.prompt(); offer.hidden = true; });
  const apple = document.querySelector("[data-install-apple]");
  if (apple && /iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone) apple.hidden = false;

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.done; });
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const part of document.querySelectorAll("details")) part.open = true;
      print();
    });
  }
})();
