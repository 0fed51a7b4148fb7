import type { SvgNode } from "./node.js";

/** What the root of a chart says: its size in CSS pixels, and what it shows, for readers who do not see it. */
export interface ChartFrame {
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

/** Puts what a chart draws into the SVG element that makes it a picture: of its size, described, in our font. */
export type ChartRoot = (frame: ChartFrame, drawn: readonly SvgNode[]) => SvgNode;

/** Builds the roots of charts. Self-contained, for a page's inline script. */
export const createChartRoot =
  (): ChartRoot =>
  ({ label, width, height }, drawn) => ({
    tag: "svg",
    attributes: {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": label,
      "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    },
    children: drawn,
  });

/** The root of a chart that is drawn outside a page. */
export const chartRoot = createChartRoot();
