/* The till's dialogs: which till this is, a quick sign-up, goods brought back, and sales that were not taken. */

import { ask, Offline, Refused } from "./till_net.js";
import { at, make, readNumber, say, TEXTS, announce } from "./till_page.js";
import { dropSale, keepSale, listSales, nextNumber } from "./till_store.js";

const reason = (error) => (error instanceof Offline ? TEXTS.needs_network : error.message);

export function open(id, field) {
  at(id).showModal();
  (field ? at(field) : at(id).querySelector("h2, input"))?.focus();
}

export function askPlace(stores, place, done) {
  const select = at("t-place-store");
  select.replaceChildren(...stores.map((store) => make("option", { value: store.code, text: store.name, selected: store.code === place?.store })));
  if (place) at("t-place-till").value = place.till;
  open("t-place", "t-place-store");
  at("t-place-form").onsubmit = (event) => {
    event.preventDefault();
    const name = select.selectedOptions[0]?.textContent;
    if (!name) return;
    at("t-place").close();
    done({ store: select.value, name, till: at("t-place-till").value });
  };
}

export function askJoin(place, typed, card, done) {
  const key = crypto.randomUUID();
  at("t-join-form").reset();
  at("t-join-mistake").textContent = "";
  at("t-join-phone").value = /^[+\d][\d\s.()-]{5,}$/.test(typed) ? typed : "";
  open("t-join", at("t-join-phone").value ? "t-join-name" : "t-join-phone");
  at("t-join-form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      const phone = at("t-join-phone").value;
      const said = await ask("/till/members/", { body: { key, phone, name: at("t-join-name").value, store: place.store, card } });
      at("t-join").close();
      announce(say(card ? "registered" : "joined", { name: said.member.name }));
      done(said.member, phone);
    } catch (error) {
      at("t-join-mistake").textContent = reason(error);
    }
  };
}

// Goods brought back ------------------------------------------------------------------------------------------------------------

export function askBack(place, write, done) {
  const key = crypto.randomUUID();
  at("t-back-find").reset();
  at("t-back-form").hidden = true;
  at("t-back-sales").replaceChildren();
  at("t-back-mistake").textContent = "";
  open("t-back", "t-back-receipt");
  at("t-back-find").onsubmit = async (event) => {
    event.preventDefault();
    at("t-back-mistake").textContent = "";
    at("t-back-form").hidden = true;
    try {
      const found = (await ask(`/till/sales/?${new URLSearchParams({ receipt: at("t-back-receipt").value.trim() })}`)).sales;
      if (!found.length) at("t-back-mistake").textContent = TEXTS.sale_not_found;
      else if (found.length === 1) showSale(found[0], place, write, key, done);
      else offerSales(found, place, write, key, done);
    } catch (error) {
      at("t-back-mistake").textContent = reason(error);
    }
  };
}

const factsOf = (sale, write) => say("sale_facts", { date: new Date(sale.occurred_at).toLocaleString(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }), money: write.money(sale.total) });

function offerSales(found, place, write, key, done) {
  at("t-back-sales").replaceChildren(...found.map((sale) => {
    const button = make("button", { type: "button", class: "t-choice" }, make("span", { text: factsOf(sale, write) }));
    button.addEventListener("click", () => { at("t-back-sales").replaceChildren(); showSale(sale, place, write, key, done); });
    return button;
  }));
  at("t-back-sales").querySelector("button").focus();
}

function showSale(sale, place, write, key, done) {
  at("t-back-facts").textContent = `${sale.receipt} · ${factsOf(sale, write)}`;
  at("t-back-lines").replaceChildren(...sale.lines.map((line) => {
    const left = line.left > 0 ? say("left", { n: write.quantity(line.left), of: write.quantity(line.quantity) }) : TEXTS.all_back;
    const field = make("input", { class: "f-input f-n", inputmode: "decimal", value: "0", "data-line": line.line_number, "data-left": line.left, "aria-label": say("quantity_of", { name: line.name }), disabled: line.left <= 0 });
    return make("tr", {}, make("td", {}, make("span", { text: line.name }), make("span", { class: "f-second", text: `${write.money(line.net)} · ${left}` })), make("td", { class: "f-n" }, field));
  }));
  at("t-back-form").hidden = false;
  at("t-back-lines").querySelector("input:not([disabled])")?.select();
  at("t-back-form").onsubmit = (event) => { event.preventDefault(); takeBack(sale, place, write, key, done); };
}

async function takeBack(sale, place, write, key, done) {
  const fields = [...at("t-back-lines").querySelectorAll("input:not([disabled])")];
  const lines = fields.map((field) => ({ line_number: Number(field.dataset.line), quantity: readNumber(field.value || "0", 3) }));
  const wanted = lines.filter((line) => line.quantity !== 0);
  if (lines.some((line) => line.quantity === null)) at("t-back-mistake").textContent = TEXTS.line_wrong;
  else if (!wanted.length) at("t-back-mistake").textContent = TEXTS.nothing_back;
  else {
    try {
      // The same key and number each time the button is pressed: goods come back once.
      sale.back ??= { receipt: `${place.till}-R${String(nextNumber()).padStart(5, "0")}`, occurred_at: new Date().toISOString() };
      const said = await ask("/till/returns/", { body: { key, ...sale.back, store: place.store, till: place.till, purchase_id: sale.purchase_id, lines: wanted } });
      at("t-back").close();
      done(say("back_done", { money: write.money(-said.total), points: write.withUnit(said.points) }));
    } catch (error) {
      at("t-back-mistake").textContent = reason(error);
    }
  }
}

// The code with which a member agrees ------------------------------------------------------------------------------------------------

/** Have a code sent, and ask for its digits. `done` says why the sale was not closed with them, if so; `without` takes the
    points off it. */
export async function askCode(body, done, without) {
  const { held: token, sent_to } = await ask("/till/codes/", { body });
  at("t-code-sent").textContent = say("code_sent", { to: sent_to });
  at("t-code-mistake").textContent = "";
  at("t-code-digits").value = "";
  open("t-code", "t-code-digits");
  at("t-code-without").onclick = without;
  at("t-code-form").onsubmit = async (event) => {
    event.preventDefault();
    const mistake = await done({ token, digits: at("t-code-digits").value });
    if (mistake) {
      at("t-code-mistake").textContent = mistake;
      at("t-code-digits").select();
    } else at("t-code").close();
  };
}

// Sales that were not taken -------------------------------------------------------------------------------------------------------

export async function showProblems(write, send) {
  const refused = (await listSales()).filter((sale) => sale.refused);
  const list = at("t-problem-list");
  list.replaceChildren(...(refused.length ? refused.map((sale) => drawProblem(sale, write, send)) : [make("li", { text: TEXTS.problem_none })]));
  if (!at("t-problems-dialog").open) open("t-problems-dialog");
}

function drawProblem(sale, write, send) {
  const total = sale.request.lines.reduce((sum, line) => sum + Math.round((line.quantity * line.price) / 1000), 0);
  const text = say("problem_row", { number: sale.request.receipt, money: write.money(total), reason: sale.refused });
  const again = make("button", { type: "button", class: "f-btn f-btn-small", text: TEXTS.retry });
  const aside = make("button", { type: "button", class: "f-btn f-btn-small f-btn-quiet", text: TEXTS.put_aside });
  again.addEventListener("click", async () => {
    await keepSale({ ...sale, refused: "" });
    await send();
    showProblems(write, send);
  });
  aside.addEventListener("click", async () => {
    await dropSale(sale.key);
    await send();
    showProblems(write, send);
  });
  return make("li", {}, make("div", { class: "f-list-main", text }), make("div", { class: "f-row" }, again, aside));
}

export { Refused };
