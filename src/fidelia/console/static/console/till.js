/* The till: one sale after the other. What is drawn is in till_page.js, what is kept in till_store.js, what is asked in
   till_net.js; here is what happens when. */

import { askBack } from "./till_back.js";
import { askCard } from "./till_cards.js";
import { askCode, askJoin, askPlace, open, showProblems } from "./till_dialogs.js";
import { watchEntry } from "./till_entry.js";
import { ask, Offline, Refused } from "./till_net.js";
import { announce, at, drawChoices, drawClosed, drawCodes, drawLines, drawMember, drawOffers, drawSums, readNumber, say, tell, TEXTS, writer } from "./till_page.js";
import { isNumberTaken, queueOf } from "./till_queue.js";
import * as kept from "./till_store.js";

const LOOK_AGAIN = 5_000; // while there is no network
const SETTLE = 180; // after a key, before the bill is asked for again
const DIGIT_ALONE = 350; // a digit with nothing behind it is an offer, not the beginning of a number

let facts = JSON.parse(localStorage.getItem("fidelia-till-facts") ?? "null"); // the programme, the stores, the cashier
let place = kept.readPlace();
let sale = kept.readSale() ?? freshSale();
let bill = null;
let online = navigator.onLine;
let write = facts ? writer(facts.programme) : null;

let last = Promise.resolve();

/** One thing after the other, in the order of the keys: who presses F12 right after a scan closes with what was scanned. */
function inTurn(act) {
  last = last.then(act, act);
  return last;
}

function freshSale() {
  return { key: crypto.randomUUID(), customer: null, unknown: "", lines: [], chosen: {}, coupons: [], gift_cards: [], back: null, request: null, closed: null };
}

// Drawing ---------------------------------------------------------------------------------------------------------------------------

function draw() {
  kept.writeSale(sale);
  if (!write) return;
  drawClosed(sale.closed, write);
  at("t-member").hidden = Boolean(sale.closed) && !sale.customer;
  drawMember(sale.customer, write);
  drawLines(sale, bill, write, changeLine, keepBack);
  drawSums(sale, bill, write, !online);
  document.querySelector(".t-offers-part").hidden = Boolean(sale.closed);
  drawCodes(bill?.coupons ?? [], (code) => { sale.coupons = sale.coupons.filter((one) => one !== code); sale.gift_cards = sale.gift_cards.filter((one) => one !== code); changed(); });
  drawOffers(bill?.offers ?? [], online ? TEXTS.no_offers : TEXTS.offers_offline, pressOffer);
}

function drawPlace() {
  at("t-card-key").hidden = !facts?.sells_cards;
  at("t-store").textContent = place?.name ?? document.title;
  at("t-cashier").textContent = [place && say("till_n", { till: place.till }), facts?.cashier].filter(Boolean).join(" · ");
}

async function drawNet() {
  const waiting = await kept.listSales();
  const refused = waiting.filter((one) => one.refused).length;
  const count = waiting.length - refused;
  const badge = at("t-net");
  badge.className = `f-badge ${online ? "f-green" : "f-amber"}`;
  badge.querySelector("span").textContent = online ? TEXTS.online : TEXTS.offline;
  const text = count === 1 ? TEXTS.waiting_one : say("waiting_many", { n: count });
  at("t-offline").hidden = online && !count;
  at("t-offline").querySelector("span").textContent = [online ? "" : TEXTS.offline_bar, count ? text : ""].filter(Boolean).join(" ");
  at("t-problems").hidden = !refused;
  at("t-problems").querySelector("span").textContent = String(refused);
}

// The network: gone and back ----------------------------------------------------------------------------------------------------------

async function lost() {
  if (online) announce(TEXTS.offline_bar);
  online = false;
  bill = null;
  await drawNet();
  draw();
}

async function found() {
  if (!online) announce(TEXTS.online);
  online = true;
  await drawNet();
}

/** Ask where things stand: it is the sign of life, and brings what the page needs to know. */
async function look() {
  try {
    const query = place ? `?${new URLSearchParams({ store: place.store, till: place.till })}` : "";
    facts = await ask(`/till/state/${query}`);
    localStorage.setItem("fidelia-till-facts", JSON.stringify({ ...facts, token: undefined }));
    write = writer(facts.programme);
    kept.sawNumber(facts.last_number);
    await found();
    await send();
  } catch (error) {
    if (error instanceof Offline) await lost();
    else if (!signedOut(error)) tell(say("failed", { reason: error.message }));
  }
}

function signedOut(error) {
  if (!(error instanceof Refused) || error.status !== 401) return false;
  tell(TEXTS.signed_out);
  const link = Object.assign(document.createElement("a"), { href: document.body.dataset.login, textContent: ` ${TEXTS.log_in}` });
  at("t-said").append(link);
  return true;
}

const send = queueOf({ number: () => receiptNumber(), drawn: () => drawNet(), settled: takeOver });

/** The sale on the page was the one that waited: now it has its receipt and its points. */
function takeOver(key, receipt) {
  if (!sale.closed?.queued || sale.key !== key) return;
  sale.closed = { ...receipt, again: false };
  draw();
}

// Who, and what ---------------------------------------------------------------------------------------------------------------------------

function begin() {
  if (!sale.closed) return;
  sale = freshSale();
  bill = null;
}

async function scan(text) {
  begin();
  tell("");
  drawChoices([], chooseMember);
  try {
    const said = await ask(`/till/scan/?${new URLSearchParams({ q: text })}`);
    if (said.members.length === 1) await takeMember(said.members[0], text);
    else if (said.members.length) drawChoices(said.members, chooseMember);
    else if (said.products.length === 1) addProduct(said.products[0]);
    else if (said.products.length) drawChoices(said.products, (product) => { drawChoices([], chooseMember); addProduct(product); focusScan(); });
    else if (said.code) present(said.code);
    else if (said.card) offerCard(said.card);
    else tell(say("none_found", { text }));
    await found();
  } catch (error) {
    if (error instanceof Offline) await recall(text);
    else if (!signedOut(error)) tell(say("failed", { reason: error.message }));
  }
  draw();
}

/** A card that names nobody: it is said why, and one out of the drawer may be handed out. */
function offerCard(card) {
  tell(card.message, card.may_give ? "info" : undefined);
  if (!card.may_give) return;
  const key = crypto.randomUUID();
  drawChoices([{ name: TEXTS.hand_out, code: card.number }], async () => {
    drawChoices([], chooseMember);
    try {
      await takeMember((await ask("/till/cards/", { body: { key, number: card.number, store: place.store } })).member, card.number);
      tell(TEXTS.handed_out, "info");
    } catch (error) {
      tell(say("failed", { reason: error instanceof Offline ? TEXTS.needs_network : error.message }));
    }
    focusScan();
  });
}

/** A coupon, a voucher or a gift card is laid on the counter: the bill says what it is good for. */
function present({ what, code }) {
  if (!sale[what].includes(code)) sale[what].push(code);
  changed();
}

async function recall(text) {
  await lost();
  const member = await kept.recallMember(text);
  sale.customer = member;
  sale.unknown = member ? "" : text;
  if (!member) tell(TEXTS.none_found_offline, "info");
}

async function chooseMember(chosen) {
  drawChoices([], chooseMember);
  try {
    await takeMember((await ask(`/till/members/${chosen.id}/`)).member);
  } catch (error) {
    tell(say("failed", { reason: error instanceof Offline ? TEXTS.needs_network : error.message }));
  }
  focusScan();
}

async function takeMember(member, text = "") {
  sale.customer = member;
  sale.unknown = "";
  draw();
  reckon();
  if (text) await kept.rememberMember(text, member);
}

// The basket --------------------------------------------------------------------------------------------------------------------------------

function addProduct(product, quantity = 1000, price = product.price) {
  begin();
  if (price === null || price === undefined) {
    at("t-product").value = product.code;
    at("t-product").dataset.name = product.name;
    tell(say("price_needed", { name: product.name }), "info");
    at("t-price").focus();
    return false;
  }
  const same = sale.lines.find((line) => line.product === product.code && line.price === price && !line.card);
  if (same) same.quantity += quantity;
  else sale.lines.push({ product: product.code, name: product.name, quantity, price });
  changed();
  return true;
}

function addCard(line) {
  begin();
  sale.lines.push(line);
  changed();
  focusScan();
}

/** Goods of an earlier sale are exchanged for this basket; its member is the one of that sale, unless another was scanned. */
async function beginExchange(back, customer) {
  begin();
  sale.back = back;
  tell(TEXTS.exchange_begun, "info");
  changed();
  if (customer && !sale.customer) await chooseMember({ id: customer });
  focusScan();
}

function keepBack() {
  sale.back = null;
  changed();
}

function changeLine(position, what, text) {
  if (what === "remove") sale.lines.splice(position, 1);
  else {
    const value = readNumber(text, what === "quantity" ? 3 : facts.programme.exponent);
    if (value === null || (what === "quantity" && value === 0)) tell(TEXTS.line_wrong);
    else sale.lines[position][what] = value;
  }
  changed();
}

function changed() {
  sale.request = null;
  bill = null;
  draw();
  reckon();
}

let asked = 0;
let asking = null;

/** Ask for the bill once the keys rest; a later question makes an earlier one void. */
function reckon() {
  clearTimeout(asked);
  asking?.abort();
  asking = new AbortController();
  if (!sale.lines.length || sale.closed) return;
  const { signal } = asking;
  asked = setTimeout(async () => {
    try {
      bill = await ask("/till/bill/", { body: requestOf(), signal });
      if (!online) await found();
      draw();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Offline) await lost();
      else if (!signedOut(error)) tell(say("failed", { reason: error.message }));
    }
  }, SETTLE);
}

function pressOffer(offer) {
  if (!offer.toggle) return announce(TEXTS.applied_alone);
  sale.chosen = { ...sale.chosen, [offer.toggle]: !offer.chosen };
  return changed();
}

// Closing -------------------------------------------------------------------------------------------------------------------------------------

const receiptNumber = () => `${place.till}-${String(kept.nextNumber()).padStart(5, "0")}`;

function requestOf() {
  const customer = sale.customer?.member ? sale.customer.id : null;
  const { lines, chosen, coupons, gift_cards } = sale;
  const back = sale.back && { purchase_id: sale.back.purchase_id, lines: sale.back.lines.map(({ line_number, quantity }) => ({ line_number, quantity })) };
  return { store: place.store, till: place.till, lines, customer_id: customer, chosen, coupons, gift_cards, back };
}

/** Close the sale once: a second time shows the same receipt, and what is sent again is sent under the same key. */
async function close() {
  if (!sale.closed) return sale.lines.length ? closeNow() : tell(sale.back ? TEXTS.exchange_empty : TEXTS.empty_basket);
  sale.closed.again = true;
  draw();
  focusScan();
  return announce(TEXTS.closed_again);
}

/** Whether a sale cannot be closed at once: no server, or one that says that it was asked too often. */
const isNoAnswer = (error) => error instanceof Offline || error.status === 429;

async function closeNow(confirmation) {
  asking?.abort();
  clearTimeout(asked);
  try {
    await readyToClose();
    if (sale.request.expected === null) throw new Offline("the prices are those of the till");
    sale.closed = await ask("/till/sales/", { body: confirmation ? { ...sale.request, confirmation } : sale.request });
    if (!online) await found();
  } catch (error) {
    if (isNoAnswer(error) && (confirmation || needsNetwork())) return notNow(error, confirmation);
    if (isNoAnswer(error)) await keep();
    else if (error.code === "idempotency_key_reused") return closedBefore(error);
    else if (isNumberTaken(error.code)) return renumber(confirmation);
    else if (error.code === "confirmation_needed") return confirm();
    else return notClosed(error);
  }
  tell("");
  bill = { ...bill, offers: [] };
  draw();
  focusScan();
  refreshMember();
  return announce(`${sale.closed.queued ? TEXTS.closed_offline : TEXTS.closed}. ${say("closed_facts", { number: sale.closed.receipt, money: write.money(sale.closed.total) })}`);
}

/** What is sent is made once. On line the bill is known first, and is what the member pays; off line prices are final. */
async function readyToClose() {
  if (sale.request) return;
  try {
    bill ??= await ask("/till/bill/", { body: requestOf() });
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
  }
  sale.request = { ...requestOf(), key: sale.key, receipt: receiptNumber(), occurred_at: new Date().toISOString(), named: sale.unknown, expected: bill?.total ?? null };
  kept.writeSale(sale);
}

/** So many points need the member's code: it is sent, its digits are asked for, and the sale is closed with them. */
async function confirm() {
  try {
    await askCode(requestOf(), async (confirmation) => {
      await closeNow(confirmation);
      return sale.closed ? "" : refusal;
    }, withoutPoints);
  } catch (error) {
    notClosed(error);
  }
}

let refusal = "";

/** A gift card must be put in force and goods be known to come back: neither can be promised off line. */
const needsNetwork = () => Boolean(sale.back) || sale.lines.some((line) => line.card);

/** With a code no sale waits off line, for it would be sent when its code is over: one tries again, or leaves the points.
    What was sent is sent again as it was, under its key: it may be recorded already. */
async function notNow(error, confirmation) {
  refusal = error instanceof Offline ? TEXTS.needs_network : error.message;
  if (sale.request?.expected === null) sale.request = null; // the bill is asked for again
  if (confirmation) return;
  if (error instanceof Offline) await lost();
  tell(error instanceof Offline ? TEXTS.on_line_only : refusal);
}

/** The key closed the sale already, as it was sent first: the answer was lost, and the basket changed since. */
async function closedBefore(error) {
  let recorded = null;
  try {
    recorded = (await ask(`/till/sales/?${new URLSearchParams({ key: sale.key })}`)).sale;
  } catch {
    // The refusal is told instead.
  }
  if (!recorded) return notClosed(error);
  sale.closed = recorded;
  bill = null;
  draw();
  tell(TEXTS.was_closed, "info");
  announce(TEXTS.was_closed);
  focusScan();
  return refreshMember();
}

function withoutPoints() {
  sale.chosen = { ...sale.chosen, points: false };
  sale.request = null;
  tell(TEXTS.without_points, "info");
  changed();
}

function notClosed(error) {
  refusal = error.message;
  sale.request = null;
  bill = null;
  if (!signedOut(error)) tell(error.code === "expected_total_differs" ? TEXTS.total_changed : say("failed", { reason: error.message }));
  return reckon();
}

/** After the sale the member has other points. */
async function refreshMember() {
  const closed = sale;
  if (!online || !closed.closed || !closed.customer?.member) return;
  try {
    const { member } = await ask(`/till/members/${closed.customer.id}/`);
    closed.customer = { ...member, say: "" };
    try {
      await kept.refreshMember(member);
    } finally {
      if (sale === closed) draw();
    }
  } catch {
    // The receipt stands; only the balance shown is older.
  }
}

/** The answer never came: it may be recorded or not. Its key decides when it is sent again. */
async function keep() {
  await kept.keepSale({ key: sale.key, request: sale.request, refused: "" });
  const listed = sale.lines.reduce((sum, line) => sum + Math.round((line.quantity * line.price) / 1000), 0);
  const total = sale.request.expected ?? listed;
  sale.closed = { queued: true, receipt: sale.request.receipt, total };
  await lost();
}

async function renumber(confirmation) {
  sale.request = { ...sale.request, receipt: receiptNumber() };
  announce(say("renumbered", { number: sale.request.receipt }));
  return closeNow(confirmation);
}

let cancelled = 0;

function cancel() {
  if (sale.closed || (!sale.lines.length && !sale.customer && !sale.back)) {
    begin();
    sale = freshSale();
  } else if (Date.now() - cancelled > 3_000) {
    cancelled = Date.now();
    return tell(TEXTS.cancel_again, "info");
  } else {
    sale = freshSale();
    tell(TEXTS.cancelled, "info");
  }
  bill = null;
  draw();
  return focusScan();
}

// Keys, buttons and fields ----------------------------------------------------------------------------------------------------------------------

const field = at("t-scan-field");
const focusScan = () => { field.focus(); field.select(); };

const ACTS = {
  help: () => open("t-help"),
  scan: () => { begin(); draw(); focusScan(); },
  product: () => { begin(); draw(); at("t-product").focus(); at("t-product").select(); },
  nobody: () => { sale.customer = null; sale.unknown = ""; changed(); focusScan(); },
  join: () => { begin(); askJoin(place, field.value, sale.customer?.waiting_card ?? "", (member, phone) => { field.value = ""; takeMember(member, phone); focusScan(); }); },
  back: () => askBack({ place, write, receipt: sale.closed && !sale.closed.queued ? sale.closed.receipt : "", done: cameBack, exchange: (back, customer) => inTurn(() => beginExchange(back, customer)) }),
  card: () => (facts.sells_cards ? askCard({ exponent: facts.programme.exponent, add: addCard }) : tell(TEXTS.gift_card_no)),
  problems: () => showProblems(write, () => send().catch(() => lost())),
  place: () => choosePlace(),
  person: () => leave(),
  close: () => inTurn(close),
  cancel: () => inTurn(cancel),
};
const KEYS = { F1: "help", F2: "scan", F3: "product", F4: "nobody", F6: "join", F7: "back", F8: "problems", F9: "card", F10: "person", F12: "close" };

document.addEventListener("keydown", (event) => {
  const isInDialog = document.querySelector("dialog[open]");
  const act = KEYS[event.key] ?? (event.key === "Escape" && at("t-found").hidden ? "cancel" : "");
  if (act && !isInDialog) {
    event.preventDefault();
    if (!event.repeat && write && place) ACTS[act]();
  } else if (act && event.key !== "Escape") event.preventDefault();
  else if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !isInDialog && !event.target.closest("input, select, textarea")) field.focus();
  else if (event.altKey && /^[1-9]$/.test(event.key) && !isInDialog) {
    event.preventDefault();
    pressNumber(event.key);
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button && write) ACTS[button.dataset.act]();
});

function pressNumber(digit) {
  const offer = bill?.offers?.find((one) => String(one.number) === digit);
  if (offer) pressOffer(offer);
  return Boolean(offer);
}

let digit = 0;
field.addEventListener("input", () => {
  clearTimeout(digit);
  if (!/^[1-9]$/.test(field.value) || !bill?.offers?.length) return;
  digit = setTimeout(() => { if (pressNumber(field.value)) field.value = ""; }, DIGIT_ALONE);
});
at("t-scan").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(digit);
  const text = field.value.trim();
  field.value = "";
  if (text && write && place) inTurn(() => scan(text));
});

function cameBack(text) {
  tell(text, "info");
  announce(text);
  focusScan();
  refreshMember();
}

// Beginning and leaving --------------------------------------------------------------------------------------------------------------------------

function choosePlace() {
  askPlace(facts?.stores ?? [], place, (chosen) => {
    if (place && (place.store !== chosen.store || place.till !== chosen.till)) kept.forgetNumbers();
    place = chosen;
    kept.writePlace(place);
    drawPlace();
    look();
    focusScan();
  });
}

async function leave() {
  await kept.forgetMembers();
  localStorage.removeItem("fidelia-till-facts");
  kept.writeSale(freshSale());
  navigator.serviceWorker?.controller?.postMessage("forget the page");
  at("t-logout").submit();
}

async function start() {
  watchEntry({ write: () => write, exponent: () => facts.programme.exponent, add: addProduct, inTurn });
  navigator.serviceWorker?.register("/till/worker.js", { scope: "/till/" }).catch(() => {});
  addEventListener("offline", lost);
  addEventListener("online", look);
  setInterval(async () => {
    const waits = (await kept.listSales()).some((one) => !one.refused);
    if (!online || waits) look();
  }, LOOK_AGAIN);
  await look();
  if (place && facts && online && !facts.stores.some((store) => store.code === place.store)) place = null;
  drawPlace();
  draw();
  document.documentElement.dataset.ready = "";
  if (place) {
    focusScan();
    reckon();
  } else choosePlace();
}

start();
