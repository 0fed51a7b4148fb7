import type { ComparisonChart, ComparisonCharts, ComparisonPicture } from "../comparison/charts.js";
import type { ChartPanels } from "./chartPanel.js";
import type { Dom } from "./dom.js";
import type { Legends } from "./legend.js";

/** What {@link mountComparison} needs of the page's program. */
export interface ComparisonParts {
  readonly dom: Dom;
  readonly chartPanels: ChartPanels;
  readonly legends: Legends;
  readonly comparisonCharts: ComparisonCharts;
}

/** Brings the page of a comparison to life: it stands as it is without. */
export function mountComparison(
  { dom, chartPanels, legends, comparisonCharts }: ComparisonParts,
  picture: ComparisonPicture,
): void {
  let over: "steps" | "seconds" = "steps";
  let logProgress = false;
  let logLoss = true;
  let emphasis: string | undefined;

  const legend = legends(dom.byId("legend"), picture.entries, {
    onToggle: () => redraw(),
    onHover: (label) => emphasise(label),
  });
  const classifies = picture.entries.some((entry) => entry.accuracy !== undefined);
  const names: readonly ComparisonChart[] = [
    "loss",
    ...(classifies ? ["accuracy" as const] : []),
    "sensitivity",
  ];
  const panels = names.map((name) =>
    chartPanels(dom.byId(name), {
      get xName() {
        return name === "sensitivity" ? "learning rate" : over === "steps" ? "step" : "CPU second";
      },
      onHover: (label) => emphasise(label),
      spec: (width, height) =>
        comparisonCharts(
          picture,
          name,
          { over, logProgress, logLoss, hidden: legend.hidden, emphasis },
          width,
          height,
        ),
    }),
  );
  const redraw = (): void => {
    for (const panel of panels) panel.redraw();
    document.querySelectorAll<HTMLElement>("tr[data-optimizer]").forEach((row) => {
      row.classList.toggle("muted", legend.hidden.has(row.dataset.optimizer ?? ""));
    });
  };
  const emphasise = (label: string | undefined): void => {
    if (label === emphasis) return;
    emphasis = label;
    redraw();
  };
  const press = (id: string, pressed: boolean): void =>
    dom.byId(id).setAttribute("aria-pressed", String(pressed));
  const onClick = (id: string, act: () => void): void =>
    dom.byId(id).addEventListener("click", () => {
      act();
      press("over-steps", over === "steps");
      press("over-seconds", over === "seconds");
      press("log-progress", logProgress);
      press("log-loss", logLoss);
      redraw();
    });
  onClick("over-steps", () => (over = "steps"));
  onClick("over-seconds", () => (over = "seconds"));
  onClick("log-progress", () => (logProgress = !logProgress));
  onClick("log-loss", () => (logLoss = !logLoss));
  dom.byId("choices").hidden = false;
}
