/* A gift card sold as a line: its number is scanned or drawn, its amount typed. One that was sold before is charged again. */

import { open, reason } from "./till_dialogs.js";
import { ask } from "./till_net.js";
import { at, readNumber, say, TEXTS } from "./till_page.js";

/** `add` puts the line into the basket; `exponent` is that of the currency. */
export function askCard({ exponent, add }) {
  const [form, code, amount] = [at("t-card-form"), at("t-card-code"), at("t-card-amount")];
  let known = false;
  form.reset();
  at("t-card-mistake").textContent = at("t-card-known").textContent = "";
  open("t-card", "t-card-code");

  /** Whether the card was sold before; an answer is waited for, so that no card is sold twice by fast keys. */
  async function look() {
    const asked = code.value.trim();
    known = asked ? (await ask(`/till/gift-cards/?${new URLSearchParams({ code: asked })}`)).known : false;
    at("t-card-known").textContent = known ? TEXTS.gift_card_known : "";
  }

  // A hand scanner ends with Enter: that leads on to the amount.
  code.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    amount.focus();
  };
  code.onchange = () => { look().catch(() => {}); };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const price = readNumber(amount.value, exponent);
    if (!price) {
      at("t-card-mistake").textContent = TEXTS.line_wrong;
      amount.select();
      return;
    }
    try {
      await look();
    } catch (error) {
      at("t-card-mistake").textContent = reason(error);
      return;
    }
    const number = code.value.trim();
    const name = number ? say(known ? "gift_card_charged" : "gift_card_n", { code: number }) : TEXTS.gift_card;
    at("t-card").close();
    add({ product: "gift-card", name, quantity: 1000, price, card: { code: number, tops_up: known } });
  };
}
