/* The keys of the console. Single keys are off in fields, in dialogs, and where a person turned them off. */
"use strict";

(() => {
  const GO = JSON.parse(document.getElementById("f-go-keys")?.textContent ?? "{}");
  const single = () => document.documentElement.dataset.keys !== "off";
  const typing = (target) => target.closest?.("input:not(.f-tick), textarea, select, [contenteditable], dialog[open]") !== null;
  let waiting = false;

  const press = (selector) => {
    const found = document.querySelector(selector);
    if (found) found.click();
    return Boolean(found);
  };
  const focus = (selector) => {
    const found = document.querySelector(selector);
    found?.focus();
    found?.select?.();
    return Boolean(found);
  };

  /* Rows one can step through are those of the first table marked as a list. */
  function step(by) {
    const rows = [...document.querySelectorAll("table[data-rows] tbody tr")];
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    next.querySelector("a, button")?.focus();
    return true;
  }
  function tick() {
    const box = document.activeElement?.closest("tr")?.querySelector(".f-tick");
    box?.click();
    return Boolean(box);
  }

  const KEYS = {
    "/": () => focus("[data-filter]") || focus("#f-search"),
    "?": () => { document.getElementById("f-keys-dialog")?.showModal(); return true; },
    j: () => step(1),
    k: () => step(-1),
    x: tick,
    e: () => press("[data-key='e']"),
    c: () => press("[data-key='c']"),
    n: () => press("[data-key='n']"),
    z: () => press("[data-undo] button, [data-key='z']"),
    "[": () => press("[data-key='[']"),
    "]": () => press("[data-key=']']"),
  };

  function go(key) {
    waiting = false;
    const address = GO[key];
    if (address) location.assign(address);
    return Boolean(address);
  }

  document.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && key === "k") {
      event.preventDefault();
      focus("#f-search");
    } else if (command && key === "enter") {
      event.target.form?.requestSubmit();
    } else if (!command && !event.altKey && single() && !typing(event.target)) {
      if (waiting ? go(key) : key === "g") {
        event.preventDefault();
        waiting = key === "g";
        if (waiting) setTimeout(() => { waiting = false; }, 1500);
      } else if (KEYS[event.key]?.()) {
        event.preventDefault();
      }
    }
  });
})();
