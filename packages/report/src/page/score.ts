import type { ScoreChart, ScoreCharts, ScorePicture } from "../score/charts.js";
import type { ChartPanels } from "./chartPanel.js";
import type { Dom } from "./dom.js";
import type { Legends } from "./legend.js";

/** What {@link mountScore} needs of the page's program. */
export interface ScoreParts {
  readonly dom: Dom;
  readonly chartPanels: ChartPanels;
  readonly legends: Legends;
  readonly scoreCharts: ScoreCharts;
}

/** Brings the page of a score to life: it stands as it is without. */
export function mountScore(
  { dom, chartPanels, legends, scoreCharts }: ScoreParts,
  picture: ScorePicture,
): void {
  let allBands = false;
  let emphasis: string | undefined;
  const redraw = (): void => {
    for (const panel of panels) panel.redraw();
    document.querySelectorAll<HTMLElement>("tr[data-submission]").forEach((row) => {
      row.classList.toggle("muted", legend.hidden.has(row.dataset.submission ?? ""));
    });
  };
  const emphasise = (label: string | undefined): void => {
    if (label === emphasis) return;
    emphasis = label;
    redraw();
  };
  const legend = legends(dom.byId("legend"), picture.entries, {
    onToggle: () => redraw(),
    onHover: emphasise,
  });
  const names: readonly ScoreChart[] = ["profile", "score"];
  const panels = names.map((name) =>
    chartPanels(dom.byId(`chart-${name}`), {
      xName: name === "profile" ? "τ" : "τmax",
      onHover: emphasise,
      spec: (width, height) =>
        scoreCharts(picture, name, { allBands, hidden: legend.hidden, emphasis }, width, height),
    }),
  );
  const button = dom.byId("all-bands");
  button.addEventListener("click", () => {
    allBands = !allBands;
    button.setAttribute("aria-pressed", String(allBands));
    redraw();
  });
  dom.byId("choices").hidden = false;
}
