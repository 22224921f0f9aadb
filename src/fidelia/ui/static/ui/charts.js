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
    const most = () => Math.max(...instance.getOption().series.map((one) => one.data.length)) - 1;
    const series = () => Math.max(0, instance.getOption().series.findIndex((one) => !one.silent && one.data.length));
    place.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        at = Math.max(0, Math.min(most(), at + by));
        instance.dispatchAction({ type: "showTip", seriesIndex: series(), dataIndex: at });
        const row = chart.rows[at];
        if (row) fidelia.announce(row.map((text, i) => (i ? `${chart.columns[i]} ${text}` : text)).join(", "));
      } else if (event.key === "Enter" && at >= 0) {
        const address = addressOf(instance.getOption().series[series()].data[at], at);
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
    const place = figure.querySelector("[data-chart-draw]");
    if (kind === "csv") {
      const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
      const lines = [chart.columns, ...chart.rows].map((row) => row.map(quoted).join(","));
      hand(URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" })), `${name}.csv`);
    } else {
      const paper = document.createElement("div");
      const size = { width: place.clientWidth, height: place.clientHeight };
      const still = echarts.init(paper, null, { renderer: "canvas", ...size });
      still.setOption(option);
      const backgroundColor = getComputedStyle(document.querySelector(".f-card") ?? document.body).backgroundColor;
      hand(still.getDataURL({ type: "png", pixelRatio: 2, backgroundColor }), `${name}.png`);
      still.dispose();
    }
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
