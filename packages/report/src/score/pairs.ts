import { html, type Markup } from "../html/markup.js";
import { format } from "../text/format.js";
import type { ScoreData } from "./data.js";

/**
 * Every pair's p-values as a table, in the order of ranks: of the scores above the diagonal, of the times below
 * it, bold where they tell the two apart.
 */
export function pairsTable({ submissions, pairs, significance }: ScoreData): Markup {
  const found = new Map(
    pairs.flatMap((pair) => [
      [JSON.stringify([pair.first, pair.second]), pair],
      [JSON.stringify([pair.second, pair.first]), pair],
    ]),
  );
  const cell = (row: number, column: number): Markup => {
    const [one, other] = [submissions[row], submissions[column]];
    const pair = found.get(JSON.stringify([one?.name, other?.name]));
    if (pair === undefined) return html`<td class="number quiet">–</td>`;
    const p = row < column ? pair.pValue : pair.timesPValue;
    const shown = format.number(p, 2);
    return p < significance
      ? html`<td class="number"><strong>${shown}</strong></td>`
      : html`<td class="number quiet">${shown}</td>`;
  };
  const heads = submissions.map(
    ({ rank, name }) => html`<th class="number" scope="col" title="${name}">#${rank}</th>`,
  );
  const rows = submissions.map(
    ({ rank, name }, row) =>
      html`<tr data-submission="${name}"><td class="number">${rank}</td><th scope="row">${name}</th>${submissions.map((_, column) => cell(row, column))}</tr>`,
  );
  return html`<table class="narrow"><thead><tr><th class="number" scope="col">rank</th><th scope="col">times below, scores above</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`;
}
