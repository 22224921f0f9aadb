/* The rule builder: what one types on one side is read by the server and shown on the other. Without this script the
   same form does the same by its buttons. */
"use strict";

(() => {
  const form = document.getElementById("f-rule");
  const list = document.getElementById("f-rules");
  if (form) form.classList.add("f-scripted");

  // Steps: send what is typed, put what comes back in its place, keep the focus ---------------------------------------

  let under_way = null;
  let timer = 0;

  async function step(act) {
    clearTimeout(timer);
    under_way?.abort();
    under_way = new AbortController();
    const data = new FormData(form);
    if (act) data.set("act", act);
    document.documentElement.toggleAttribute("data-loading", true);
    try {
      const answer = await fetch(form.dataset.step, {
        method: "POST", body: data, signal: under_way.signal, headers: { "HX-Request": "true" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      put(new DOMParser().parseFromString(await answer.text(), "text/html"), act);
    } catch (error) {
      if (error.name !== "AbortError") globalThis.fidelia?.announce(form.dataset.failed ?? "");
    } finally {
      document.documentElement.toggleAttribute("data-loading", false);
    }
  }

  function put(page, act) {
    const place = remember();
    const open = [...form.querySelectorAll("details[open][data-picker]")].map((each) => each.dataset.picker);
    form.querySelectorAll("[data-part]").forEach((part) => {
      const fresh = page.getElementById(part.id);
      const isTyped = part.dataset.part === "text" && part.contains(document.activeElement);
      if (fresh && !isTyped) part.replaceWith(document.importNode(fresh, true));
    });
    open.forEach((name) => form.querySelector(`details[data-picker="${CSS.escape(name)}"]`)?.setAttribute("open", ""));
    if (act?.startsWith("add:") || act?.startsWith("group:") || act?.startsWith("text:")) focusNew(act);
    else restore(place);
    if (form.querySelector("#f-rule-verdict .f-green")) tryAgain();
  }

  /* What has the focus, and what is typed there and not yet sent. */
  function remember() {
    const at = document.activeElement;
    if (!at || !form.contains(at) || !at.name) return null;
    const same = [...form.elements].filter((each) => each.name === at.name);
    const isText = "defaultValue" in at && ["text", "search", ""].includes(at.getAttribute("type") ?? "");
    const typed = isText && at.value !== at.defaultValue ? at.value : null;
    return { name: at.name, index: same.indexOf(at), typed, from: isText ? at.selectionStart : null };
  }
  function restore(place) {
    if (!place) return;
    const found = [...form.elements].filter((each) => each.name === place.name)[place.index];
    if (!found || found === document.activeElement) return;
    if (place.typed !== null) found.value = place.typed;
    found.focus({ preventScroll: true });
    if (place.from !== null) found.setSelectionRange?.(place.from, place.from);
  }
  function focusNew(act) {
    const prefix = act.slice(act.indexOf(":") + 1);
    const names = [...form.elements].map((each) => each.name).filter((name) => name.startsWith(`${prefix}-`));
    const last = names.filter((name) => /\.(s|text)$/.test(name)).at(-1);
    if (last) form.elements.namedItem(last)?.focus();
  }

  /* The numbers of the lines go with what is typed and how it is scrolled. */
  function number(text) {
    const gutter = text.previousElementSibling;
    const lines = text.value.split("\n").length;
    text.rows = lines;
    gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    gutter.scrollTop = text.scrollTop;
  }
  form?.addEventListener("scroll", (event) => {
    if (event.target.name === "text") event.target.previousElementSibling.scrollTop = event.target.scrollTop;
  }, true);
  form?.addEventListener("input", (event) => {
    if (event.target.name !== "text") return;
    number(event.target);
    clearTimeout(timer);
    timer = setTimeout(step, 400);
  });
  form?.addEventListener("change", (event) => {
    if (event.target.name && event.target.name !== "text") step();
  });
  form?.addEventListener("submit", (event) => {
    const by = event.submitter;
    if (by?.name !== "act" && by?.name !== "step") return;
    event.preventDefault();
    step(by.name === "act" ? by.value : "");
  });
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-line]");
    if (!mark) return;
    const text = document.getElementById("f-rule-text");
    const lines = text.value.split("\n");
    const at = lines.slice(0, mark.dataset.line - 1).join("\n").length + (mark.dataset.line > 1 ? 1 : 0) + Number(mark.dataset.column) - 1;
    text.focus();
    text.setSelectionRange(at, at + 1);
  });

  /* The basket below is tried as soon as the page or the rule changes. What somebody types there meanwhile stays: the table
     is only put in its place where nothing was changed since it was sent. */
  let trying = null;

  async function tryAgain() {
    const trial = document.querySelector("#f-trial form");
    if (!trial) return;
    trying?.abort();
    trying = new AbortController();
    const sent = said(trial);
    const data = new FormData(trial);
    withRule(data);
    try {
      const answer = await fetch(trial.action, { method: "POST", body: data, signal: trying.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const places = said(trial) === sent && !trial.contains(document.activeElement) ? ["#f-trial-said", ".f-lines"] : ["#f-trial-said"];
      places.forEach((place) => trial.querySelector(place)?.replaceWith(document.importNode(fresh.querySelector(`#f-trial ${place}`), true)));
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }
  function said(trial) {
    return new URLSearchParams(new FormData(trial)).toString();
  }
  function withRule(data) {
    data.set("rule_text", document.getElementById("f-rule-text").value);
    data.set("rule_key", list?.dataset.open ?? "");
  }
  if (form) tryAgain();

  /* It is tried with the rule as it is typed when somebody asks, too. */
  document.addEventListener("htmx:config:request", (event) => {
    const context = event.detail.ctx;
    if (!form || !context.sourceElement?.closest?.("#f-trial")) return;
    const body = context.request.body;
    trying?.abort();
    if (body?.set) withRule(body);
  });

  // Lists of codes: narrowed while one types; a long one is asked of the server --------------------------------------------

  async function narrow(field) {
    const picker = field.closest("details");
    const wanted = field.value.trim().toLocaleLowerCase();
    hideOthers(picker, wanted); // before the answer too: Enter takes the first that is shown
    if (!picker.dataset.remote || !wanted) return;
    await ask(picker, wanted);
    hideOthers(picker, field.value.trim().toLocaleLowerCase());
  }
  function hideOthers(picker, wanted) {
    picker.querySelectorAll("li").forEach((row) => {
      row.hidden = Boolean(wanted) && !row.textContent.toLocaleLowerCase().includes(wanted) && !row.querySelector(":checked");
    });
  }
  async function ask(picker, wanted) {
    const answer = await fetch(`${form.dataset.options}?${new URLSearchParams({ list: picker.dataset.remote, q: wanted })}`);
    if (!answer.ok) return;
    const rows = picker.querySelector("ul");
    const known = new Set([...rows.querySelectorAll("input")].map((each) => each.value));
    const isMany = rows.querySelector("input")?.type === "checkbox" || picker.dataset.many !== undefined;
    (await answer.json()).options.filter((each) => !known.has(each.code)).forEach((each) => rows.append(rowOf(picker, each, isMany)));
  }
  function rowOf(picker, option, isMany) {
    const row = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    const text = document.createElement("span");
    const code = document.createElement("span");
    label.className = "f-check";
    code.className = "f-second";
    Object.assign(box, { type: isMany ? "checkbox" : "radio", name: `${picker.dataset.picker}.v`, value: option.code });
    text.textContent = option.name || option.code;
    code.textContent = option.code;
    text.append(code);
    label.append(box, text);
    row.append(label);
    return row;
  }
  document.addEventListener("input", (event) => { if (event.target.matches("[data-picks]")) narrow(event.target); });
  document.addEventListener("keydown", (event) => {
    const picker = event.target.closest?.("details.f-picker");
    if (!picker) return;
    if (event.key === "Escape") {
      picker.removeAttribute("open");
      picker.querySelector("summary").focus();
    } else if (event.key === "Enter" && event.target.matches("[data-picks]")) {
      event.preventDefault();
      const first = [...picker.querySelectorAll("li:not([hidden]) input")].find((each) => !each.checked);
      first?.click();
    } else if (event.key === "ArrowDown" && event.target.matches("[data-picks]")) {
      event.preventDefault();
      picker.querySelector("li:not([hidden]) input")?.focus();
    }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.f-picker[open]")) event.target.querySelector("[data-picks]")?.focus();
  }, true);
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.f-picker[open]").forEach((each) => { if (!each.contains(event.target)) each.removeAttribute("open"); });
  });

  // The order of the rules: dragged, or Alt with the arrows ---------------------------------------------------------------

  const token = () => document.querySelector('meta[name="csrf-token"]').content;

  async function keep() {
    const data = new FormData();
    list.querySelectorAll("li").forEach((row) => data.append("keys", row.dataset.rule));
    data.set("open", list.dataset.open);
    const answer = await fetch(list.dataset.order, { method: "POST", body: data, headers: { "X-CSRFToken": token() } });
    if (!answer.ok) location.reload();
  }
  function say(row) {
    globalThis.fidelia?.announce(list.dataset.moved.replace("{n}", [...list.children].indexOf(row) + 1));
  }
  list?.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("li");
    const beside = event.key === "ArrowUp" ? row?.previousElementSibling : row?.nextElementSibling;
    event.preventDefault();
    if (!beside) return;
    if (event.key === "ArrowUp") beside.before(row); else beside.after(row);
    row.querySelector("a").focus();
    say(row);
    keep();
  });

  /* Another rule is switched without leaving this one; this one's text changes with it, so it is shown anew. */
  list?.addEventListener("submit", async (event) => {
    const row = event.target.closest("li");
    if (row.dataset.rule === list.dataset.open) return;
    event.preventDefault();
    const button = event.submitter;
    const data = new FormData(event.target, button);
    const answer = await fetch(event.target.action, { method: "POST", body: data, headers: { "X-CSRFToken": token() } });
    const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(`#f-rules [data-rule="${CSS.escape(row.dataset.rule)}"]`);
    if (!fresh) return location.reload();
    row.className = fresh.className;
    row.replaceChildren(...document.importNode(fresh, true).childNodes);
    row.querySelector("[role=switch]").focus();
    globalThis.fidelia?.announce(data.get("on") === "1" ? list.dataset.on : list.dataset.off);
    if (form) step();
  });

  let dragged = null;
  list?.querySelectorAll("li").forEach((row) => { row.draggable = true; });
  list?.addEventListener("dragstart", (event) => { dragged = event.target.closest("li"); });
  list?.addEventListener("dragover", (event) => {
    const row = event.target.closest("li");
    if (!dragged || !row || row === dragged) return;
    event.preventDefault();
    const box = row.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) row.before(dragged); else row.after(dragged);
  });
  list?.addEventListener("dragend", () => { if (dragged) { say(dragged); keep(); } dragged = null; });
})();
