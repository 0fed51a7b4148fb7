import { svgText } from "../chart/node.js";
import { html, type Markup, scrolled, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { chartProgram } from "../page/chartProgram.js";
import { mountClaims } from "../page/claims.js";
import { format } from "../text/format.js";
import { chartPair, chartPairStyle } from "./chartPair.js";
import { type ClaimPicture, claimPicture, createClaimCharts } from "./charts.js";
import type { ClaimEffect, ClaimReport, ClaimsData, ClaimTable, VerdictKind } from "./data.js";
import { effectStrip } from "./effectStrip.js";
import { figureText, intervalText, rangeText, reasonText, tallyText } from "./phrases.js";

const style = `
:root{--good:color-mix(in srgb,var(--series-2) 16%,transparent)}
${chartPairStyle}
details{margin:10px 0}
summary{cursor:pointer;font-size:15.5px;font-weight:700;margin-bottom:6px}
h3{font-size:15.5px;margin:14px 0 6px}
a{color:var(--focus)}
section p,blockquote,.effects li{overflow-wrap:anywhere}
.effects{list-style:none;margin:0 0 6px;padding:0}
.effects li{display:grid;grid-template-columns:minmax(0,1.5fr) minmax(0,1fr) 300px minmax(0,1.3fr);gap:6px 20px;align-items:center;padding:9px 0;border-bottom:1px solid var(--grid)}
.effects.figures li{grid-template-columns:minmax(0,1.5fr) minmax(0,2.6fr);padding:5px 0;gap:2px 20px}
.effects .measured,.effects .says{display:flex;flex-wrap:wrap;gap:2px 10px;align-items:baseline}
.effects .quiet,.small{font-size:14px}
.strip{display:block;max-width:100%}
.title{display:flex;flex-wrap:wrap;gap:6px 12px;align-items:center;margin:0 0 8px}
.title h2{margin:0}
.badge{display:inline-block;white-space:nowrap;border:1.5px solid currentColor;border-radius:999px;padding:1px 11px;font-size:13.5px;font-weight:600}
.badge.good{color:var(--series-2)}.badge.bad{color:var(--accent)}.badge.open{color:var(--muted)}
blockquote{margin:0 0 10px;padding:2px 0 2px 14px;border-left:4px solid var(--line);max-width:86ch;font-size:17px}
td.quantity{max-width:70ch}
table.tight{width:auto}
table.tight td,table.tight th{padding-right:22px}
section.card{scroll-margin-top:10px}
@media (max-width:1100px){.effects li{grid-template-columns:minmax(0,1fr)}}
@media (max-width:600px){
.effects.figures li{grid-template-columns:minmax(0,1fr)}
.verdicts thead{display:none}
.verdicts tr{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:4px 10px;padding:8px 0;border-bottom:1px solid var(--grid)}
.tight.verdicts tr>*{border:0;padding:0;white-space:normal}
.verdicts .quantity{grid-column:1/-1}
}
@media (max-width:900px){table.tight td,table.tight th{padding-right:12px}}
`;

const program = chartProgram().with("claimCharts", createClaimCharts);

const marks: Readonly<Record<VerdictKind, readonly [string, string]>> = {
  holds: ["good", "✓ holds"],
  "does not hold": ["bad", "✗ does not hold"],
  inconclusive: ["open", "? inconclusive"],
};

function badge(kind: VerdictKind): Markup {
  const [look, text] = marks[kind];
  return html`<span class="badge ${look}">${text}</span>`;
}

/** What stands beside a verdict, in a line of its own. */
const caveatText = (caveat: string | undefined): Markup =>
  caveat === undefined ? html`` : html`<div class="quiet small caveat">${caveat}</div>`;

function overview(claims: readonly ClaimReport[]): Markup {
  const rows = claims.map(
    ({ name, title, verdict, caveat }) => html`<tr><th scope="row"><a href="#${name}">${name}</a></th>
<td>${badge(verdict.kind)}</td><td class="quantity">${title}${caveatText(caveat)}</td></tr>`,
  );
  return scrolled(
    "Verdicts",
    html`<table class="tight verdicts"><thead><tr><th scope="col">claim</th><th scope="col">verdict</th><th scope="col">about</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}

/** One quantity that decides: what was measured, drawn against the values with which the claim holds. */
function effectRow(effect: ClaimEffect): Markup {
  return html`<li><div class="quantity">${effect.quantity}</div>
<div class="measured"><strong>${intervalText(effect.estimate, effect)}</strong><span class="quiet">holds ${rangeText(effect.holds)}</span></div>
${trusted(svgText(effectStrip(effect)))}
<div class="says">${badge(effect.kind)}<span class="quiet">${reasonText(effect)}</span></div></li>`;
}

function decision(effects: readonly ClaimEffect[]): Markup {
  const level = effects[0]?.level ?? Number.NaN;
  const methods = [...new Set(effects.map(({ method }) => method))].join(", ");
  return html`<h3>What decides, declared before the run</h3><ul class="effects">${effects.map(effectRow)}</ul>
<p class="quiet small">In brackets and as a bar: the ${format.percent(level, 0)} interval over the seeds (${methods}). Shaded: where the claim holds.</p>`;
}

const figures = ({ figures: measured }: ClaimReport): Markup =>
  measured.length === 0
    ? html``
    : html`<h3>Also measured</h3><ul class="effects figures">${measured.map(
        (figure) => html`<li><div>${figure.name}</div><div>${figureText(figure)}</div></li>`,
      )}</ul>`;

/** Rows above which a table is folded away. */
const mostOpenRows = 6;

function table({ title, columns, rows }: ClaimTable): Markup {
  const numeric = columns.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const look = (column: number): Markup => trusted(numeric[column] === true ? ' class="number"' : "");
  const cell = (value: string | number, column: number): Markup =>
    html`<td${look(column)}>${typeof value === "number" ? format.number(value) : value}</td>`;
  const whole = scrolled(
    title,
    html`<table class="tight"><thead><tr>${columns.map(
      (column, index) => html`<th scope="col"${look(index)}>${column}</th>`,
    )}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody></table>`,
  );
  return rows.length > mostOpenRows
    ? html`<details><summary>${title}</summary>${whole}</details>`
    : html`<h3>${title}</h3>${whole}`;
}

function section(report: ClaimReport, picture: ClaimPicture): Markup {
  const { name, title, claim, setting, seeds, verdict, caveat, tables } = report;
  return html`<section class="card" id="${name}"><div class="title"><h2>${title}</h2>${badge(verdict.kind)}</div>
<blockquote>${claim}</blockquote>
<p>${setting} ${format.counted(seeds.length, "seed")}.</p>
${decision(verdict.effects)}
${caveat === undefined ? html`` : html`<p><strong>Beside it.</strong> ${caveat}</p>`}
${chartPair(picture)}
${figures(report)}
${tables.map(table)}
<p class="quiet">Alone: <code>npx steepest claims run ${name}</code></p></section>`;
}

/**
 * The page of claims: one HTML file without any network. For each claim what is stated, what was run, what
 * decides with its interval, the verdict and the charts.
 */
export function claimsHtml(data: ClaimsData): string {
  const pictures = data.claims.map(claimPicture);
  const facts = Object.entries(data.environment);
  const body = html`<header>
<p class="brand">Steepest · claims</p>
<h1>What is said about optimizers, tested</h1>
<p class="lead">Each statement is one experiment. What decides it, and from which value on, is written down before anything is run;
the verdict follows from an interval over seeds. A claim that does not hold is reported as such.</p>
<p class="findings">${tallyText(data.claims)}.</p>
</header>
<main>
<section class="card"><h2>Verdicts</h2>${overview(data.claims)}</section>
${data.claims.map((report, index) => {
  const picture = pictures[index];
  return picture === undefined ? html`` : section(report, picture);
})}
<section class="card"><h2>How to read this</h2>
<p>A claim <em>holds</em> where the whole interval of every quantity that decides it lies in the range declared for it, <em>does not
hold</em> where the whole interval of one of them lies outside, and is <em>inconclusive</em> otherwise. In charts a line is the
median of the seeds and its band reaches from the least to the greatest.</p>
<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}<dt>Command</dt><dd><code>${data.command}</code></dd></dl></section>
</main>
<footer>Made by Steepest. This file needs no network and sends nothing. Apart from measured times, the same command gives the same
figures.</footer>`;
  return htmlPage({
    title: `${format.counted(data.claims.length, "claim")} about optimizers, tested`,
    description: tallyText(data.claims),
    style,
    body,
    data: pictures,
    script: program.script(mountClaims),
  });
}
