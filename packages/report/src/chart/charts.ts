import { format } from "../text/format.js";
import { chartRoot } from "./chartRoot.js";
import { type ChartColours, createCharts } from "./lineChart.js";
import { createScales } from "./scales.js";

/** The scales of this package, where they run outside a page. */
export const scales = createScales({ format });

/** The charts of this package, where they run outside a page. */
export const charts = createCharts({ scales, chartRoot });

/**
 * Builds the colours of a chart that follow the page's theme through CSS variables. Self-contained, for a
 * page's script.
 */
export const createPageColours = (): ChartColours => ({
  ink: "var(--ink)",
  muted: "var(--muted)",
  grid: "var(--grid)",
  accent: "var(--accent)",
  surface: "var(--surface)",
});

/** The colours of a chart in a page. */
export const pageColours: ChartColours = createPageColours();
