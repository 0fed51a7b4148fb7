import { chartRoot } from "../chart/chartRoot.js";
import { pageColours, scales } from "../chart/charts.js";
import { inkOn } from "../chart/contrast.js";
import type { ChartColours } from "../chart/lineChart.js";
import { type SvgNode, svgText } from "../chart/node.js";
import { palette, seriesStyle } from "../chart/palette.js";
import { type ThemeName, themes } from "../chart/theme.js";
import { generator } from "../generator.js";
import { format } from "../text/format.js";
import { wrap } from "../text/wrap.js";
import { createStackedBars, type SegmentColours, type StackedBars } from "./stackedBars.js";

/** How a picture of stacked bars looks. */
export interface StackedBarsOptions {
  /** Colours of the picture; light by default. */
  readonly theme?: ThemeName;
  /** Width in CSS pixels, 260 or more; 960 by default. */
  readonly width?: number;
}

const layOut = createStackedBars({ scales, format, chartRoot });
const defaultWidth = 960;
const margin = 20;
const titleSize = 19;
const titleHeight = 25;

const drawn = (
  data: StackedBars,
  width: number,
  colours: ChartColours,
  colourOf: (colour: number) => SegmentColours,
): SvgNode =>
  layOut({
    ...data,
    width,
    colours,
    segmentColours: data.segments.map((_, index) => colourOf(seriesStyle(index).colour)),
  });

/** Stacked bars for a page of this package: colours follow the page's theme through CSS variables. */
export const stackedBarsFigure = (data: StackedBars, width = defaultWidth): SvgNode =>
  drawn(data, width, pageColours, (colour) => ({
    fill: `var(--series-${colour})`,
    ink: `var(--on-series-${colour})`,
  }));

/** A still picture of stacked bars under their title, complete in itself, as the text of an SVG file. */
export function stackedBarsSvg(data: StackedBars, options: StackedBarsOptions = {}): string {
  const { theme: name = "light", width = defaultWidth } = options;
  const theme = themes[name];
  const chart = drawn(data, width - 2 * margin, theme, (colour) => {
    const fill = palette[name][colour] ?? theme.muted;
    return { fill, ink: inkOn(fill) };
  });
  // A letter of a bold sans-serif is about 0.62 of its size wide.
  const title = wrap(data.title, Math.floor((width - 2 * margin) / (0.62 * titleSize))).split("\n");
  const titleRoom = 27 + titleHeight * title.length;
  const height = Number(chart.attributes.height) + titleRoom + margin;
  return svgText({
    ...chart,
    attributes: { ...chart.attributes, viewBox: `0 0 ${width} ${height}`, width, height },
    children: [
      { tag: "metadata", attributes: {}, children: [generator] },
      { tag: "rect", attributes: { width, height, rx: 12, fill: theme.surface }, children: [] },
      ...title.map((line, index) => ({
        tag: "text",
        attributes: {
          x: margin,
          y: 34 + titleHeight * index,
          "font-size": titleSize,
          "font-weight": 700,
          fill: theme.ink,
        },
        children: [line],
      })),
      {
        tag: "g",
        attributes: { transform: `translate(${margin} ${titleRoom})` },
        children: chart.children,
      },
    ],
  });
}
