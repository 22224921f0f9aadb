/* An article by code or name: a list while one types, Enter takes what is marked, the price follows. */

import { ask } from "./till_net.js";
import { at, make, readNumber, tell, TEXTS } from "./till_page.js";

const SETTLE = 180;

/** `write` and `exponent` are asked for when they are needed; `add` puts a product into the basket. */
export function watchEntry({ write, exponent, add, inTurn }) {
  const entry = at("t-product");
  const list = at("t-found");
  let goods = [];
  let looking = null;

  entry.addEventListener("input", async () => {
    delete entry.dataset.name;
    looking?.abort();
    looking = new AbortController();
    if (entry.value.trim().length < 2) return showGoods([]);
    try {
      const { signal } = looking;
      await new Promise((rest) => { setTimeout(rest, SETTLE); });
      if (!signal.aborted) showGoods((await ask(`/till/products/?${new URLSearchParams({ q: entry.value.trim() })}`, { signal })).products);
    } catch {
      showGoods([]);
    }
    return null;
  });

  function showGoods(found_) {
    goods = found_;
    list.replaceChildren(...goods.map((product, position) => {
      const price = product.price === null ? product.code : write().money(product.price);
      const row = make("li", { role: "option", id: `t-good-${position}` }, make("span", { text: product.name }), make("small", { text: price }));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); pickGood(product); });
      return row;
    }));
    list.hidden = !goods.length;
    entry.setAttribute("aria-expanded", String(!list.hidden));
    mark(-1);
  }

  let marked = -1;
  function mark(position) {
    marked = position;
    [...list.children].forEach((row, place_) => row.setAttribute("aria-selected", String(place_ === marked)));
    if (marked >= 0) entry.setAttribute("aria-activedescendant", `t-good-${marked}`);
    else entry.removeAttribute("aria-activedescendant");
  }

  function pickGood(product) {
    entry.value = product.code;
    entry.dataset.name = product.name;
    at("t-price").value = product.price === null ? "" : write().price(product.price);
    showGoods([]);
    at(product.price === null ? "t-price" : "t-quantity").focus();
    at("t-quantity").select();
  }

  entry.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark((marked + (event.key === "ArrowDown" ? 1 : -1) + goods.length) % goods.length);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      showGoods([]);
    } else if (event.key === "Enter" && marked >= 0) {
      event.preventDefault();
      pickGood(goods[marked]);
    }
  });
  entry.addEventListener("blur", () => setTimeout(() => showGoods([]), 100));

  at("t-entry").addEventListener("submit", (event) => {
    event.preventDefault();
    inTurn(addTyped);
  });

  async function addTyped() {
    const code = entry.value.trim();
    if (!code || !write()) return;
    const quantity = readNumber(at("t-quantity").value || "1", 3);
    const price = at("t-price").value ? readNumber(at("t-price").value, exponent()) : null;
    if (!quantity || (at("t-price").value && price === null)) {
      tell(TEXTS.line_wrong);
      return;
    }
    tell("");
    const product = await productOf(code);
    if (!add(product, quantity, price ?? product.price)) return;
    at("t-entry").reset();
    delete entry.dataset.name;
    entry.focus();
  }

  /** Return the product of a code or a name; one that nobody knows is sold as it was typed. */
  async function productOf(code) {
    const typed = { code, name: entry.dataset.name ?? code, price: null };
    if (entry.dataset.name) return typed;
    try {
      const known = (await ask(`/till/products/?${new URLSearchParams({ q: code })}`)).products;
      return known.find((one) => one.code === code) ?? (known.length === 1 ? known[0] : typed);
    } catch {
      return typed;
    }
  }
}
