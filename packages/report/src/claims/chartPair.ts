import { charts, pageColours } from "../chart/charts.js";
import { svgText } from "../chart/node.js";
import { swatch } from "../chart/swatch.js";
import { html, type Markup, trusted } from "../html/markup.js";
import { type ClaimPicture, createClaimCharts, type PictureChart } from "./charts.js";

/** The style of {@link chartPair}. */
export const chartPairStyle = `
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:16px;margin-bottom:12px}
.pair .chart{height:330px}
.pair h3{margin:0 0 4px}
.legend{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
@media (max-width:900px){.pair .chart{height:280px}}
`;

const claimCharts = createClaimCharts({ colours: pageColours });

/** A chart as it stands before, or without, the page's script. */
const stillChart = (chart: PictureChart): Markup =>
  trusted(
    svgText(charts.lineChart(claimCharts(chart, { hidden: new Set(), emphasis: undefined }, 600, 330)).node),
  );

/** Charts side by side under one legend, which the page's script brings to life; nothing where there are none. */
export function chartPair({ name, legend, charts: drawn }: ClaimPicture): Markup {
  if (drawn.length === 0) return html``;
  const keys = legend.map(({ label, style }) => html`<li>${trusted(svgText(swatch(style)))}${label}</li>`);
  const panels = drawn.map(
    (chart, index) =>
      html`<div><h3>${chart.title}</h3><div class="chart" id="chart-${name}-${index}">${stillChart(chart)}</div></div>`,
  );
  return html`<ul class="legend" id="legend-${name}" aria-label="Series: click to hide or show">${keys}</ul>
<div class="pair">${panels}</div>`;
}
