/* Small behaviour of the components. Every link and form works without it; nothing here is inline (CSP). */
"use strict";

(() => {
  const live = () => document.getElementById("f-live");

  /** Say a sentence to screen readers, politely. */
  function announce(text) {
    const region = live();
    if (region) region.textContent = text;
  }

  // Panels and menus float beside their button -------------------------------------------------------------------

  function place(panel, button) {
    const edge = 12;
    const from = button.getBoundingClientRect();
    const size = panel.getBoundingClientRect();
    const below = from.bottom + 6;
    const top = below + size.height + edge <= innerHeight ? below : Math.max(edge, from.top - size.height - 6);
    const wanted = panel.hasAttribute("data-menu") ? from.right - size.width : from.left - 12;
    panel.style.top = `${top}px`;
    panel.style.left = `${Math.max(edge, Math.min(wanted, innerWidth - size.width - edge))}px`;
  }

  const openerOf = (panel) => document.querySelector(`[popovertarget="${panel.id}"]`);

  document.addEventListener("toggle", (event) => {
    const panel = event.target;
    if (!(panel instanceof HTMLElement) || !panel.hasAttribute("popover") || event.newState !== "open") return;
    const button = openerOf(panel);
    if (button) place(panel, button);
    if (panel.hasAttribute("data-menu")) panel.querySelector("a, button")?.focus();
  }, true);

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("[popover][data-menu]");
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const items = [...menu.querySelectorAll(".f-pop-item")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
  });

  /* A panel stays with its button while the page scrolls. */
  addEventListener("scroll", () => {
    document.querySelectorAll(".f-pop:popover-open").forEach((panel) => {
      const button = openerOf(panel);
      if (button) place(panel, button);
    });
  }, { passive: true });

  // Dialogs: opened by data-opens, closed by data-closes; the browser gives focus back -----------------------------

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      dialog?.showModal();
      (dialog?.querySelector("[autofocus]") ?? dialog?.querySelector("h2"))?.focus();
    }
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement && event.target.matches(".f-drawer, .f-dialog[data-light]")) {
      const box = event.target.getBoundingClientRect();
      if (event.clientX > box.right || event.clientX < box.left || event.clientY > box.bottom || event.clientY < box.top) event.target.close();
    }
  });

  // Ticks and the bar of what one does with them --------------------------------------------------------------------

  function countTicks(table) {
    const bar = document.getElementById(table.dataset.bulk);
    const ticks = [...table.querySelectorAll("tbody .f-tick")];
    const chosen = ticks.filter((tick) => tick.checked).length;
    const all = table.querySelector("thead .f-tick");
    if (all) {
      all.checked = chosen > 0 && chosen === ticks.length;
      all.indeterminate = chosen > 0 && chosen < ticks.length;
    }
    if (!bar) return;
    bar.hidden = chosen === 0;
    const text = (chosen === 1 ? bar.dataset.one : bar.dataset.many).replace("%n", chosen);
    bar.querySelector("[data-count]").textContent = text;
    announce(chosen ? text : "");
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches(".f-tick")) return;
    const table = event.target.closest("table[data-bulk]");
    if (!table) return;
    if (event.target.closest("thead")) {
      table.querySelectorAll("tbody .f-tick").forEach((tick) => { tick.checked = event.target.checked; });
    }
    countTicks(table);
  });

  // Fragments: one bar at the top, mistakes take focus, jobs say how far they are ------------------------------------

  let underWay = 0;
  const loading = (step) => {
    underWay = Math.max(0, underWay + step);
    document.documentElement.toggleAttribute("data-loading", underWay > 0);
  };
  document.addEventListener("htmx:before:request", () => loading(1));
  document.addEventListener("htmx:finally:request", () => loading(-1));
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
  });
  document.addEventListener("htmx:after:swap", () => settle());

  const said = new Map();
  function settle() {
    takeFocus();
    document.querySelectorAll("[data-opens-now]").forEach((mark) => {
      mark.remove();
      const dialog = document.getElementById(mark.dataset.opensNow);
      dialog?.showModal();
      dialog?.querySelector("h2")?.focus();
    });
    document.querySelectorAll("[data-undo]:not([data-timed])").forEach(timeUndo);
    document.querySelectorAll("table[data-bulk]").forEach(countTicks);
    document.querySelectorAll("[data-progress]").forEach((job) => {
      const mark = Math.floor(Number(job.dataset.progress) / 50) * 50;
      if (said.get(job.id) === mark) return;
      said.set(job.id, mark);
      announce(`${job.dataset.name}: ${mark} %`);
    });
  }

  /* Mistakes take the focus when they come, and never again: a fragment that comes later leaves it where one works. */
  function takeFocus() {
    const mistakes = document.querySelector("[data-takes-focus]:not([data-had-focus])");
    if (!mistakes) return;
    mistakes.dataset.hadFocus = "";
    mistakes.focus();
  }

  /* Ten seconds to take it back; the bar waits while a pointer or the focus rests on it. */
  function timeUndo(bar) {
    bar.dataset.timed = "";
    const away = () => {
      if (bar.matches(":hover, :focus-within")) setTimeout(away, 2000);
      else bar.remove();
    };
    setTimeout(away, 10000);
  }

  // What is shown once is copied by a button -----------------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    const source = button && document.getElementById(button.dataset.copies);
    if (!source) return;
    source.select();
    if (navigator.clipboard) await navigator.clipboard.writeText(source.value);
    else document.execCommand("copy");
    button.querySelector("span").textContent = button.dataset.copied;
    announce(button.dataset.copied);
  });

  // Leaving a form unsaved asks once -----------------------------------------------------------------------------------

  let unsaved = false;
  document.addEventListener("input", (event) => { if (event.target.form?.matches("[data-guard]")) unsaved = true; });
  document.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  document.addEventListener("DOMContentLoaded", settle);
  globalThis.fidelia = { announce, takeFocus };
})();
