import { charts, pageColours } from "../chart/charts.js";
import { svgText } from "../chart/node.js";
import { seriesStyle } from "../chart/palette.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { chartProgram } from "../page/chartProgram.js";
import { mountComparison } from "../page/comparison.js";
import { format } from "../text/format.js";
import { type ComparisonChart, type ComparisonPicture, createComparisonCharts } from "./charts.js";
import type { ComparisonData } from "./data.js";
import { leaderboardTable, verdict } from "./leaderboard.js";

const style = `
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
.pair .chart,.wide .chart{height:380px}
tr.group td,tr.group th{border-top:2px solid var(--muted)}
td.missed{min-width:26ch}
ul.plain{margin:0 0 10px;padding-left:20px;max-width:92ch}
@media (max-width:900px){.pair{grid-template-columns:minmax(0,1fr)}.pair .chart,.wide .chart{height:300px}}
`;

const program = chartProgram().with("comparisonCharts", createComparisonCharts);

const comparisonCharts = createComparisonCharts({ colours: pageColours, format });

/** A chart as it stands before, or without, the page's script. */
function stillChart(picture: ComparisonPicture, chart: ComparisonChart): Markup {
  const choices = {
    ...({ over: "steps", logProgress: false, logLoss: true } as const),
    hidden: new Set<string>(),
    emphasis: undefined,
  };
  return trusted(svgText(charts.lineChart(comparisonCharts(picture, chart, choices, 640, 380)).node));
}

function facts(data: ComparisonData): Markup {
  const rows: readonly (readonly [string, string])[] = [
    [
      "Workload",
      `${data.workload}: ${data.description}, ${format.counted(data.parameterCount, "parameter")}`,
    ],
    ["Data", data.source],
    ["Target", `${data.target.split} ${data.target.metric} ${format.number(data.target.value)}`],
    [
      "Budget",
      `${format.counted(data.stepBudget, "step")} of ${format.counted(data.batchSize, "example")} for every trial`,
    ],
    ["Seeds", data.seeds.join(", ")],
    ["Intervals", `${format.percent(data.interval.level, 0)}, ${data.interval.method}`],
    ...Object.entries(data.environment),
  ];
  return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
<dt>Command</dt><dd><code>${data.command}</code></dd></dl>`;
}

function failures(data: ComparisonData): Markup {
  const all = data.entries.flatMap((entry) => entry.failures);
  return all.length === 0
    ? html``
    : html`<section class="card"><h2>Trials without a result</h2>
<p>These trials count as having missed the target; none is left out of the table.</p>
<ul class="plain">${all.map((failure) => html`<li>${failure}</li>`)}</ul></section>`;
}

/**
 * The page of a comparison: one HTML file without any network. Leaderboard with intervals and groups, curves
 * over steps or CPU seconds with bands over the seeds, sensitivity to the learning rate, and everything that
 * is needed to judge and repeat it.
 */
export function comparisonHtml(data: ComparisonData): string {
  const { metric } = data.target;
  const picture: ComparisonPicture = {
    target: { metric, value: data.target.value, label: `target ${format.number(data.target.value)}` },
    entries: data.entries.map((entry, index) => ({
      label: entry.optimizer,
      style: seriesStyle(index),
      ...entry.curves,
      sensitivity: entry.sensitivity,
    })),
  };
  const classifies = picture.entries.some((entry) => entry.accuracy !== undefined);
  const warning = data.procedural
    ? html`<p class="notice" role="alert">These are NOT results on ${data.workload}'s own data. The data set could not be had, so a
stand-in was drawn by code (${data.source}). Figures here say nothing about the real one.</p>`
    : "";
  const body = html`<header>
<p class="brand">Steepest · comparison</p>
<h1>Which optimizer trains ${data.workload}?</h1>
<p class="lead">${data.description}, ${format.counted(data.parameterCount, "parameter")}; ${format.counted(data.entries.length, "optimizer")},
${format.counted(data.seeds.length, "seed")}, ${format.counted(data.stepBudget, "step")} each. Data:
${data.source}.</p>
${warning}
<p class="findings">${verdict(data).join(" ")}</p>
</header>
<main>
<section class="card"><h2>Leaderboard</h2>${leaderboardTable(data)}
<p class="quiet">The entries of one group cannot be told from the group's first over these seeds; one whose trials scatter may belong to an earlier group than its neighbours. CPU time is that
of training; evaluation does not count. An upper bound of ∞ means that a seed missed the target.</p></section>
<section class="card"><h2>Curves at the best learning rate</h2>
<p>How ${classifies ? "validation loss and accuracy develop" : "the validation loss develops"}, the middle of the seeds as a line and their range as a band. Over steps the rules
themselves are compared; over CPU seconds also what a step costs.</p>
<div class="controls" id="choices" hidden>
<button type="button" id="over-steps" aria-pressed="true">over steps</button>
<button type="button" id="over-seconds" aria-pressed="false">over CPU seconds</button>
<button type="button" id="log-progress" aria-pressed="false">log progress</button>
<button type="button" id="log-loss" aria-pressed="true">log loss</button></div>
<ul class="legend" id="legend" aria-label="Optimizers: click to hide or show"></ul>
${
  classifies
    ? html`<div class="pair"><div class="chart" id="loss">${stillChart(picture, "loss")}</div>
<div class="chart" id="accuracy">${stillChart(picture, "accuracy")}</div></div>`
    : html`<div class="wide"><div class="chart" id="loss">${stillChart(picture, "loss")}</div></div>`
}</section>
<section class="card wide"><h2>Sensitivity to the learning rate</h2>
<p>The best validation ${metric} that each tried learning rate reached. A flat line means that a rough guess is good enough; a
narrow ${metric === "accuracy" ? "peak" : "valley"} means that a fair comparison has to tune.</p>
<div class="chart" id="sensitivity">${stillChart(picture, "sensitivity")}</div></section>
${failures(data)}
<section class="card"><h2>How it was decided</h2>
<ul class="plain">${data.method.map((sentence) => html`<li>${sentence}</li>`)}</ul></section>
<section class="card"><h2>What was run</h2>${facts(data)}</section>
</main>
<footer>Made by Steepest. This file needs no network and sends nothing.</footer>`;
  return htmlPage({
    title: `${data.entries.length} optimizers on ${data.workload}`,
    description: `Comparison of ${data.entries.length} optimizers on ${data.workload}`,
    style,
    body,
    data: picture,
    script: program.script(mountComparison),
  });
}
