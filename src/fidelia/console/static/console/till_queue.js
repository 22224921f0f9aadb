/* Sales that wait for the network: sent in their order, dropped once the server has them, kept and shown if it refuses. */

import { ask } from "./till_net.js";
import { TEXTS, announce, say } from "./till_page.js";
import { dropSale, keepSale, listSales } from "./till_store.js";

const AT_ONCE = 50;

/** Whether a receipt number was taken by another sale: the next one does as well. */
export const isNumberTaken = (code) => code === "receipt_known" || code === "wrong_checkout_state";

/** Return what sends the queue. `number` gives a new receipt number, `drawn` draws the state of things, `settled` is told
    of each sale that was recorded. */
export function queueOf({ number, drawn, settled }) {
  let sending = null;
  return () => {
    sending ??= sendAll().finally(() => { sending = null; });
    return sending;
  };

  async function sendAll() {
    for (;;) {
      const waiting = (await listSales()).filter((one) => !one.refused).slice(0, AT_ONCE);
      if (!waiting.length) break;
      const said = await ask("/till/queue/", { body: { sales: waiting.map((one) => one.request) } });
      for (const row of said.rows) await settle(waiting.find((one) => one.key === row.key), row);
      const count = said.rows.filter((row) => row.state !== "refused").length;
      announce(count === 1 ? TEXTS.sent_one : say("sent", { n: count }));
    }
    await drawn();
  }

  async function settle(one, row) {
    const isRefused = row.state === "refused";
    if (!isRefused && !row.warning) await dropSale(one.key);
    else if (isRefused && isNumberTaken(row.code)) await keepSale({ ...one, request: { ...one.request, receipt: number() } });
    else await keepSale({ ...one, refused: row.warning ?? row.message });
    if (!isRefused) settled(one.key, row);
  }
}
