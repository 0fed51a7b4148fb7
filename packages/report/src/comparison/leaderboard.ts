import { svgText } from "../chart/node.js";
import { seriesStyle } from "../chart/palette.js";
import { swatch } from "../chart/swatch.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { format } from "../text/format.js";
import { metricText } from "../text/metric.js";
import type { ComparisonData, ComparisonEntry, Cost, Estimate } from "./data.js";

/** A figure and, where they differ from it, its bounds. */
const spread = ({ value, low, high }: Estimate, show: (value: number) => string): Markup =>
  low === high
    ? html`${show(value)}`
    : html`${show(value)} <span class="bounds">[${show(low)}, ${show(high)}]</span>`;

/** What the seeds say of the steps, where one that missed the target makes it more than the range. */
function arrivalsNote({ arrivals: { reached, seeds, median } }: ComparisonEntry): Markup {
  if (reached === seeds || median === undefined) return html``;
  const on = (steps: number): string => (Number.isFinite(steps) ? format.count(steps) : "beyond the budget");
  return html` <span class="bounds" title="median by Kaplan and Meier ${on(median.estimate)}, between ${on(median.low)} and ${on(median.high)}">${reached} of ${format.counted(seeds, "seed")}</span>`;
}

function costCells(entry: ComparisonEntry): Markup {
  const { stepsToTarget, secondsToTarget } = entry;
  const cell = (cost: Cost, show: (value: number) => string, note: Markup): Markup =>
    cost.kind === "reached"
      ? html`<td class="number">${spread(cost, show)}${note}</td>`
      : html`<td class="quiet missed">not reached: ${cost.reason}</td>`;
  return stepsToTarget.kind === "missed" && secondsToTarget.kind === "missed"
    ? html`<td class="quiet missed" colspan="2">not reached: ${stepsToTarget.reason}</td>`
    : html`${cell(stepsToTarget, format.count, arrivalsNote(entry))}${cell(secondsToTarget, format.seconds, html``)}`;
}

const metricCell = (metric: string, { unmeasured }: ComparisonEntry, figure: Estimate | undefined): Markup =>
  figure === undefined
    ? html`<td class="number quiet">${unmeasured ?? "–"}</td>`
    : html`<td class="number">${spread(figure, (value) => metricText(metric, value))}</td>`;

function behind({ standing }: ComparisonEntry): Markup {
  if (standing === undefined) return html`<td class="number quiet">–</td>`;
  const show = (value: number): string => format.number(value, 3);
  const { estimate, low, high } = standing.behind;
  const more =
    standing.moreSeeds === undefined ? "" : `; ${format.counted(standing.moreSeeds, "more seed")} would tell`;
  const times =
    standing.logRankPValue === undefined ? "" : `; log-rank ${format.number(standing.logRankPValue, 2)}`;
  return html`<td class="number" title="in ${standing.quantity}">${spread({ value: estimate, low, high }, show)}
<span class="bounds">p = ${format.number(standing.pValue, 2)}${times}${more}</span></td>`;
}

/**
 * The leaderboard as a table, best first; entries of one group are those that the seeds cannot tell from its
 * first.
 */
export function leaderboardTable(data: ComparisonData): Markup {
  const { metric } = data.target;
  const judged = data.entries.some((entry) => entry.standing !== undefined);
  const rows = data.entries.map(
    (entry, index) => html`<tr data-optimizer="${entry.optimizer}"${
      entry.group === data.entries[index - 1]?.group || index === 0 ? "" : trusted(' class="group"')
    }><td class="number">${entry.rank ?? "–"}</td><td class="number">${entry.group ?? "–"}</td>
<th scope="row">${trusted(svgText(swatch(seriesStyle(index))))}${entry.optimizer}</th>
<td class="number">${entry.learningRate === undefined ? "none" : format.number(entry.learningRate, 3)}</td>
${costCells(entry)}
${metricCell(metric, entry, entry.validation)}
${metricCell(metric, entry, entry.test)}${judged ? behind(entry) : ""}</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard"><table>
<caption>Target: ${data.target.split} ${data.target.metric} ${format.number(data.target.value)}. In brackets: the range
over the seeds for steps and time, else intervals at ${format.percent(data.interval.level, 0)} (${data.interval.method}).</caption>
<thead><tr><th class="number" scope="col">place</th><th class="number" scope="col">group</th><th scope="col">optimizer</th><th class="number" scope="col">learning rate</th>
<th class="number" scope="col">steps to target</th><th class="number" scope="col">CPU time to target</th>
<th class="number" scope="col">validation ${metric}</th><th class="number" scope="col">test ${metric}</th>${
    judged ? html`<th class="number" scope="col">behind the first</th>` : ""
  }</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The verdict in words: who is first, and from whom the first cannot be told apart. */
export function verdict(data: ComparisonData): readonly string[] {
  const [first, ...others] = data.entries;
  if (first === undefined) return ["No optimizer was compared."];
  if (first.unmeasured !== undefined)
    return ["No optimizer could be measured: every one diverged or failed."];
  if (first.stepsToTarget.kind === "missed") {
    return [`No optimizer reached the target; ${first.optimizer} came nearest.`];
  }
  const tied = others.filter((entry) => entry.group === first.group).map((entry) => entry.optimizer);
  const missed = data.entries.filter((entry) => entry.stepsToTarget.kind === "missed").length;
  return [
    `${first.optimizer} reaches the target first, in ${format.counted(first.stepsToTarget.value, "step")}.`,
    tied.length > 0
      ? `Not distinguishable from it with ${data.seeds.length} ${data.seeds.length === 1 ? "seed" : "seeds"}: ${tied.join(", ")}.`
      : others.length > 0
        ? "Its lead over all others is larger than the noise between seeds."
        : "Nothing else was compared.",
    ...(missed > 0 ? [`${missed} of ${data.entries.length} did not reach the target.`] : []),
  ];
}
