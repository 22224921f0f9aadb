/* The till's dialogs: which till this is, a quick sign-up, a member's code, and sales that were not taken. */

import { ask, Offline, Refused } from "./till_net.js";
import { at, make, say, TEXTS, announce } from "./till_page.js";
import { dropSale, keepSale, listSales } from "./till_store.js";

export const reason = (error) => (error instanceof Offline ? TEXTS.needs_network : error.message);

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
