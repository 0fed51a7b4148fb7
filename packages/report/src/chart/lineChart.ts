import type { ChartRoot } from "./chartRoot.js";
import type { SvgNode } from "./node.js";
import type { Scale, ScaleKind, Scales } from "./scales.js";

/** One axis of a chart. */
export interface ChartAxis {
  readonly label: string;
  readonly scale: ScaleKind;
  /** Found from the series where absent. */
  readonly domain?: readonly [number, number];
}

/** One line. Arrays are equally long and `x` ascends; a `y` that is not finite leaves a gap. */
export interface ChartSeries {
  readonly label: string;
  readonly colour: string;
  readonly dash: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Bounds of a band around the line. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Whether each point also gets a dot. */
  readonly dots?: boolean;
  /** How opaque the line is while none is emphasised; 1 by default. */
  readonly opacity?: number;
}

/** A labelled horizontal line: a target, a minimiser. */
export interface ChartRule {
  readonly value: number;
  readonly label: string;
}

/** The colours of a chart by use, in any notation of CSS. */
export interface ChartColours {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
  readonly surface: string;
}

/** All that a line chart is drawn from. */
export interface ChartSpec {
  /** What the chart shows, for readers who do not see it. */
  readonly title: string;
  /** Size in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  readonly rules?: readonly ChartRule[];
  readonly colours: ChartColours;
  /** Label of a series drawn thick while the others fade. */
  readonly emphasis?: string;
}

/** A rectangle in CSS pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A chart as it was laid out: its SVG, and where its plot and its values lie, for cursors. */
export interface LineChart {
  readonly node: SvgNode;
  readonly plot: Rectangle;
  readonly x: Scale;
  readonly y: Scale;
}

/** The charts as {@link createCharts} builds them. */
export interface Charts {
  /** Lays out a line chart as SVG. */
  lineChart(spec: ChartSpec): LineChart;
}

/** Builds the charts. Self-contained, so that a page's inline script can hold the same source. */
export function createCharts({
  scales,
  chartRoot,
}: {
  readonly scales: Scales;
  readonly chartRoot: ChartRoot;
}): Charts {
  const node = (
    tag: string,
    attributes: Readonly<Record<string, string | number>>,
    children: readonly (SvgNode | string)[] = [],
  ): SvgNode => ({ tag, attributes, children });
  const round = (value: number): number => Math.round(10 * value) / 10;

  const axisScale = (axis: ChartAxis, values: Iterable<number>): Scale =>
    scales.scale(
      axis.scale,
      axis.domain ?? scales.extent(axis.scale, values, axis.scale === "log" ? [1, 10] : [0, 1]),
    );

  function* valuesOf(series: readonly ChartSeries[]): Generator<number> {
    for (const { y, band } of series) {
      yield* y;
      if (band !== undefined) {
        yield* band.low;
        yield* band.high;
      }
    }
  }

  const lineChart = (spec: ChartSpec): LineChart => {
    const { width, height, colours } = spec;
    const plot: Rectangle = {
      left: 56,
      top: 12,
      width: Math.max(40, width - 56 - 24),
      height: Math.max(40, height - 12 - 42),
    };
    const x = axisScale(
      spec.x,
      spec.series.flatMap((series) => series.x),
    );
    const y = axisScale(spec.y, valuesOf(spec.series));
    // Far outside the plot a coordinate is held, so that a diverging run cannot overflow the renderer.
    const place = (scale: Scale, value: number): number => Math.min(3, Math.max(-2, scale.position(value)));
    const px = (value: number): number => round(place(x, value) * plot.width);
    const py = (value: number): number => round((1 - place(y, value)) * plot.height);

    const path = (xs: readonly number[], ys: readonly number[]): string => {
      let text = "";
      let drawing = false;
      xs.forEach((value, index) => {
        const left = px(value);
        const top = py(ys[index] ?? Number.NaN);
        const visible = Number.isFinite(left) && Number.isFinite(top);
        if (visible) text += `${drawing ? "L" : "M"}${left} ${top}`;
        drawing = visible;
      });
      return text;
    };
    const bandPath = (xs: readonly number[], low: readonly number[], high: readonly number[]): string => {
      const kept = xs
        .map((value, index) => ({
          x: px(value),
          low: py(low[index] ?? Number.NaN),
          high: py(high[index] ?? Number.NaN),
        }))
        .filter((point) => Number.isFinite(point.x + point.low + point.high));
      if (kept.length < 2) return "";
      const there = kept.map((point) => `${point.x} ${point.high}`).join("L");
      const back = kept
        .reverse()
        .map((point) => `${point.x} ${point.low}`)
        .join("L");
      return `M${there}L${back}Z`;
    };

    const text = (
      content: string,
      attributes: Readonly<Record<string, string | number>>,
      fill = colours.muted,
    ): SvgNode => node("text", { fill, "font-size": 11.5, ...attributes }, [content]);

    const grid: SvgNode[] = [];
    for (const tick of y.ticks(Math.max(2, Math.round(plot.height / 38)))) {
      const top = round(plot.top + py(tick.value));
      grid.push(
        node("line", { x1: plot.left, x2: plot.left + plot.width, y1: top, y2: top, stroke: colours.grid }),
        text(tick.label, { x: plot.left - 8, y: top + 4, "text-anchor": "end" }),
      );
    }
    for (const tick of x.ticks(Math.max(2, Math.round(plot.width / 90)))) {
      const left = round(plot.left + px(tick.value));
      const foot = plot.top + plot.height;
      grid.push(
        node("line", { x1: left, x2: left, y1: foot, y2: foot + 5, stroke: colours.muted }),
        text(tick.label, { x: left, y: foot + 18, "text-anchor": "middle" }),
      );
    }

    const lines: SvgNode[] = [];
    // The emphasised line last, on top of the others.
    const ordered = [...spec.series].sort(
      (a, b) => Number(a.label === spec.emphasis) - Number(b.label === spec.emphasis),
    );
    for (const series of ordered) {
      const faded = spec.emphasis !== undefined && spec.emphasis !== series.label;
      const strong = spec.emphasis === series.label;
      const opacity = faded ? 0.12 : strong ? 1 : (series.opacity ?? 1);
      if (series.band !== undefined) {
        const d = bandPath(series.x, series.band.low, series.band.high);
        if (d !== "") lines.push(node("path", { d, fill: series.colour, "fill-opacity": 0.13 * opacity }));
      }
      const d = path(series.x, series.y);
      lines.push(
        node(
          "path",
          {
            d,
            fill: "none",
            stroke: series.colour,
            "stroke-width": strong ? 3.2 : 1.9,
            "stroke-linejoin": "round",
            "stroke-opacity": opacity,
            ...(series.dash === "" ? {} : { "stroke-dasharray": series.dash }),
          },
          [node("title", {}, [series.label])],
        ),
      );
      if (series.dots === true) {
        series.x.forEach((value, index) => {
          const top = py(series.y[index] ?? Number.NaN);
          if (Number.isFinite(top)) {
            lines.push(
              node("circle", { cx: px(value), cy: top, r: 3, fill: series.colour, "fill-opacity": opacity }),
            );
          }
        });
      }
    }
    for (const rule of spec.rules ?? []) {
      const top = py(rule.value);
      if (!(top >= 0 && top <= plot.height)) continue;
      const baseline = top < 20 ? top + 16 : top - 6;
      lines.push(
        node("line", {
          x1: 0,
          x2: plot.width,
          y1: top,
          y2: top,
          stroke: colours.accent,
          "stroke-dasharray": "5 4",
        }),
        // A plate in the background's colour keeps the label readable over lines.
        node("rect", {
          x: 4,
          y: baseline - 12,
          width: round(6.4 * rule.label.length + 8),
          height: 16,
          rx: 3,
          fill: colours.surface,
          "fill-opacity": 0.92,
        }),
        text(rule.label, { x: 8, y: baseline }, colours.accent),
      );
    }

    const middle = plot.top + plot.height / 2;
    const root = chartRoot({ label: spec.title, width, height }, [
      ...grid,
      // A nested viewport clips to the plot without an id that could clash in a page of many charts.
      node(
        "svg",
        { x: plot.left, y: plot.top, width: plot.width, height: plot.height, overflow: "hidden" },
        lines,
      ),
      node("path", {
        d: `M${plot.left} ${plot.top}V${plot.top + plot.height}H${plot.left + plot.width}`,
        fill: "none",
        stroke: colours.muted,
      }),
      text(
        spec.x.label,
        { x: plot.left + plot.width / 2, y: height - 6, "text-anchor": "middle" },
        colours.ink,
      ),
      text(
        spec.y.label,
        { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` },
        colours.ink,
      ),
    ]);
    return { node: root, plot, x, y };
  };

  return { lineChart };
}
