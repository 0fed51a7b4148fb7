import type { ClaimCharts, ClaimPicture } from "../claims/charts.js";
import type { ChartPanels } from "./chartPanel.js";
import type { Dom } from "./dom.js";
import type { Legends } from "./legend.js";

/** What {@link mountClaims} needs of the page's program. */
export interface ClaimsParts {
  readonly dom: Dom;
  readonly chartPanels: ChartPanels;
  readonly legends: Legends;
  readonly claimCharts: ClaimCharts;
}

/** Brings the charts of a page of claims to life: it stands as it is without. */
export function mountClaims(
  { dom, chartPanels, legends, claimCharts }: ClaimsParts,
  pictures: readonly ClaimPicture[],
): void {
  for (const { name, legend: items, charts } of pictures) {
    if (charts.length === 0) continue;
    let emphasis: string | undefined;
    const redraw = (): void => {
      for (const panel of panels) panel.redraw();
    };
    const emphasise = (label: string | undefined): void => {
      if (label === emphasis) return;
      emphasis = label;
      redraw();
    };
    const legend = legends(dom.byId(`legend-${name}`), items, {
      onToggle: () => redraw(),
      onHover: emphasise,
    });
    const panels = charts.map((chart, index) =>
      chartPanels(dom.byId(`chart-${name}-${index}`), {
        xName: chart.x.label,
        onHover: emphasise,
        spec: (width, height) => claimCharts(chart, { hidden: legend.hidden, emphasis }, width, height),
      }),
    );
  }
}
