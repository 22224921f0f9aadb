/* What the till keeps in this browser: where it stands, members seen lately, and sales that wait for the network. */

const DATABASE = "fidelia-till";
const MEMBERS_MAX = 300;
const MEMBERS_DAYS = 7;
const PLACE = "fidelia-till-place";
const COUNTER = "fidelia-till-counter";
const SALE = "fidelia-till-sale";

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("queue", { keyPath: "key" });
      asked.result.createObjectStore("members", { keyPath: "named" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function inStore(name, mode, act) {
  const transaction = (await database()).transaction(name, mode);
  const asked = act(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

// Sales that wait ------------------------------------------------------------------------------------------------------------

/** Keep a sale until the server has it; `sale.key` is its own, so that sending it twice records it once. */
export const keepSale = (sale) => inStore("queue", "readwrite", (store) => store.put(sale));
export const dropSale = (key) => inStore("queue", "readwrite", (store) => store.delete(key));
export async function listSales() {
  const sales = await inStore("queue", "readonly", (store) => store.getAll());
  return sales.sort((one, other) => one.request.occurred_at.localeCompare(other.request.occurred_at));
}

// Members seen lately: found again only by exactly what was scanned or typed, and never by name ----------------------------------

async function mark(text) {
  const bytes = new TextEncoder().encode(text.trim().toLowerCase().replace(/[\s.-]/g, ""));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function rememberMember(text, member) {
  const { id, name, tier, rank, points, worth, member: isMember, since } = member;
  const kept = { named: await mark(text), at: Date.now(), facts: { id, name, tier, rank, points, worth, member: isMember, since } };
  await inStore("members", "readwrite", (store) => store.put(kept));
  const all = await inStore("members", "readonly", (store) => store.getAll());
  const oldest = Date.now() - MEMBERS_DAYS * 86_400_000;
  const stale = all.sort((one, other) => other.at - one.at).filter((each, place) => place >= MEMBERS_MAX || each.at < oldest);
  await inStore("members", "readwrite", (store) => { stale.forEach((each) => store.delete(each.named)); });
}

// Who is remembered by whatever was scanned is remembered as now.
export async function refreshMember({ id, name, tier, rank, points, worth, member: isMember, since }) {
  const all = await inStore("members", "readonly", (store) => store.getAll());
  const known = all.filter((each) => each.facts.id === id);
  const facts = { id, name, tier, rank, points, worth, member: isMember, since };
  await inStore("members", "readwrite", (store) => { known.forEach((each) => store.put({ ...each, at: Date.now(), facts })); });
}

export async function recallMember(text) {
  const named = await mark(text);
  const kept = await inStore("members", "readonly", (store) => store.get(named));
  return kept && kept.at >= Date.now() - MEMBERS_DAYS * 86_400_000 ? { ...kept.facts, at: kept.at } : null;
}

/** Who leaves the till leaves no member behind; sales that wait stay. */
export const forgetMembers = () => inStore("members", "readwrite", (store) => store.clear());

// Where this till stands, its receipts, and the sale that goes on ------------------------------------------------------------------

export const readPlace = () => JSON.parse(localStorage.getItem(PLACE) ?? "null");
export const writePlace = (place) => localStorage.setItem(PLACE, JSON.stringify(place));

/** The number of this till's next receipt; `seen` is the last one that the server knows of. */
export function nextNumber(seen = 0) {
  const next = Math.max(Number(localStorage.getItem(COUNTER) ?? 0), seen) + 1;
  localStorage.setItem(COUNTER, String(next));
  return next;
}
export const sawNumber = (seen) => {
  if (seen > Number(localStorage.getItem(COUNTER) ?? 0)) localStorage.setItem(COUNTER, String(seen));
};
export const forgetNumbers = () => localStorage.removeItem(COUNTER);

export const readSale = () => JSON.parse(sessionStorage.getItem(SALE) ?? "null");
export const writeSale = (sale) => sessionStorage.setItem(SALE, JSON.stringify(sale));
