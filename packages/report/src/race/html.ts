import { createFieldColours } from "../chart/colour.js";
import { svgText } from "../chart/node.js";
import { seriesStyle } from "../chart/palette.js";
import { swatch } from "../chart/swatch.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { chartProgram } from "../page/chartProgram.js";
import { createPlaneViews } from "../page/planeView.js";
import { createPlayers } from "../page/player.js";
import { mountRace } from "../page/race.js";
import { format } from "../text/format.js";
import type { RaceData } from "./data.js";
import { raceFindings, raceProvisos } from "./findings.js";
import { racePicture } from "./prepare.js";
import { hasSettings, raceRows } from "./table.js";

const style = `
.stage{display:grid;grid-template-columns:minmax(0,1.12fr) minmax(0,1fr);gap:16px;align-items:stretch}
.stage .card{display:flex;flex-direction:column}
#field{position:relative;height:min(66vh,660px);min-height:340px;flex:1}
#field canvas{position:absolute;inset:0;width:100%;height:100%}
#field canvas+canvas{cursor:grab;touch-action:pan-y}
#gap{height:300px;flex:1;min-height:240px;cursor:crosshair}
.many #gap{flex:none;height:440px}
@media (min-width:901px){.many #field{flex:none;height:min(76vh,720px)}}
.legend .note{flex:none;margin-left:auto;padding-left:10px;color:var(--muted);font-variant-numeric:tabular-nums;font-size:13px}
.transport{position:sticky;bottom:0;z-index:3;display:flex;flex-wrap:wrap;gap:8px 10px;align-items:center;padding:10px 16px}
.transport #scrub{flex:1 1 220px;height:38px}
.transport output{font-variant-numeric:tabular-nums;min-width:9.5ch;text-align:right}
.transport #play{min-width:7.2em;background:var(--focus);border-color:var(--focus);color:var(--surface);font-weight:600}
.state{white-space:nowrap}
kbd{font:.9em ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;border:1px solid var(--line);border-radius:5px;padding:0 .4em}
@media (max-width:900px){.stage{grid-template-columns:minmax(0,1fr)}#field{height:min(92vw,60vh)}.transport{margin-inline:-4px}}
`;

/** With more runs than this the chart gets more room, and its legend is longer than it is. */
const manyRuns = 12;

const program = chartProgram()
  .with("fieldColours", createFieldColours)
  .with("planeViews", createPlaneViews)
  .with("players", createPlayers);

function resultTable(data: RaceData): Markup {
  const hasSetting = hasSettings(data);
  const index = new Map(data.runs.map((run, position) => [run.label, position]));
  const rows = raceRows(data).map(
    (row) => html`<tr><td class="number quiet">${row.place}</td>
<th scope="row">${trusted(svgText(swatch(seriesStyle(index.get(row.label) ?? 0))))}${row.label}</th>
<td class="number">${row.learningRate}</td>${hasSetting ? html`<td>${row.setting}</td>` : ""}<td class="number">${row.finalValue}</td><td class="number">${row.distance}</td>
<td class="number">${row.firstStep}</td><td class="state">${row.state}</td></tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results"><table>
<caption>After ${format.counted(data.steps, "step")}, lowest final value first. Distance is to the nearest minimiser.</caption>
<thead><tr><th class="number" scope="col">#</th><th scope="col">optimizer</th><th class="number" scope="col">learning rate</th>${hasSetting ? html`<th scope="col">set by the landscape</th>` : ""}
<th class="number" scope="col">final value</th><th class="number" scope="col">distance</th>
<th class="number" scope="col">first step under ${format.number(data.threshold)}</th><th scope="col">state</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const point = (coordinates: readonly number[]): string =>
  coordinates.length > 4
    ? `(${coordinates
        .slice(0, 3)
        .map((coordinate) => format.number(coordinate))
        .join(", ")}, …)`
    : coordinates.length === 1
      ? format.number(coordinates[0] ?? Number.NaN)
      : `(${coordinates.map((coordinate) => format.number(coordinate)).join(", ")})`;

/**
 * The page of a race: one HTML file without any network, animated (play, scrub, speed, keyboard), with the
 * paths over contours or, in one dimension, over the steps, the gap to the minimum over the steps, and the
 * table of results.
 */
export function raceHtml(data: RaceData): string {
  const findings = html`<p class="findings">${raceFindings(data).join(" ")}</p>`;
  const field =
    data.view.kind === "line"
      ? html`<h2>Where they are: x over the steps</h2>`
      : html`<h2>Where they are${data.view.slice === undefined ? "" : `: ${data.view.slice}`}</h2>`;
  const drawing =
    data.view.kind === "line"
      ? html`<p>Each line is the iterate of one optimizer.</p>`
      : html`<p>Contours are log-spaced; the stronger the blue, the lower. The ring is the start, a star a minimiser. A head at the edge has left
the box; a cross on it means that the run diverged. Zoom with the buttons, a pinch or Ctrl + wheel, and drag to move.</p>`;
  const body = html`<header>
<p class="brand">Steepest · race</p>
<h1>${data.title}</h1>
<p class="lead">${format.counted(data.runs.length, "optimizer")}, ${format.counted(data.steps, "step")} from ${point(data.start)}, minimum
${format.number(data.minimum)}${data.dimension > 2 ? html` in ${data.dimension} dimensions` : ""}.
Source: ${data.source}.</p>
${findings}
</header>
<main>
<div class="stage${data.runs.length > manyRuns ? " many" : ""}">
<section class="card" aria-label="Paths">
<div class="controls spread">${field}
<div class="controls" id="zoom"><button type="button" id="zoom-in" aria-label="Zoom in">+</button>
<button type="button" id="zoom-out" aria-label="Zoom out">−</button><button type="button" id="zoom-fit">Fit</button></div></div>
<div id="field" class="chart"></div>
</section>
<section class="card" aria-label="Progress">
<div class="controls spread"><h2>How far above the minimum</h2>
<div class="controls"><button type="button" id="log-gap" aria-pressed="${String(data.view.kind === "plane")}">log value</button>
<button type="button" id="log-steps" aria-pressed="false">log steps</button></div></div>
<div id="gap" class="chart"></div>
<ul class="legend" id="legend" aria-label="Optimizers: in the order of the results; click to hide or show"></ul>
</section>
</div>
<section class="card transport" aria-label="Playback">
<button type="button" id="play">▶ Play</button>
<button type="button" id="restart" aria-label="Restart">↺</button>
<input type="range" id="scrub" aria-label="Step" min="0" max="${data.steps}" step="1" value="0">
<output id="step" for="scrub">0</output>
<label>Speed <select id="speed"><option value="0.1">0.1×</option><option value="0.25">0.25×</option><option value="0.5">0.5×</option>
<option value="1" selected>1×</option><option value="2">2×</option><option value="5">5×</option></select></label>
</section>
<noscript><p class="notice">The animation needs JavaScript; the table below does not.</p></noscript>
<section class="card"><h2>Results</h2>${resultTable(data)}</section>
<section class="card"><h2>How to read this</h2>
${drawing}
${raceProvisos(data).map((sentence) => html`<p>${sentence}</p>`)}
<p>The chart on the side shows f(x<sub>k</sub>) − f*, how far the value is above the minimum; click or drag in it to move through
time. The legend is in the order of the results. Point at a name there (or tap it, or reach it with <kbd>tab</kbd>) and
the other runs fade; a click hides or shows the run, a double click shows it alone, and the number beside each is its gap now.</p>
<p>Keys: <kbd>space</kbd> play or pause, <kbd>←</kbd> <kbd>→</kbd> one step (with <kbd>shift</kbd> a fiftieth of the race),
<kbd>home</kbd> <kbd>end</kbd>, <kbd>r</kbd> restart, <kbd>l</kbd> log steps.</p></section>
</main>
<footer>Made by <code>${data.command}</code>. Float64 throughout; the same command gives the same picture.</footer>`;
  return htmlPage({
    title: `${data.title}: a race of ${format.counted(data.runs.length, "optimizer")}`,
    description: `Paths of ${format.counted(data.runs.length, "optimizer")} on ${data.title}`,
    style,
    body,
    data: racePicture(data),
    script: program.script(mountRace),
  });
}
