import { stackedBarsFigure } from "../bars/picture.js";
import type { StackedBars } from "../bars/stackedBars.js";
import { svgText } from "../chart/node.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { format } from "../text/format.js";
import type { MemoryReport, MemoryReportChange, MemoryReportTerm } from "./data.js";

const style = `
figure{margin:0;overflow-x:auto}
figure svg{max-width:100%;height:auto;min-width:640px}
td.formula{max-width:44ch;overflow-wrap:anywhere}
tr.total>*{font-weight:700;border-top:2px solid var(--line)}
.fits{color:var(--series-2);font-weight:600}
.short{color:var(--accent);font-weight:600}
`;

const chartWidth = 1080;

const figure = (data: StackedBars): Markup =>
  html`<figure aria-label="${data.title}">${trusted(svgText(stackedBarsFigure(data, chartWidth)))}</figure>`;

/** A table that scrolls by itself where it is wider than the page. */
const scrolled = (label: string, table: Markup): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;

const range = (low: number, high: number): string =>
  low === high ? "exact" : `${format.bytes(low)} to ${format.bytes(high)}`;

function termTable(terms: readonly MemoryReportTerm[], total: MemoryReport["total"]): Markup {
  const rows = terms.map(
    ({ name, bytes, low, high, formula, source }) => html`<tr><th scope="row">${name}</th>
<td class="number">${format.bytes(bytes)}</td><td>${range(low, high)}</td><td class="formula">${formula}</td><td>${source}</td></tr>`,
  );
  return scrolled(
    "Terms",
    html`<table><thead><tr><th scope="col">term</th><th class="number" scope="col">memory</th><th scope="col">range</th>
<th scope="col">formula</th><th scope="col">source</th></tr></thead><tbody>${rows}
<tr class="total"><th scope="row">total</th><td class="number">${format.bytes(total.bytes)}</td><td>${range(total.low, total.high)}</td><td></td><td></td></tr></tbody></table>`,
  );
}

const fitCell = (fits: boolean | undefined): Markup =>
  fits === undefined
    ? html``
    : fits
      ? html`<span class="fits">✓ fits</span>`
      : html`<span class="short">✗ does not</span>`;

function changeTable(changes: readonly MemoryReportChange[]): Markup {
  if (changes.length === 0) return html`<p>No single change would free anything.</p>`;
  const rows = changes.map(
    ({ name, freedBytes, totalBytes, fits, flags }) => html`<tr><th scope="row">${name}</th>
<td class="number">${format.bytes(freedBytes)}</td><td class="number">${format.bytes(totalBytes)}</td><td>${fitCell(fits)}</td><td><code>${flags}</code></td></tr>`,
  );
  return scrolled(
    "Single changes",
    html`<table><thead><tr><th scope="col">one change</th><th class="number" scope="col">frees</th><th class="number" scope="col">total</th>
<th scope="col">fits</th><th scope="col">options</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/**
 * The page of a memory plan: one HTML file without any network or script of its own: the stacked chart, every
 * term with formula and source, single changes and what they free, and the same run under every optimizer.
 */
export function memoryHtml(report: MemoryReport): string {
  const { title, lead, findings, chart, optimizers, terms, total, changes, command } = report;
  const body = html`<header>
<p class="brand">Steepest · memory</p>
<h1>${title}</h1>
<p class="lead">${lead}</p>
<p class="findings">${findings.join(" ")}</p>
</header>
<main>
<section class="card"><h2>${chart.title}</h2>${figure(chart)}</section>
<section class="card"><h2>Terms</h2>${termTable(terms, total)}</section>
<section class="card"><h2>What single changes would free</h2>${changeTable(changes)}</section>
<section class="card"><h2>${optimizers.title}</h2>${figure(optimizers)}</section>
<section class="card"><h2>How to read this</h2>
<p>Figures are for the device that needs most; GB are 1e9 bytes. A range is what implementations differ by, exact where shapes and
declarations decide alone; the whisker of a bar is the sum of the ranges. Ψ is the number of parameters on the device, s the length of
sequences, b the examples a device works on at once, h the width, a the heads, L the layers, V the vocabulary, N the data-parallel
devices.</p>
<dl><dt>Command</dt><dd><code>${command}</code></dd></dl></section>
</main>
<footer>Made by Steepest. This file needs no network and sends nothing; the same command gives the same page.</footer>`;
  return htmlPage({ title: `Memory of ${title}`, description: lead, style, body, data: null, script: "" });
}
