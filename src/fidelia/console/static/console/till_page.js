/* What the till shows: members, offers, lines, sums. It draws what it is given and knows no rule. */

export const TEXTS = JSON.parse(document.getElementById("t-texts").textContent);
const LANGUAGE = document.documentElement.lang || "fr";
const ICONS = document.querySelector("svg use[href*='icons.svg']")?.getAttribute("href").split("#")[0] ?? "";

export const at = (id) => document.getElementById(id);

/** A text of the page, with its places filled in. */
export function say(name, parts = {}) {
  return (TEXTS[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => parts[key] ?? whole);
}

/** An element: `make("b", { class: "x", text: "…" }, child…)`; other members are attributes. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

export function icon(name, size = 17) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", `f-icon f-icon-${size}`);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

const fixed = (text) => text.replace(/\u202f/g, "\u00a0");

/** How money, points and quantities are written; `facts` says the currency and the scales. */
export function writer(facts) {
  const money = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: facts.currency });
  const points = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 0, maximumFractionDigits: facts.points_scale });
  const plain = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 3 });
  const unit = (amount) => (Math.abs(amount) < (LANGUAGE.startsWith("fr") ? 2 : 1.000001) && amount !== 0 ? facts.point : facts.points);
  return {
    money: (minor) => fixed(money.format(minor / 10 ** facts.exponent)),
    minus: (minor) => (minor ? `\u2212${fixed(money.format(minor / 10 ** facts.exponent))}` : ""),
    points: (minor) => fixed(points.format(minor / 10 ** facts.points_scale)),
    withUnit: (minor) => `${fixed(points.format(minor / 10 ** facts.points_scale))}\u00a0${unit(minor / 10 ** facts.points_scale)}`,
    unit: facts.points,
    quantity: (thousandths) => fixed(plain.format(thousandths / 1000)),
    price: (minor) => (minor / 10 ** facts.exponent).toFixed(facts.exponent).replace(".", LANGUAGE.startsWith("fr") ? "," : "."),
  };
}

/** Read a number typed with a comma or a point as a whole of `scale` decimals; null when it is none. */
export function readNumber(text, scale) {
  const plain = String(text).replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(plain)) return null;
  const [whole, part = ""] = plain.split(".");
  if (part.length > scale && /[1-9]/.test(part.slice(scale))) return null;
  return Number(whole) * 10 ** scale + Number(part.slice(0, scale).padEnd(scale, "0"));
}

export function announce(text) {
  const live = at("f-live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 30);
}

/** Say something beside the scan field: what is wrong, or what one should know. */
export function tell(text, tone = "wrong") {
  const said = at("t-said");
  said.dataset.tone = tone;
  said.textContent = text;
}

// Who -------------------------------------------------------------------------------------------------------------------------

const TONES = { 1: "copper", 2: "petrol" };
const initials = (name) => name.split(/\s+/).filter(Boolean).map((word) => word[0]).slice(0, 2).join("").toUpperCase();

export function drawMember(member, write) {
  const card = at("t-member");
  card.replaceChildren();
  if (!member) {
    card.append(make("p", { class: "t-quiet", text: TEXTS.nobody }));
    return;
  }
  const name = make("div", { class: "t-name" }, make("b", { text: member.name }));
  if (member.tier) name.append(make("span", { class: `f-badge f-${TONES[member.rank] ?? "grey"}`, text: member.tier }));
  const facts = [member.member ? (member.since ? say("member_since", { year: member.since }) : "") : TEXTS.not_member, member.town];
  if (member.at) facts.push(say("from_cache", { time: new Date(member.at).toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit" }) }));
  name.append(make("p", { text: facts.filter(Boolean).join(" · ") }));
  const row = make("div", { class: "t-who" }, make("span", { class: "f-avatar f-avatar-large f-violet", "aria-hidden": "true", text: initials(member.name) }), name);
  if (member.points !== undefined && member.points !== null) row.append(drawPoints(member, write));
  card.append(row);
  if (member.say) card.append(make("p", { class: "t-say" }, icon("message-2", 18), make("span", {}, make("span", { text: `${TEXTS.to_say} ` }), make("b", { text: member.say }))));
}

function drawPoints(member, write) {
  const more = [];
  if (member.worth !== null && member.worth !== undefined) more.push(say("worth", { money: write.money(member.worth) }));
  if (member.expiring) more.push(say("expire", { points: write.points(member.expiring.amount), days: member.expiring.days }));
  return make("div", { class: "t-points" }, make("b", { text: write.points(member.points) }), make("span", { text: ` ${write.unit}` }), more.length ? make("p", { text: more.join(" · ") }) : null);
}

export function drawChoices(found, choose) {
  const place = at("t-choices");
  place.replaceChildren();
  if (!found.length) return;
  place.append(make("p", { class: "t-choices-title", text: TEXTS.choose }));
  found.forEach((each) => {
    const button = make("button", { type: "button", class: "t-choice" }, make("span", { text: each.name }), make("small", { text: each.town ?? each.code ?? "" }));
    button.addEventListener("click", () => choose(each));
    place.append(button);
  });
  place.querySelector("button").focus();
}

// Offers ----------------------------------------------------------------------------------------------------------------------

const OFFER_ICONS = { applied: "check", chosen: "check", within_reach: "gift", aside: "ticket-off", choosable: "coins" };

export function drawOffers(offers, note, press) {
  const list = at("t-offers");
  list.replaceChildren();
  if (!offers.length) {
    list.append(make("li", { class: "t-quiet", text: note }));
    return;
  }
  offers.forEach((offer) => {
    const given = { class: "t-offer", "data-state": offer.state, type: offer.toggle ? "button" : null, "aria-pressed": offer.toggle ? String(Boolean(offer.chosen)) : null };
    const row = make(offer.toggle ? "button" : "div", given, make("kbd", { text: offer.number }), icon(OFFER_ICONS[offer.chosen ? "chosen" : offer.state] ?? "gift", 18));
    row.append(make("span", { class: "t-offer-main" }, make("span", { text: offer.name }), make("small", { text: offer.detail })));
    row.append(make("span", { class: "t-offer-end", text: offer.amount || offer.state_text }));
    if (offer.toggle) row.addEventListener("click", () => press(offer));
    list.append(make("li", {}, row));
  });
}

/** Coupons and gift cards on the counter, with what each is good for. */
export function drawCodes(codes, remove) {
  at("t-codes").replaceChildren(...codes.map((each) => {
    const button = make("button", { type: "button", class: "f-chip-x", "aria-label": say("remove", { name: each.code }) }, icon("x", 14));
    button.addEventListener("click", () => remove(each.code));
    return make("li", { class: `f-chip ${each.used ? "f-chip-on" : ""}` }, icon("ticket", 16), make("b", { text: each.code }), make("span", { text: each.text }), button);
  }));
}

// The basket ------------------------------------------------------------------------------------------------------------------

export function drawLines(sale, bill, write, change, keepBack) {
  const list = at("t-lines");
  const active = document.activeElement?.dataset?.field;
  list.replaceChildren(...sale.lines.map((line, place) => drawLine(line, place, bill?.lines?.[place], write, change)));
  (bill?.gifts ?? []).forEach((gift) => list.append(make("li", { class: "t-line" }, make("span", { class: "f-n", text: write.quantity(gift.quantity) }), make("span", { class: "t-line-name" }, make("span", { text: gift.name }), make("small", { class: "t-off", text: TEXTS.gift })))));
  if (sale.back) list.append(...drawBack(sale.back, write, keepBack));
  if (active) list.querySelector(`[data-field="${active}"]`)?.focus();
}

/** Goods that are exchanged for the basket, after what is taken instead. */
function drawBack(back, write, keep) {
  const title = say("brought_back", { number: back.receipt });
  const remove = make("button", { type: "button", class: "t-x", "aria-label": say("remove", { name: title }) }, icon("x", 16));
  remove.addEventListener("click", keep);
  const rows = back.lines.map((line) => make("li", { class: "t-line" }, make("span", { class: "f-n", text: `\u2212${write.quantity(line.quantity)}` }), make("span", { class: "t-line-name" }, make("span", { text: line.name }))));
  return [make("li", { class: "t-line t-line-back" }, make("b", { text: title }), remove), ...rows];
}

function drawLine(line, place, billed, write, change) {
  const amount = make("input", { class: "f-input", value: write.quantity(line.quantity), inputmode: "decimal", "data-field": `q${place}`, "aria-label": say("quantity_of", { name: line.name }) });
  const price = make("input", { class: "f-input", value: write.price(line.price), inputmode: "decimal", "data-field": `p${place}`, "aria-label": say("price_of", { name: line.name }) });
  const remove = make("button", { type: "button", class: "t-x", "aria-label": say("remove", { name: line.name }) }, icon("x", 16));
  if (line.card) [amount, price].forEach((field) => { field.disabled = true; });
  const about = [line.card ? (line.card.code ? "" : TEXTS.gift_card_drawn) : line.product === line.name ? "" : line.product, billed?.points ? `+${write.withUnit(billed.points)}` : ""].filter(Boolean).join(" · ");
  const name = make("span", { class: "t-line-name" }, make("span", { text: line.name }), make("small", { text: about }));
  (billed?.discounts ?? []).forEach((off) => name.append(make("small", { class: "t-off", text: `${off.name} ${write.minus(off.amount)}` })));
  const net = billed?.net ?? Math.round((line.quantity * line.price) / 1000);
  amount.addEventListener("change", () => change(place, "quantity", amount.value));
  price.addEventListener("change", () => change(place, "price", price.value));
  remove.addEventListener("click", () => change(place, "remove"));
  const sum = line.quantity === 1000 && !billed?.discounts?.length ? null : make("span", { class: "t-line-sum", text: write.money(net) });
  return make("li", { class: "t-line" }, amount, name, price, remove, sum);
}

export function drawSums(sale, bill, write, is_offline) {
  const listed = bill?.listed ?? sale.lines.reduce((sum, line) => sum + Math.round((line.quantity * line.price) / 1000), 0);
  const refund = sale.back ? bill?.refund ?? 0 : 0;
  const due = (bill?.due ?? listed) - refund;
  const many = sale.lines.length;
  at("t-count").textContent = many === 0 ? TEXTS.articles_none : many === 1 ? TEXTS.articles_one : say("articles_many", { n: many });
  at("t-listed").textContent = write.money(listed);
  row("t-discount", bill?.discount ?? 0, write);
  row("t-tender", bill?.paid_by_points ?? 0, write);
  row("t-cards", bill?.paid_by_gift_cards ?? 0, write);
  row("t-refund", refund, write);
  at("t-due-label").textContent = due < 0 ? TEXTS.to_give_back : TEXTS.to_pay;
  at("t-due").textContent = write.money(Math.abs(due));
  const earns = sale.customer || sale.unknown;
  at("t-earned-label").textContent = is_offline && earns ? TEXTS.promised : TEXTS.earned;
  at("t-earned").textContent = bill?.points ? `+${write.points(bill.points)}` : "";
  document.querySelector(".t-close").setAttribute("aria-disabled", String(many === 0));
}

function row(name, amount, write) {
  at(name).textContent = write.minus(amount);
  at(name).hidden = at(`${name}-label`).hidden = !amount;
}

export function drawClosed(closed, write) {
  const card = at("t-closed");
  card.hidden = !closed;
  card.replaceChildren();
  if (!closed) return;
  card.append(make("h2", { text: closed.queued ? TEXTS.closed_offline : TEXTS.closed }));
  card.append(make("p", { text: say("closed_facts", { number: closed.receipt, money: write.money(closed.total) }) }));
  const earned = closed.queued ? TEXTS.promised : closed.points ? say("closed_points", { points: write.withUnit(closed.points) }) : "";
  if (earned) card.append(make("p", {}, make("b", { text: earned })));
  if (closed.refund !== undefined) card.append(...drawDifference(closed, write));
  (closed.cards ?? []).forEach((sold) => card.append(make("p", {}, make("b", { text: say("gift_card_sold", { code: sold.code, money: write.money(sold.amount) }) }))));
  (closed.codes ?? []).forEach((code) => card.append(make("p", {}, make("b", { text: code }))));
  if (closed.again) card.append(make("p", { text: TEXTS.closed_again }));
  card.append(make("p", { text: TEXTS.next_sale }));
}

/** Of an exchange: what the goods brought back are worth, and what is to pay or to give back. */
function drawDifference(closed, write) {
  const difference = closed.due - closed.refund;
  const text = difference === 0 ? TEXTS.even : say(difference > 0 ? "due_facts" : "refund_facts", { money: write.money(Math.abs(difference)) });
  return [make("p", { text: say("exchange_facts", { money: write.money(closed.refund) }) }), make("p", {}, make("b", { text }))];
}
