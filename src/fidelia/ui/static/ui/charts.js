/* Draws what ui/charts has defined: the data lie in the page as JSON, colours come from the tokens in force. */
"use strict";

(() => {
  const drawn = new Map();

  // The definition → an option of ECharts --------------------------------------------------------------------------

  /** Read the colour of a token as the browser resolves it now. */
  function colourReader() {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const known = new Map();
    const read = (name) => {
      if (!known.has(name)) {
        probe.style.color = `var(--f-chart-${name}, var(--f-${name}))`;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    };
    return { read, done: () => probe.remove() };
  }

  /** Put colours in place of "@name", a function in place of {"$ticks": …}, a width in place of {"$fit": columns} or {"$share": of the whole}. */
  function prepared(part, colour, width) {
    if (Array.isArray(part)) return part.map((one) => prepared(one, colour, width));
    if (typeof part === "string") return part.startsWith("@") ? colour(part.slice(1)) : part;
    if (part === null || typeof part !== "object") return part;
    if (part.$ticks) {
      const { first, step, texts } = part.$ticks;
      return (value) => texts[Math.round(value / step) - first] ?? "";
    }
    if (part.$share) return Math.round(width * part.$share);
    if (part.$fit) return Math.max(34, (width - 90) / part.$fit - 8);
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, prepared(value, colour, width)]));
  }

  function lineOf(left, right) {
    const line = document.createElement("span");
    for (const text of [left, right]) {
      const cell = document.createElement("span");
      cell.textContent = text;
      line.append(cell);
    }
    return line;
  }

  /** The tooltip is the row of the table: the same words everywhere. */
  function tipOf(chart, mark) {
    const box = document.createElement("div");
    const title = document.createElement("b");
    box.append(title);
    const row = chart.rows[mark.dataIndex] ?? [];
    if (mark.data?.tip) {
      title.textContent = mark.data.tip[0];
      mark.data.tip.slice(1).forEach((text) => box.append(lineOf(text, "")));
    } else {
      title.textContent = row[0] ?? "";
      chart.columns.slice(1).forEach((column, i) => box.append(lineOf(column, row[i + 1] ?? "")));
    }
    return box;
  }

  // Drawing -----------------------------------------------------------------------------------------------------------

  function draw(figure) {
    if (!figure.isConnected) return; // its size still changes once after htmx has taken it out
    const place = figure.querySelector("[data-chart-draw]");
    const chart = drawn.get(figure)?.chart ?? JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const instance = drawn.get(figure)?.instance ?? echarts.init(place, null, { renderer: "svg" });
    const colours = colourReader();
    const option = prepared(chart.option, colours.read, place.clientWidth);
    colours.done();
    if (option.tooltip) option.tooltip.formatter = (marks) => tipOf(chart, Array.isArray(marks) ? marks[0] : marks);
    instance.setOption(option, true);
    if (!drawn.has(figure)) {
      drawn.set(figure, { chart, instance, option });
      listen(figure, place, chart, instance);
    }
    drawn.get(figure).option = option;
    figure.dataset.drawn = "";
  }

  function listen(figure, place, chart, instance) {
    let width = place.clientWidth;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      instance.resize();
      draw(figure);
    }).observe(place);
    /** A mark that says its own address (or that it has none) is asked before the row that has its number. */
    const addressOf = (data, row) => (data && typeof data === "object" && "link" in data ? data.link : chart.links[row]) || "";
    instance.on("click", (mark) => {
      const address = addressOf(mark.data, mark.dataIndex);
      if (address) location.assign(address);
    });
    let at = -1;
    const series = () => Math.max(0, instance.getOption().series.findIndex((one) => !one.silent && one.data.length));
    /** The marks that the keys go through; none where the rows do not follow them (flows, the dots of a class). */
    const marks = () => {
      const one = instance.getOption().series[series()];
      const follows = one.type !== "sankey" && (one.data.length === chart.rows.length || one.data.some((each) => each?.tip));
      return follows ? one.data : [];
    };
    place.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        at = Math.max(0, Math.min((marks().length || chart.rows.length) - 1, at + by));
        if (marks().length) instance.dispatchAction({ type: "showTip", seriesIndex: series(), dataIndex: at });
        const tip = marks()[at]?.tip;
        const row = chart.rows[at];
        if (tip) fidelia.announce(tip.join(", "));
        else if (row) fidelia.announce(row.map((text, i) => (i ? `${chart.columns[i]} ${text}` : text)).join(", "));
      } else if (event.key === "Enter" && at >= 0) {
        const address = addressOf(marks()[at], at);
        if (address) location.assign(address);
      }
    });
    place.addEventListener("blur", () => { at = -1; instance.dispatchAction({ type: "hideTip" }); });
    figure.addEventListener("click", (event) => {
      const button = event.target.closest("[data-chart-export]");
      if (button) save(figure, button.dataset.chartExport, button.dataset.name);
    });
  }

  // Taking it along -----------------------------------------------------------------------------------------------------

  function save(figure, kind, name) {
    const { chart, option } = drawn.get(figure);
    if (kind === "csv") hand(URL.createObjectURL(new Blob(["\ufeff", csvOf(chart)], { type: "text/csv" })), `${name}.csv`);
    else hand(pictureOf(figure, option, name).toDataURL("image/png"), `${name}.png`);
  }

  // A sign, a currency before or after, digits in groups, a sign of per cent.
  const NUMBER = /^([+\u2212-]?)([€$£]|[A-Z]{3}\s)?(\d[\d\s.,]*)\s*(%|[€$£]|[A-Z]{3})?$/;

  /**
   * The table as a spreadsheet of the page's language reads it: in French semicolons and decimal commas, in English
   * commas and points; numbers bare, their currency in the heading of the column; a text that would be a formula stays one.
   */
  function csvOf(chart) {
    const french = document.documentElement.lang.startsWith("fr");
    const units = new Map();
    const bare = (text, column) => {
      const found = column ? NUMBER.exec(text) : null;
      if (!found) return /^[=+@-]./.test(text) ? `'${text}` : text;
      const [, sign, before, digits, after] = found;
      const currency = after === "%" ? "" : (before ?? after ?? "").trim();
      if (currency) units.set(column, currency);
      const kept = digits.replace(french ? /[\s.]/g : /[\s,]/g, "");
      return `${sign === "\u2212" ? "-" : sign}${kept}${after === "%" ? "%" : ""}`;
    };
    const rows = chart.rows.map((row) => row.map(bare));
    const heads = chart.columns.map((text, column) => (units.has(column) ? `${text} (${units.get(column)})` : text));
    const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
    return [heads, ...rows].map((row) => row.map(quoted).join(french ? ";" : ",")).join("\r\n");
  }

  /** The drawing under its title and its legend, at twice the size: it is shown where the page is not. */
  function pictureOf(figure, option, title) {
    const place = figure.querySelector("[data-chart-draw]");
    const { clientWidth: width, clientHeight: height } = place;
    const still = echarts.init(document.createElement("div"), null, { renderer: "canvas", width, height });
    still.setOption(option);
    const style = (name) => getComputedStyle(place).getPropertyValue(name);
    const card = figure.closest(".f-card") ?? document.body;
    const backgroundColor = getComputedStyle(card).backgroundColor;
    const canvas = document.createElement("canvas");
    const paper = canvas.getContext("2d");
    const entries = [...figure.querySelectorAll(".f-chart-legend li")].map((one) => ({
      text: one.textContent.trim(),
      colour: getComputedStyle(one.querySelector(".f-chart-mark")).color,
    }));
    const room = { edge: 12, width: width - 24 };
    paper.font = titleFont(style);
    const titles = broken(paper, title, room.width);
    paper.font = legendFont(style);
    const legend = placed(paper, entries, room.width);
    const head = room.edge + 22 * titles.length + (legend.length ? 20 * (legend.at(-1).line + 1) : 0);
    Object.assign(canvas, { width: 2 * width, height: 2 * (head + height) });
    paper.scale(2, 2);
    paper.fillStyle = backgroundColor;
    paper.fillRect(0, 0, width, head + height);
    paper.fillStyle = getComputedStyle(card).color;
    paper.font = titleFont(style);
    titles.forEach((line, i) => paper.fillText(line, room.edge, room.edge + 15 + 22 * i));
    paper.font = legendFont(style);
    for (const { text, colour, x, line } of legend) {
      const y = room.edge + 22 * titles.length + 20 * line;
      paper.fillStyle = colour;
      paper.fillRect(room.edge + x, y + 3, 10, 10);
      paper.fillStyle = getComputedStyle(card).color;
      paper.fillText(text, room.edge + x + 16, y + 12);
    }
    paper.drawImage(still.renderToCanvas({ pixelRatio: 2, backgroundColor }), 0, head, width, height);
    still.dispose();
    return canvas;
  }

  const titleFont = (style) => `600 16px ${style("--f-font") || "sans-serif"}`;
  const legendFont = (style) => `400 12.5px ${style("--f-font") || "sans-serif"}`;

  /** The words of a text on lines that are not wider than so many pixels. */
  function broken(paper, text, width) {
    const lines = [];
    for (const word of text.split(" ")) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && paper.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  /** Where each entry of a legend stands: how far from the left, and on which line. */
  function placed(paper, entries, width) {
    let [x, line] = [0, 0];
    return entries.map((entry) => {
      const taken = 16 + paper.measureText(entry.text).width;
      if (x && x + taken > width) [x, line] = [0, line + 1];
      const at = { ...entry, x, line };
      x += taken + 16;
      return at;
    });
  }

  function hand(address, name) {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
  }

  // When ------------------------------------------------------------------------------------------------------------------

  function drawNew() {
    for (const [figure, { instance }] of drawn) {
      if (!figure.isConnected) {
        instance.dispose();
        drawn.delete(figure);
      }
    }
    document.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw);
  }
  const redraw = () => [...drawn.keys()].forEach(draw);

  document.addEventListener("DOMContentLoaded", () => document.fonts.ready.then(drawNew));
  document.addEventListener("htmx:after:swap", drawNew);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
