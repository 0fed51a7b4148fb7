import type { ChartRoot } from "../chart/chartRoot.js";
import type { ChartColours } from "../chart/lineChart.js";
import type { SvgNode } from "../chart/node.js";
import type { Scales } from "../chart/scales.js";
import type { NumberFormat } from "../text/format.js";

/** One bar: a sum of parts, e.g. the memory of a training run under one optimizer. */
export interface StackedBar {
  readonly label: string;
  /** The length of each part in the order of `segments`, not negative; 0 where the bar has no such part. */
  readonly values: readonly number[];
  /** Where the whole may lie, drawn as a whisker. */
  readonly range?: { readonly low: number; readonly high: number };
  /** What is said behind the total, e.g. `short by 9.1 GB`. */
  readonly note?: string;
}

/** All that a chart of stacked bars shows, as plain data. */
export interface StackedBars {
  /** What the chart shows, for readers who do not see it too. */
  readonly title: string;
  /** The unit that is printed, and how many of the values' units it is: `GB`, 1e9. */
  readonly unit: { readonly label: string; readonly size: number };
  /** The parts of every bar from left to right. */
  readonly segments: readonly { readonly label: string }[];
  readonly bars: readonly StackedBar[];
  /** A bound that bars may pass, e.g. the memory of a device. */
  readonly limit?: { readonly value: number; readonly label: string };
}

/** The colour of a part and of text on it, in any notation of CSS. */
export interface SegmentColours {
  readonly fill: string;
  readonly ink: string;
}

/** {@link StackedBars} with how they look. */
export interface StackedBarsSpec extends StackedBars {
  /** Width in CSS pixels, 260 or more; the height follows from what there is to show. */
  readonly width: number;
  readonly colours: ChartColours;
  /** One for each part, in the order of `segments`. */
  readonly segmentColours: readonly SegmentColours[];
}

/** Lays out stacked bars as SVG. */
export type StackedBarsChart = (spec: StackedBarsSpec) => SvgNode;

/**
 * Builds the layout of stacked bars: one horizontal bar a row, its total and note behind it, a key below.
 * Parts are told apart by order, by their gaps and by the values in them too, never by colour alone; each
 * has a tooltip. Self-contained, so that a page's inline script can hold the same source.
 */
export function createStackedBars({
  scales,
  format,
  chartRoot,
}: {
  readonly scales: Scales;
  readonly format: NumberFormat;
  readonly chartRoot: ChartRoot;
}): StackedBarsChart {
  const node = (
    tag: string,
    attributes: Readonly<Record<string, string | number>>,
    children: readonly (SvgNode | string)[] = [],
  ): SvgNode => ({ tag, attributes, children });
  const round = (value: number): number => Math.round(10 * value) / 10;
  const textSize = 12.5;
  /** Of a sans-serif text, so that what is placed beside it keeps clear. */
  const widthOf = (text: string): number => 0.58 * textSize * text.length;
  const cut = (text: string, room: number): string => {
    const letters = Math.max(3, Math.floor(room / widthOf("x")));
    return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
  };
  const drawable = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

  return (spec) => {
    const { width, colours, unit, segments, bars, limit } = spec;
    const text = (
      content: string,
      attributes: Readonly<Record<string, string | number>>,
      fill = colours.ink,
    ): SvgNode => node("text", { fill, "font-size": textSize, ...attributes }, [content]);
    const amount = (value: number): string => `${format.number(value / unit.size, 3)} ${unit.label}`;

    const rows = bars.map((bar) => {
      const values = segments.map((_, index) => bar.values[index] ?? 0);
      const total = values.reduce((sum, value) => sum + value, 0);
      const said = bar.note === undefined ? amount(total) : `${amount(total)}, ${bar.note}`;
      return { ...bar, values, total, said };
    });
    const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf));
    const reachOf = ({ total, range }: (typeof rows)[number]): number =>
      Math.max(drawable(total), drawable(range?.high ?? 0));
    const most = Math.max(...rows.map(reachOf), drawable(limit?.value ?? 0), Number.MIN_VALUE);
    const labelRoom = Math.min(0.32 * width, longest(rows.map(({ label }) => label)));
    const left = labelRoom + 14;
    // As wide as leaves room for what is said behind each bar, but never less than half of what there is.
    const room = width - left - 14;
    const fitting = rows.map((row) => (room - widthOf(row.said)) / (reachOf(row) / most));
    const rowHeight = rows.length > 8 ? 22 : 34;
    const gap = rows.length > 8 ? 5 : 10;
    const plot = {
      left,
      top: limit === undefined ? 6 : 26,
      width: Math.max(room / 2, Math.min(room, ...fitting)),
      height: rows.length * (rowHeight + gap) + gap,
    };
    const scale = scales.scale("linear", [0, most / unit.size]);
    const px = (value: number): number => round(plot.left + scale.position(value / unit.size) * plot.width);
    const foot = plot.top + plot.height;

    const grid = scale.ticks(Math.max(2, Math.round(plot.width / 80))).flatMap(({ value, label }) => {
      const left = px(value * unit.size);
      return [
        node("line", { x1: left, x2: left, y1: plot.top, y2: foot, stroke: colours.grid }),
        text(
          `${label} ${unit.label}`,
          { x: left, y: foot + 16, "text-anchor": "middle", "font-size": 11.5 },
          colours.muted,
        ),
      ];
    });

    const drawn = rows.map((bar, row) => {
      const { label, values, total, range, said } = bar;
      const top = plot.top + gap + row * (rowHeight + gap);
      const middle = top + rowHeight / 2;
      const parts: SvgNode[] = [];
      let before = 0;
      values.forEach((value, index) => {
        const length = drawable(value);
        if (length === 0) return;
        const [left, right] = [px(before), px(before + length)];
        before += length;
        const { fill, ink } = spec.segmentColours[index] ?? { fill: colours.muted, ink: colours.surface };
        const name = segments[index]?.label ?? "";
        const share = format.percent(total > 0 ? value / total : 0);
        const shown = format.number(value / unit.size, 3);
        parts.push(
          node("g", {}, [
            node("title", {}, [`${label}: ${name} ${amount(value)} (${share})`]),
            // The gap tells neighbours apart; what is thinner than it is drawn a hair wide, never left out.
            node("rect", {
              x: left,
              y: top,
              width: round(Math.max(0.6, right - left - 1.5)),
              height: rowHeight,
              rx: 2,
              fill,
            }),
            ...(widthOf(shown) + 6 <= right - left
              ? [text(shown, { x: round((left + right) / 2), y: middle + 4.5, "text-anchor": "middle" }, ink)]
              : []),
          ]),
        );
      });
      // In the gap under the bar, where it hides no value.
      const below = top + rowHeight + gap / 2;
      const end = px(reachOf(bar)) + 8;
      const whisker =
        range === undefined || !(range.high > range.low)
          ? []
          : [
              node("path", {
                d: `M${px(drawable(range.low))} ${below - 3}v6m0 -3H${px(drawable(range.high))}m0 -3v6`,
                fill: "none",
                stroke: colours.ink,
                "stroke-width": 1.6,
              }),
            ];
      const over = limit !== undefined && total > limit.value;
      return node("g", {}, [
        text(cut(label, labelRoom), { x: plot.left - 8, y: middle + 4.5, "text-anchor": "end" }),
        ...parts,
        ...whisker,
        text(cut(said, width - end), { x: end, y: middle + 4.5 }, over ? colours.accent : colours.ink),
      ]);
    });

    const bound = (): readonly SvgNode[] => {
      if (limit === undefined || !Number.isFinite(limit.value)) return [];
      const left = px(limit.value);
      const half = widthOf(limit.label) / 2;
      return [
        node("line", {
          x1: left,
          x2: left,
          y1: plot.top - 6,
          y2: foot,
          stroke: colours.accent,
          "stroke-width": 1.6,
          "stroke-dasharray": "5 4",
        }),
        text(
          limit.label,
          {
            x: round(Math.min(width - half - 2, Math.max(half + 2, left))),
            y: plot.top - 11,
            "text-anchor": "middle",
          },
          colours.accent,
        ),
      ];
    };

    // One bar alone has the values of its parts in the key, so that thin ones can be read too.
    const only = rows.length === 1 ? rows[0] : undefined;
    const keys = segments.flatMap(({ label }, index) => {
      if (rows.every(({ values }) => drawable(values[index] ?? 0) === 0)) return [];
      return [{ index, said: only === undefined ? label : `${label} ${amount(only.values[index] ?? 0)}` }];
    });
    const columns = Math.max(1, Math.floor((width - 8) / (longest(keys.map(({ said }) => said)) + 40)));
    const keyTop = foot + 44;
    const key = keys.flatMap(({ index, said }, place) => {
      const left = round(8 + (place % columns) * ((width - 8) / columns));
      const top = keyTop + Math.floor(place / columns) * 21;
      const fill = spec.segmentColours[index]?.fill ?? colours.muted;
      return [
        node("rect", { x: left, y: top - 11, width: 13, height: 13, rx: 2, fill }),
        text(said, { x: left + 20, y: top }),
      ];
    });
    const height = round(keyTop + Math.max(0, Math.ceil(keys.length / columns) - 1) * 21 + 10);

    const totals = rows.map(({ label, said }) => `${label}: ${said}`).join("; ");
    const label = `${spec.title}. ${totals}${limit === undefined ? "" : `. ${limit.label}`}`;
    return chartRoot({ label, width, height }, [
      ...grid,
      node("path", { d: `M${plot.left} ${plot.top}V${foot}`, fill: "none", stroke: colours.muted }),
      ...drawn,
      ...bound(),
      ...key,
    ]);
  };
}
