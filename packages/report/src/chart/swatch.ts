import type { SvgNode } from "./node.js";
import type { SeriesStyle } from "./palette.js";

/**
 * Builds swatches: a short piece of a series' line with its marker. Self-contained, for a page's inline
 * script.
 */
export function createSwatch(): (style: SeriesStyle) => SvgNode {
  return ({ colour, dash, marker }) => {
    const fill = `var(--series-${colour})`;
    const leaf = (tag: string, attributes: Readonly<Record<string, string | number>>): SvgNode => ({
      tag,
      attributes,
      children: [],
    });
    const head =
      marker === "circle"
        ? leaf("circle", { cx: 15, cy: 8, r: 4.5, fill })
        : leaf("path", {
            d: { square: "M11 4h8v8h-8z", triangle: "M15 3l5 9h-10z", diamond: "M15 2l6 6-6 6-6-6z" }[marker],
            fill,
          });
    return {
      tag: "svg",
      attributes: {
        xmlns: "http://www.w3.org/2000/svg",
        class: "swatch",
        width: 30,
        height: 16,
        viewBox: "0 0 30 16",
        "aria-hidden": "true",
      },
      children: [
        leaf("path", {
          d: "M0 8H30",
          fill: "none",
          stroke: fill,
          "stroke-width": 2,
          ...(dash === "" ? {} : { "stroke-dasharray": dash }),
        }),
        head,
      ],
    };
  };
}

/** The swatch of a series, where it is drawn outside a page. */
export const swatch = createSwatch();
