/* What the search field finds while one types: htmx fills the list, the arrows walk it, Esc closes it. */
"use strict";

(() => {
  const field = () => document.getElementById("f-search");
  const list = () => document.getElementById("f-found");
  const items = () => [...list().querySelectorAll("a")];

  document.addEventListener("htmx:after:swap", () => {
    if (!list()) return;
    list().hidden = field().value.trim() === "" || document.activeElement !== field();
  });

  document.addEventListener("keydown", (event) => {
    const inside = event.target === field() || list()?.contains(event.target);
    if (!inside || list().hidden) return;
    if (event.key === "Escape") {
      event.preventDefault();
      list().hidden = true;
      field().focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const places = [field(), ...items()];
      const step = event.key === "ArrowDown" ? 1 : -1;
      places[(places.indexOf(document.activeElement) + step + places.length) % places.length].focus();
    }
  });

  document.addEventListener("focusin", (event) => {
    if (list() && !event.target.closest(".f-top .f-find")) list().hidden = true;
  });
  document.addEventListener("click", (event) => {
    if (list() && !event.target.closest(".f-top .f-find")) list().hidden = true;
  });
})();
