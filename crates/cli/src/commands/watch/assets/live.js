// Follows a run: a line of the table for each training, a chart for each quantity.
"use strict";

const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#969696"];
const NO_QUANTITY = new Set(["arm", "seed", "epoch", "step"]);

let trainings = new Map(); // name -> { epoch, step, loss, score, seconds }
let quantities = new Map(); // quantity -> Map(training -> [[step, value], ..])
const charts = new Map(); // quantity -> uPlot
let drawing = false;

const byId = (id) => document.getElementById(id);
const nameOf = (line) => `${line.arm}, seed ${line.seed}`;
const shown = (x, digits) => (typeof x === "number" ? x.toFixed(digits) : "");

function training(name) {
  if (!trainings.has(name)) trainings.set(name, {});
  return trainings.get(name);
}

function metrics(line) {
  const name = nameOf(line);
  Object.assign(training(name), { epoch: line.epoch, step: line.step, loss: line.loss });
  for (const [quantity, value] of Object.entries(line)) {
    if (NO_QUANTITY.has(quantity) || typeof value !== "number") continue;
    if (!quantities.has(quantity)) quantities.set(quantity, new Map());
    const lines = quantities.get(quantity);
    if (!lines.has(name)) lines.set(name, []);
    lines.get(name).push([line.step, value]);
  }
}

function result(line) {
  Object.assign(training(nameOf(line)), { score: line.score, seconds: line.seconds });
}

function table() {
  const body = document.querySelector("#trainings tbody");
  const rows = [...trainings].map(([name, t]) => {
    const row = document.createElement("tr");
    const score = typeof t.score === "number" ? (100 * t.score).toFixed(1) + " %" : "";
    const cells = [name, t.epoch ?? "", t.step ?? "", shown(t.loss, 4), score, shown(t.seconds, 1)];
    for (const text of cells) row.appendChild(document.createElement("td")).textContent = text;
    return row;
  });
  body.replaceChildren(...rows);
}

// Curves of different steps over one axis.
function joined(lines) {
  const tables = [...lines.values()].map((points) => {
    const sorted = [...points].sort((a, b) => a[0] - b[0]);
    return [sorted.map((p) => p[0]), sorted.map((p) => p[1])];
  });
  return uPlot.join(tables);
}

function chart(quantity, lines) {
  const names = [...lines.keys()];
  const old = charts.get(quantity);
  if (old && old.series.length === names.length + 1) {
    old.setData(joined(lines));
    return;
  }
  if (old) old.destroy();
  // A training has one colour in all charts.
  const order = [...trainings.keys()];
  const series = names.map((name) => {
    const i = order.indexOf(name);
    const dash = i < COLOURS.length ? [] : [6, 3];
    return { label: name, stroke: COLOURS[i % COLOURS.length], dash, spanGaps: true };
  });
  const options = {
    title: quantity.replaceAll("_", " "),
    width: 560,
    height: 300,
    scales: { x: { time: false } },
    series: [{ label: "step" }, ...series],
  };
  charts.set(quantity, new uPlot(options, joined(lines), byId("charts")));
}

// At most once a frame, however many lines come in.
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    table();
    for (const [quantity, lines] of quantities) chart(quantity, lines);
  });
}

function say(text, kind) {
  byId("state").textContent = text;
  byId("state").className = kind;
}

function begin() {
  trainings = new Map();
  quantities = new Map();
  for (const plot of charts.values()) plot.destroy();
  charts.clear();
}

fetch("/config").then((answer) => answer.text()).then((text) => {
  byId("config").textContent = text;
  const method = text.match(/^method = "(.*)"$/m);
  if (method) document.title = byId("title").textContent = method[1];
});

const source = new EventSource("/events");
// A page that lost the server is told everything again.
source.onopen = () => { begin(); draw(); };
source.addEventListener("metrics", (event) => {
  metrics(JSON.parse(event.data));
  say("Training.", "");
  draw();
});
source.addEventListener("result", (event) => { result(JSON.parse(event.data)); draw(); });
source.addEventListener("rewritten", () => { source.close(); location.reload(); });
source.addEventListener("trouble", (event) => say(event.data, "trouble"));
source.addEventListener("finished", () => {
  say("Finished. ", "finished");
  const link = byId("state").appendChild(document.createElement("a"));
  link.href = "/report";
  link.textContent = "Read the report";
});
source.onerror = () => say("The watcher has ended, or is not there yet; the run itself may go on.", "trouble");
