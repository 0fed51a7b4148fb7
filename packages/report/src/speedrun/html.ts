import { stackedBarsFigure } from "../bars/picture.js";
import { svgText } from "../chart/node.js";
import { chartPair, chartPairStyle } from "../claims/chartPair.js";
import { claimPicture, createClaimCharts } from "../claims/charts.js";
import type { ClaimChart } from "../claims/data.js";
import { html, type Markup, scrolled, trusted } from "../html/markup.js";
import { htmlPage } from "../html/page.js";
import { chartProgram } from "../page/chartProgram.js";
import { mountClaims } from "../page/claims.js";
import { format } from "../text/format.js";
import type { OfficialList, SpeedrunData, SpeedrunEntry } from "./data.js";

const style = `
${chartPairStyle}
.pair{grid-template-columns:1fr}
.bars svg{display:block;max-width:100%;height:auto}
.official{border-style:dashed}
.small{font-size:14px}
`;

const program = chartProgram().with("claimCharts", createClaimCharts);

const lossText = ({ loss, lossMargin }: SpeedrunEntry): string =>
  Number.isFinite(loss)
    ? `${loss.toFixed(4)}${lossMargin === undefined ? "" : ` ± ${lossMargin.toFixed(4)}`}`
    : "diverged";

function row(entry: SpeedrunEntry): Markup {
  const { name, title, place, steps, runs, seconds, isRecord, beside, verdict, settings, tuning } = entry;
  return html`<tr><td class="number">${place === undefined ? "–" : String(place)}</td>
<th scope="row">${title}${isRecord ? " · record" : ""}<div class="quiet small">${name}</div></th>
<td class="number">${format.count(steps)}</td><td class="number">${lossText(entry)}</td>
<td class="number">${String(runs)}</td><td class="number">${format.seconds(seconds)}</td>
<td class="number">${beside}</td>
<td>${verdict}<div class="quiet small">${settings}. ${tuning}</div></td></tr>`;
}

function table({ entries, baseline, title }: SpeedrunData): Markup {
  const columns: readonly (readonly [string, boolean])[] = [
    ...([
      ["place", true],
      ["submission", false],
      ["steps", true],
      ["loss, 95 %", true],
    ] as const),
    ...([
      ["runs", true],
      ["time of a run", true],
      [`steps beside ${baseline}`, true],
      ["verdict", false],
    ] as const),
  ];
  const heads = columns.map(
    ([name, isNumber]) => html`<th scope="col"${trusted(isNumber ? ' class="number"' : "")}>${name}</th>`,
  );
  return scrolled(
    title,
    html`<table><thead><tr>${heads}</tr></thead><tbody>${entries.map(row)}</tbody></table>`,
  );
}

/** What every submission took to its stop step, the best first. */
const bars = ({ entries, measure, title }: SpeedrunData): Markup =>
  trusted(
    svgText(
      stackedBarsFigure({
        title,
        unit: { label: measure === "steps" ? "steps" : "s", size: 1 },
        segments: [{ label: measure === "steps" ? "steps to the stop" : "seconds of training" }],
        bars: entries.map(({ title: label, place, steps, seconds }) => ({
          label,
          values: [measure === "steps" ? steps : seconds],
          ...(place === undefined ? { note: "target missed" } : {}),
        })),
      }),
    ),
  );

const courses = ({ entries, target }: SpeedrunData): ClaimChart => ({
  title: "Validation loss on the way, mean of the seeds",
  x: { label: "steps" },
  y: { label: "loss" },
  rules: [{ value: target, label: `target ${target}` }],
  series: entries.map(({ title, course }) => ({
    ...{ name: title, x: course.steps, y: course.losses, dots: true },
  })),
});

const history = ({ measure, records }: OfficialList): ClaimChart => ({
  title: `From record to record, ${measure}`,
  x: { label: "record" },
  // Minutes fell thirtyfold, steps by a quarter.
  y: { label: measure, log: measure === "minutes" },
  series: [
    {
      name: measure,
      x: records.map(({ number }) => number),
      y: records.map(({ value }) => value),
      dots: true,
    },
  ],
});

function officialSection(list: OfficialList): Markup {
  const { title, url, measure, records, others } = list;
  const rows = [
    ...records.map(({ number, value, note }) => [String(number), value, note] as const),
    ...others.map(({ value, note }) => ["–", value, note] as const),
  ].map(
    ([number, value, note]) =>
      html`<tr><td class="number">${number}</td><td class="number">${format.number(value)}</td><td>${note}</td></tr>`,
  );
  return html`<section class="card official"><h2>Not ours: ${title}</h2>
<p>The official list, for comparison: another model on other machines, as its authors publish it at <code>${url}</code>.</p>
${chartPair(officialPicture(list))}
<details><summary>All of it as a table</summary>${scrolled(
    title,
    html`<table><thead><tr><th scope="col" class="number">record</th><th scope="col" class="number">${measure}</th><th scope="col">what was new</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}</details></section>`;
}

const officialPicture = (list: OfficialList) => claimPicture({ name: list.name, charts: [history(list)] });

/** The page of a board: one HTML file without any network, ours and the official history clearly apart. */
export function speedrunHtml(data: SpeedrunData): string {
  const { track, title, description, rule, entries, official, command } = data;
  const own = claimPicture({ name: "ours", charts: entries.length === 0 ? [] : [courses(data)] });
  const leader = entries.find(({ isRecord }) => isRecord);
  const finding =
    leader === undefined
      ? "Nobody holds the record alone."
      : `${leader.title} holds the record: ${format.count(leader.steps)} steps, ${format.seconds(leader.seconds)} a run.`;
  const body = html`<header>
<p class="brand">Steepest · speedrun</p>
<h1>${title}</h1>
<p class="lead">${description}</p>
<p class="findings">${finding}</p>
</header>
<main>
<section class="card"><h2>The board</h2>${table(data)}<p class="quiet">A result counts if ${rule}.</p></section>
<section class="card bars"><h2>What each took to its stop step</h2>${bars(data)}</section>
<section class="card"><h2>On the way</h2>${chartPair(own)}</section>
${official.map(officialSection)}
<section class="card"><h2>How this was made</h2>
<p>Every submission was tuned by the same budget on a seed that no run is judged on; all runs stop at the same step; losses are over
the whole validation split, and the clock does not run meanwhile. Each run's log, with all code, lies beside its record.</p>
<dl><dt>Track</dt><dd>${track}</dd><dt>Command</dt><dd><code>${command}</code></dd></dl></section>
</main>
<footer>Made by Steepest. This file needs no network and sends nothing.</footer>`;
  return htmlPage({
    title,
    description: finding,
    style,
    body,
    data: [own, ...official.map(officialPicture)],
    script: program.script(mountClaims),
  });
}
