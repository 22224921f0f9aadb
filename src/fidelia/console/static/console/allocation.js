/* The budget of the portfolio: a slider takes from the others in proportion, and the server says what that brings.
   Without this script the same form does the same by its number fields and a button. */
"use strict";

(() => {
  const form = document.getElementById("f-allot");
  if (!form) return;
  document.documentElement.toggleAttribute("data-scripted", true);

  const TENTHS = 1000; // shares in tenths of a per cent
  const slides = [...form.querySelectorAll("[data-allot-slide]")];
  const fieldOf = (name) => form.elements.namedItem(name);
  const names = slides.filter((one) => !one.disabled).map((one) => one.dataset.allotSlide);
  const tenths = (text) => Math.max(0, Math.min(TENTHS, Math.round(10 * Number(String(text).replace(",", ".")) || 0)));
  const percent = (share) => new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 }).format(share / TENTHS);
  const held = Object.fromEntries(names.map((name) => [name, tenths(fieldOf(name).value)]));

  /* One class has this share; what is left goes to the others as they had it when this one began to move, so that
     moving it back gives all back; evenly where they had nothing. */
  let begun = { name: "", held };

  function give(name, share) {
    if (begun.name !== name) begun = { name, held: { ...held } };
    const others = names.filter((one) => one !== name);
    if (!others.length) share = TENTHS;
    const rest = TENTHS - share;
    const whole = others.reduce((sum, one) => sum + begun.held[one], 0);
    const exact = others.map((one) => (whole ? (rest * begun.held[one]) / whole : rest / others.length));
    const down = exact.map(Math.floor);
    const missing = rest - down.reduce((sum, one) => sum + one, 0);
    const order = exact.map((one, place) => place).sort((a, b) => exact[b] - down[b] - (exact[a] - down[a]));
    order.slice(0, missing).forEach((place) => { down[place] += 1; });
    held[name] = share;
    others.forEach((one, place) => { held[one] = down[place]; });
  }

  function draw(typed) {
    names.forEach((name) => {
      const field = fieldOf(name);
      if (field !== typed) field.value = String(held[name] / 10);
      const slide = slides.find((one) => one.dataset.allotSlide === name);
      if (slide !== typed) slide.value = String(Math.round(held[name] / 10));
      slide.setAttribute("aria-valuetext", percent(held[name]));
    });
  }

  let under_way = null;
  let timer = 0;

  async function ask() {
    under_way?.abort();
    under_way = new AbortController();
    const query = new URLSearchParams(new FormData(form));
    names.forEach((name) => query.set(name, String(held[name] / 10))); // as they are, also while one is being typed
    document.documentElement.toggleAttribute("data-loading", true);
    try {
      const answer = await fetch(`${form.dataset.allot}?${query}`, { signal: under_way.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      history.replaceState(history.state, "", `?${query}${location.hash}`);
    } catch (error) {
      if (error.name !== "AbortError") globalThis.fidelia?.announce(form.dataset.failed ?? "");
    } finally {
      document.documentElement.toggleAttribute("data-loading", false);
    }
  }

  function put(page) {
    form.parentElement.querySelectorAll("[data-part]").forEach((part) => {
      const fresh = page.getElementById(part.id);
      if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...document.importNode(fresh, true).childNodes);
    });
  }

  form.addEventListener("input", (event) => {
    const at = event.target;
    const name = at.dataset.allotSlide ?? at.name;
    if (names.includes(name)) {
      give(name, tenths(at.value));
      draw(at);
    }
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  form.addEventListener("change", (event) => {
    if (names.includes(event.target.name)) draw(null);
  });
  /* Enter in a field asks as typing does; the buttons that set shares go to the server as links do. */
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.name === "set") return;
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
})();
