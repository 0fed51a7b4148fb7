import { charts, pageColours } from "../chart/charts.js";
import { svgText } from "../chart/node.js";
import { swatch } from "../chart/swatch.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { chartProgram } from "../page/chartProgram.js";
import { mountScore } from "../page/score.js";
import { format } from "../text/format.js";
import { createScoreCharts, type ScoreChart, type ScorePicture, scorePicture } from "./charts.js";
import type { ScoreCell, ScoreData, ScoreEntry, ScoreLeftOut } from "./data.js";
import {
  cellFinder,
  cellText,
  moreStudiesNote,
  rankRange,
  reachedNote,
  reachedText,
  scoringText,
  timesText,
  undecidedText,
} from "./grid.js";
import { pairsTable } from "./pairs.js";

const style = `
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
.pair .chart{height:400px}
.pair h3{margin:0 0 4px;font-size:15.5px}
table.grid td{padding:3px 3px 3px 0;text-align:center}
table.narrow thead th{white-space:normal;min-width:70px;max-width:100px;font-size:11.5px;line-height:1.3;padding:4px 3px}
table.grid thead th{text-align:center}
table.narrow thead th:first-child{text-align:left;font-size:13.5px}
table.grid tbody th{font-size:14px;padding-right:8px}
table.grid th.variant{font-style:italic;font-weight:400}
.grid button{width:100%;min-width:68px;min-height:30px;padding:2px 3px;font-size:13px;white-space:nowrap;border-radius:6px;border-color:transparent;
background:color-mix(in srgb,var(--series-2) calc(var(--heat)*1%),var(--surface));font-variant-numeric:tabular-nums}
.grid button.unsolved{background:none;border:1px dashed var(--line);color:var(--muted)}
.h0{--heat:52}.h1{--heat:38}.h2{--heat:27}.h3{--heat:18}.h4{--heat:10}
[popover]{border:1px solid var(--line);border-radius:12px;background:var(--surface);color:var(--ink);padding:14px 18px;max-width:min(680px,92vw);box-shadow:var(--shadow);text-align:left;overflow-wrap:anywhere}
[popover] p:last-child{margin:0}
[popover]::backdrop{background:#0004}
td.others{min-width:24ch}
ul.plain{margin:0 0 10px;padding-left:20px;overflow-wrap:anywhere}
summary{cursor:pointer;padding:4px 0}
@media (max-width:900px){.pair{grid-template-columns:minmax(0,1fr)}.pair .chart{height:320px}}
@media (max-width:600px){tbody th{white-space:normal}th,td{padding-right:8px}table{font-size:14px}}
`;

/** A name that may be broken after its underscores, and is copied whole. */
const breakable = (name: string): Markup =>
  html`${name.split("_").map((part, index) => (index === 0 ? html`${part}` : html`_<wbr>${part}`))}`;

const program = chartProgram().with("scoreCharts", createScoreCharts);

const scoreCharts = createScoreCharts({ colours: pageColours });

/** A chart as it stands before, or without, the page's script. */
function stillChart(picture: ScorePicture, chart: ScoreChart): Markup {
  const choices = { allBands: false, hidden: new Set<string>(), emphasis: undefined };
  return trusted(svgText(charts.lineChart(scoreCharts(picture, chart, choices, 640, 400)).node));
}

/** A table that scrolls by itself where it is wider than the page. */
const scrolled = (label: string, table: Markup): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;

function leaderboard(data: ScoreData): Markup {
  const rows = data.submissions.map((entry) => {
    const { rank, name, score, interval, leaveOneOut } = entry;
    return html`<tr data-submission="${name}"><td class="number">${rank}</td><th scope="row">${breakable(name)}</th>
<td class="number">${score.toFixed(6)}<span class="bounds">${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}</span></td>
<td class="number">${reachedText(data, name)}</td><td class="number">${rankRange(leaveOneOut.studies)}</td><td class="number">${rankRange(leaveOneOut.workloads)}</td>
<td class="number">${rankRange(leaveOneOut.submissions)}</td>
<td class="others">${undecidedText(entry) || "–"}</td></tr>`;
  });
  return scrolled(
    "Leaderboard",
    html`<table><thead><tr><th class="number" scope="col">rank</th><th scope="col">submission</th><th class="number" scope="col">score</th>
<th class="number" scope="col">reached</th>
<th class="number" scope="col">without a study</th><th class="number" scope="col">a workload</th><th class="number" scope="col">a submission</th>
<th scope="col">not distinguishable from</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/** How deep a solved cell is coloured: the fastest most. */
const heat = (ratio: number): string => `h${Math.min(4, Math.ceil((ratio - 1) / 0.75))}`;

function gridCell(cell: ScoreCell | undefined, id: string): Markup {
  if (cell === undefined) return html`<td></td>`;
  const { kind, ratio, reason, submission, workload, arrival } = cell;
  return html`<td><button type="button" class="${kind === "solved" ? heat(ratio) : "unsolved"}" popovertarget="${id}" title="${reason}"
aria-label="${submission} on ${workload}: ${cellText(cell)}">${cellText(cell)}</button>
<div popover id="${id}"><p><strong>${submission}</strong> on <strong>${workload}</strong></p><p>${reason}</p>${
    arrival === undefined ? "" : html`<p>${arrival.text}.</p>`
  }</div></td>`;
}

function grid(data: ScoreData): Markup {
  const find = cellFinder(data);
  const heads = data.workloads.map(
    ({ name, base }) =>
      html`<th scope="col"${base === undefined ? "" : trusted(' class="variant"')}>${breakable(name)}</th>`,
  );
  const rows = data.submissions.map(
    ({ name }, row) =>
      html`<tr data-submission="${name}"><th scope="row">${name}</th>${data.workloads.map(
        (workload, column) => gridCell(find(name, workload.name), `cell-${row}-${column}`),
      )}</tr>`,
  );
  return scrolled(
    "Submissions by workloads",
    html`<table class="narrow grid"><thead><tr><th scope="col">times the fastest</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function leftOut(
  title: string,
  { submissions }: ScoreData,
  pick: (entry: ScoreEntry) => readonly ScoreLeftOut[],
): Markup {
  const names = [...new Set(submissions.flatMap((entry) => pick(entry).map(({ left }) => left)))];
  if (names.length === 0) return html``;
  const rows = submissions.map((entry) => {
    const found = new Map(pick(entry).map((left) => [left.left, left]));
    const cells = names.map((name) => {
      const left = found.get(name);
      if (left === undefined) return html`<td class="number quiet">–</td>`;
      const shown = html`${left.rank}<span class="bounds">${left.score.toFixed(3)}</span>`;
      return left.rank === entry.rank
        ? html`<td class="number quiet">${shown}</td>`
        : html`<td class="number"><strong>${shown}</strong></td>`;
    });
    return html`<tr data-submission="${entry.name}"><th scope="row">${entry.name}</th><td class="number">${entry.rank}<span class="bounds">${entry.score.toFixed(3)}</span></td>${cells}</tr>`;
  });
  return html`<details><summary>${title}</summary>${scrolled(
    title,
    html`<table class="narrow"><thead><tr><th scope="col">without</th><th class="number" scope="col">nothing</th>${names.map(
      (name) => html`<th class="number" scope="col">${breakable(name)}</th>`,
    )}</tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`;
}

function pairs(data: ScoreData): Markup {
  if (data.pairs.length === 0) return html``;
  return html`<section class="card"><h2>Who is told from whom, by score and by the times alone</h2>
<p>Above the diagonal the p-value of "the scores are of one submission", below it that of "the times to the targets are": a log-rank
test, which counts studies that missed a target as slower than any that reached it, and takes no notice of the rest of the field, of τ
or of the rules. Whole studies are exchanged; bold below ${data.significance}. ${timesText(data)}</p>
${scrolled("p-values of every pair", pairsTable(data))}</section>`;
}

function remarks({ damage, irregularities }: ScoreData): Markup {
  const damaged = damage.map(
    ({ path, line, text }) =>
      html`<li><code>${path}${line === undefined ? "" : `:${line}`}</code> ${text}</li>`,
  );
  const unusual = irregularities.map(({ where, text }) => html`<li>${where}: ${text}</li>`);
  return html`${
    damaged.length === 0
      ? ""
      : html`<section class="card"><h2>Damaged logs</h2><p>What cannot be right was left out; the rest was scored.</p>
<ul class="plain">${damaged}</ul></section>`
  }${
    unusual.length === 0
      ? ""
      : html`<section class="card"><h2>Irregular logs</h2><p>Unlike the rules or unlike the other submissions, and scored as they are.</p>
<ul class="plain">${unusual}</ul></section>`
  }`;
}

/** The sentence that a reader wants first. */
function finding({ submissions }: ScoreData): string {
  const [first, second] = submissions;
  if (first === undefined) return "";
  if (second === undefined)
    return `${first.name} scores ${first.score.toFixed(4)}; nobody to compare it with.`;
  const others = undecidedText(first);
  return `${first.name} leads with ${first.score.toFixed(4)} before ${second.name} with ${second.score.toFixed(4)}. ${
    others === ""
      ? "The studies tell it from every other submission."
      : `The studies cannot tell it from ${others}.`
  }`;
}

/**
 * The page of a score: one HTML file without any network. Leaderboard with intervals and what it depends on,
 * performance profiles, the score as a function of where they end, and the grid in which every cell explains
 * itself.
 *
 * @param command that makes the page again
 */
export function scoreHtml(data: ScoreData, command: string): string {
  const picture = scorePicture(data);
  const [first] = data.submissions;
  const level = format.percent(first?.interval.level ?? 0.95, 0);
  const keys = picture.entries.map(
    ({ label, style }) => html`<li>${trusted(svgText(swatch(style)))}${label}</li>`,
  );
  const body = html`<header>
<p class="brand">Steepest · score</p>
<h1>${format.counted(data.submissions.length, "submission")}, scored by AlgoPerf's rules</h1>
<p class="lead">${scoringText(data)}.</p>
<p class="findings">${finding(data)}</p>
</header>
<main>
<section class="card"><h2>Leaderboard</h2>${leaderboard(data)}
<p class="quiet">Below a score its ${level} interval, from ${format.count(data.replicates)} bootstrap replicates over the studies, their bias removed. Ranks
are those taken as one study (of everybody), one workload with its variants, or one other submission after another is left out. Two
submissions are not distinguishable where exchanging their studies at random gives scores as far apart in ${format.percent(data.significance, 0)} of cases or more;
each pair stands for itself. ${moreStudiesNote} ${reachedNote}</p></section>
<section class="card"><h2>Performance profiles</h2>
<p>Left, the share of workloads that a submission solved within τ times the fastest one's time; the score is the mean height of the
curve. Right, what the score would be if profiles ended earlier. The
${level} band is the leader's, or that of the submission pointed at.</p>
<div class="controls" id="choices" hidden><button type="button" id="all-bands" aria-pressed="false">all bands</button></div>
<ul class="legend" id="legend" aria-label="Submissions: click to hide or show">${keys}</ul>
<div class="pair"><div><h3>Performance profiles</h3><div class="chart" id="chart-profile">${stillChart(picture, "profile")}</div></div>
<div><h3>Score by τmax</h3><div class="chart" id="chart-score">${stillChart(picture, "score")}</div></div></div></section>
<section class="card"><h2>Every cell, and why</h2>
<p>Median time to the target as a multiple of the fastest submission's. Held-out variants, in italics, are not scored; they decide
whether their base workload counts. Choose a cell for the logs behind it.</p>${grid(data)}</section>
${pairs(data)}
<section class="card"><h2>What the ranks depend on</h2>
<p>The rank, and below it the score, with one thing left out; bold where the rank changes. The place of a submission left out stays
counted.</p>
${leftOut("Without one study", data, ({ leaveOneOut }) => leaveOneOut.studies)}
${leftOut("Without one workload", data, ({ leaveOneOut }) => leaveOneOut.workloads)}
${leftOut("Without one submission", data, ({ leaveOneOut }) => leaveOneOut.submissions)}</section>
${remarks(data)}
<section class="card"><h2>How it was scored</h2><dl><dt>Rules</dt><dd>${scoringText(data)}</dd>
<dt>Targets</dt><dd>${data.workloads
    .map(
      ({ name, metric, direction, target }) =>
        `${name}: ${metric} ${direction === "min" ? "≤" : "≥"} ${target}`,
    )
    .join("; ")}</dd><dt>Command</dt><dd><code>${command}</code></dd></dl></section>
</main>
<footer>Made by Steepest. This file needs no network and sends nothing. The same logs and the same command give the same figures.</footer>`;
  return htmlPage({
    title: `${format.counted(data.submissions.length, "submission")} scored under ${data.rules}`,
    description: finding(data),
    style,
    body,
    data: picture,
    script: program.script(mountScore),
  });
}
