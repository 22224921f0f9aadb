/* What comes back to the till: a sale is found by its receipt; goods of it are taken back or exchanged, or it is cancelled. */

import { open, reason } from "./till_dialogs.js";
import { ask } from "./till_net.js";
import { at, make, readNumber, say, TEXTS } from "./till_page.js";
import { nextNumber } from "./till_store.js";

const LOCALE = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

/** Ask for a receipt, `receipt` at first. `done` is told what was recorded; `exchange` takes what is brought back into the sale
    that is under way. */
export function askBack({ place, write, receipt, done, exchange }) {
  const asked = { place, write, done, exchange, key: crypto.randomUUID(), undo: crypto.randomUUID() };
  at("t-back-find").reset();
  at("t-back-receipt").value = receipt;
  at("t-back-form").hidden = at("t-undo-form").hidden = true;
  at("t-back-find").hidden = false;
  at("t-back-sales").replaceChildren();
  at("t-back-mistake").textContent = "";
  open("t-back", "t-back-receipt");
  at("t-back-receipt").select();
  at("t-back-find").onsubmit = (event) => { event.preventDefault(); find(asked); };
}

async function find(asked) {
  at("t-back-mistake").textContent = "";
  at("t-back-form").hidden = at("t-undo-form").hidden = true;
  try {
    const found = (await ask(`/till/sales/?${new URLSearchParams({ receipt: at("t-back-receipt").value.trim() })}`)).sales;
    if (!found.length) at("t-back-mistake").textContent = TEXTS.sale_not_found;
    else if (found.length === 1) showSale(found[0], asked);
    else offerSales(found, asked);
  } catch (error) {
    at("t-back-mistake").textContent = reason(error);
  }
}

const factsOf = (sale, write) => say("sale_facts", { date: new Date(sale.occurred_at).toLocaleString(LOCALE, { dateStyle: "medium", timeStyle: "short" }), money: write.money(sale.total) });

function offerSales(found, asked) {
  at("t-back-sales").replaceChildren(...found.map((sale) => {
    const button = make("button", { type: "button", class: "t-choice" }, make("span", { text: factsOf(sale, asked.write) }));
    button.addEventListener("click", () => { at("t-back-sales").replaceChildren(); showSale(sale, asked); });
    return button;
  }));
  at("t-back-sales").querySelector("button").focus();
}

function showSale(sale, asked) {
  const { write } = asked;
  at("t-back-facts").textContent = `${sale.receipt} · ${factsOf(sale, write)}`;
  at("t-back-lines").replaceChildren(...sale.lines.map((line) => {
    const left = line.left > 0 ? say("left", { n: write.quantity(line.left), of: write.quantity(line.quantity) }) : TEXTS.all_back;
    const field = make("input", { class: "f-input f-n", inputmode: "decimal", value: "0", "data-line": line.line_number, "aria-label": say("quantity_of", { name: line.name }), disabled: line.left <= 0 });
    return make("tr", {}, make("td", {}, make("span", { text: line.name }), make("span", { class: "f-second", text: `${write.money(line.net)} · ${left}` })), make("td", { class: "f-n" }, field));
  }));
  at("t-back-form").hidden = false;
  at("t-back-undo").disabled = sale.lines.every((line) => line.left <= 0);
  at("t-back-lines").querySelector("input:not([disabled])")?.select();
  at("t-back-form").onsubmit = (event) => { event.preventDefault(); takeBack(sale, asked); };
  at("t-back-exchange").onclick = () => exchange(sale, asked);
  at("t-back-undo").onclick = () => askUndo(sale, asked);
}

/** The quantities typed, none where they are not understood or are all zero; the dialog says which. */
function wantedLines() {
  const fields = [...at("t-back-lines").querySelectorAll("input:not([disabled])")];
  const lines = fields.map((field) => ({ line_number: Number(field.dataset.line), quantity: readNumber(field.value || "0", 3) }));
  const wanted = lines.filter((line) => line.quantity !== 0);
  const is_wrong = lines.some((line) => line.quantity === null);
  at("t-back-mistake").textContent = is_wrong ? TEXTS.line_wrong : wanted.length ? "" : TEXTS.nothing_back;
  return is_wrong ? [] : wanted;
}

// The same key and number each time a button is pressed: goods come back once.
const numbered = (sale, what, place) => {
  sale[what] ??= { receipt: `${place.till}-R${String(nextNumber()).padStart(5, "0")}`, occurred_at: new Date().toISOString() };
  return { ...sale[what], store: place.store, till: place.till, purchase_id: sale.purchase_id };
};

async function takeBack(sale, { place, write, key, done }) {
  const lines = wantedLines();
  if (!lines.length) return;
  try {
    const said = await ask("/till/returns/", { body: { key, ...numbered(sale, "back", place), lines } });
    at("t-back").close();
    done(say("back_done", { money: write.money(said.money), points: write.withUnit(said.points) }));
  } catch (error) {
    at("t-back-mistake").textContent = reason(error);
  }
}

function exchange(sale, asked) {
  const wanted = wantedLines();
  if (!wanted.length) return;
  const nameOf = (number) => sale.lines.find((line) => line.line_number === number);
  const lines = wanted.map((line) => ({ ...line, name: nameOf(line.line_number).name }));
  at("t-back").close();
  asked.exchange({ purchase_id: sale.purchase_id, receipt: sale.receipt, lines }, sale.customer_id);
}

// A closed sale that should not have been: what that undoes is said first, and why is asked for ---------------------------------------

function askUndo(sale, asked) {
  at("t-back-form").hidden = at("t-back-find").hidden = true;
  at("t-undo-form").hidden = false;
  at("t-undo-form").reset();
  at("t-back-mistake").textContent = at("t-undo-mistake").textContent = "";
  at("t-undo-what").textContent = say("undo_what", { number: sale.receipt });
  at("t-undo-reason").focus();
  at("t-undo-form").onsubmit = (event) => { event.preventDefault(); undo(sale, asked); };
}

async function undo(sale, { place, write, undo: key, done }) {
  const why = at("t-undo-reason").value.trim();
  if (!why) {
    at("t-undo-mistake").textContent = TEXTS.reason_missing;
    at("t-undo-reason").focus();
    return;
  }
  try {
    const said = await ask("/till/cancellations/", { body: { key, ...numbered(sale, "undone", place), reason: why } });
    at("t-back").close();
    done(say("undone", { money: write.money(said.money), points: write.withUnit(said.points) }));
  } catch (error) {
    at("t-undo-mistake").textContent = reason(error);
  }
}
