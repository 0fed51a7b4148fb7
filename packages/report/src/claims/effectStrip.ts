import type { SvgNode } from "../chart/node.js";
import { format } from "../text/format.js";
import type { ClaimEffect, Range } from "./data.js";
import { intervalText, rangeText } from "./phrases.js";

const width = 300;
const height = 44;
const middle = 15;

const node = (
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (SvgNode | string)[] = [],
): SvgNode => ({ tag, attributes, children });

const thresholdsOf = (range: Range): readonly number[] => {
  if ("above" in range) return [range.above];
  if ("below" in range) return [range.below];
  return range.between;
};

/** A map of values to pixels: logarithmic where all are positive and far apart. */
function axis(values: readonly number[]): (value: number) => number {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const log = least > 0 && greatest / least > 20;
  const place = (value: number): number => (log ? Math.log(Math.max(value, Number.MIN_VALUE)) : value);
  const extent = place(greatest) - place(least) || Math.abs(place(least)) || 1;
  const start = place(least) - 0.25 * extent;
  return (value) =>
    Math.round(10 * Math.min(width, Math.max(0, ((place(value) - start) / (1.5 * extent)) * width))) / 10;
}

/**
 * An interval as a bar against the values with which a claim holds, which are shaded from threshold to
 * threshold; as an SVG that follows the page's theme.
 */
export function effectStrip(effect: ClaimEffect): SvgNode {
  const { estimate, low, high, holds } = effect;
  const thresholds = thresholdsOf(holds);
  const position = axis([...thresholds, estimate, low, high].filter(Number.isFinite));
  const from = "below" in holds ? 0 : position(thresholds[0] ?? 0);
  const to = "above" in holds ? width : position(thresholds.at(-1) ?? 0);
  const measured = [low, estimate, high].every(Number.isFinite)
    ? [
        node("line", {
          x1: position(low),
          x2: position(high),
          y1: middle,
          y2: middle,
          stroke: "var(--ink)",
          "stroke-width": 3,
          "stroke-linecap": "round",
        }),
        node("circle", { cx: position(estimate), cy: middle, r: 5, fill: "var(--ink)" }),
      ]
    : [];
  return node(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "strip",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": `${intervalText(estimate, effect)}; holds ${rangeText(holds)}`,
      "font-size": 12,
    },
    [
      node("rect", { x: from, y: 3, width: Math.max(0, to - from), height: 24, fill: "var(--good)", rx: 3 }),
      node("line", { x1: 0, x2: width, y1: middle, y2: middle, stroke: "var(--line)" }),
      ...thresholds.flatMap((threshold) => [
        node("line", {
          x1: position(threshold),
          x2: position(threshold),
          y1: 0,
          y2: 30,
          stroke: "var(--accent)",
          "stroke-dasharray": "5 4",
        }),
        node(
          "text",
          {
            x: Math.min(width - 22, Math.max(22, position(threshold))),
            y: 42,
            "text-anchor": "middle",
            fill: "var(--muted)",
          },
          [format.number(threshold)],
        ),
      ]),
      ...measured,
    ],
  );
}
