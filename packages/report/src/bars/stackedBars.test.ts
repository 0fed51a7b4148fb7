import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { svgText } from "../chart/node.js";
import { palette } from "../chart/palette.js";
import { themes } from "../chart/theme.js";
import { stackedBarsFigure, stackedBarsSvg } from "./picture.js";
import type { StackedBars } from "./stackedBars.js";

/** The lecture's chart of GPT-2 XL: 41 GB in eight parts. */
const lecture: StackedBars = {
  title: "GPT-2 XL under Adam",
  unit: { label: "GB", size: 1e9 },
  segments: [
    "parameters",
    "gradients",
    "master",
    "momentum",
    "variance",
    "activations",
    "buffers",
    "slack",
  ].map((label) => ({ label })),
  bars: [
    {
      label: "gpt2-xl",
      values: [3, 3, 6, 6, 6, 8, 6, 3].map((gigabytes) => gigabytes * 1e9),
      range: { low: 36e9, high: 50e9 },
      note: "short by 9 GB",
    },
  ],
  limit: { value: 32e9, label: "32 GB of the device" },
};

const elements = (svg: string, selector: string) =>
  Array.from(parseHTML(`<body>${svg}</body>`).document.querySelectorAll(selector));
const numberOf = (element: Element, name: string): number => Number(element.getAttribute(name));
/** The parts of all bars: rectangles with a tooltip. */
const parts = (data: StackedBars, width = 960) =>
  elements(svgText(stackedBarsFigure(data, width)), "g > rect").map((rect) => ({
    title: rect.parentElement?.querySelector("title")?.textContent ?? "",
    left: numberOf(rect, "x"),
    top: numberOf(rect, "y"),
    width: numberOf(rect, "width"),
    fill: rect.getAttribute("fill"),
  }));
const texts = (data: StackedBars, width?: number) =>
  elements(svgText(stackedBarsFigure(data, width)), "text").map((text) => text.textContent ?? "");

describe("stacked bars", () => {
  it("puts parts end to end, each as long as its share, in the order and colours of the key", () => {
    const drawn = parts(lecture);
    expect(drawn).toHaveLength(8);
    const pixels = (drawn[7]?.left ?? 0) - (drawn[0]?.left ?? 0);
    let before = 0;
    for (const [index, gigabytes] of [3, 3, 6, 6, 6, 8, 6, 3].entries()) {
      expect(
        Math.abs((drawn[index]?.left ?? 0) - (drawn[0]?.left ?? 0) - (before / 38) * pixels),
      ).toBeLessThan(0.2);
      expect(drawn[index]?.fill).toBe(`var(--series-${index})`);
      before += gigabytes;
    }
    expect(drawn[5]?.title).toBe("gpt2-xl: activations 8 GB (19.5%)");
    const key = elements(svgText(stackedBarsFigure(lecture)), "svg > rect").map((rect) =>
      rect.getAttribute("fill"),
    );
    expect(key).toEqual(drawn.map(({ fill }) => fill));
  });

  it("marks the limit and the range where the parts' own scale has them", () => {
    const svg = svgText(stackedBarsFigure(lecture));
    const drawn = parts(lecture);
    const [zero, end] = [drawn[0]?.left ?? 0, drawn[7]?.left ?? 0];
    const at = (gigabytes: number): number => zero + ((end - zero) * gigabytes) / 38;
    const limit = elements(svg, "line").find((line) => line.getAttribute("stroke-dasharray") !== null);
    expect(Math.abs((limit === undefined ? 0 : numberOf(limit, "x1")) - at(32))).toBeLessThan(0.2);
    const whisker = /M([\d.]+) [\d.]+v6m0 -3H([\d.]+)m0 -3v6/.exec(svg);
    expect(Math.abs(Number(whisker?.[1]) - at(36))).toBeLessThan(0.2);
    expect(Math.abs(Number(whisker?.[2]) - at(50))).toBeLessThan(0.2);
  });

  it("says its totals, in the accent's colour where they pass the limit, also to those who do not see it", () => {
    const svg = svgText(stackedBarsFigure(lecture));
    const total = elements(svg, "text").find((text) => text.textContent === "41 GB, short by 9 GB");
    expect(total?.getAttribute("fill")).toBe("var(--accent)");
    expect(elements(svg, "svg")[0]?.getAttribute("aria-label")).toBe(
      "GPT-2 XL under Adam. gpt2-xl: 41 GB, short by 9 GB. 32 GB of the device",
    );
    const roomy = { ...lecture, limit: { value: 80e9, label: "80 GB" } };
    const within = elements(svgText(stackedBarsFigure(roomy)), "text").find((text) =>
      text.textContent?.startsWith("41 GB"),
    );
    expect(within?.getAttribute("fill")).toBe("var(--ink)");
  });

  it("has the values of a lone bar in its key, and leaves out of the key what no bar has", () => {
    expect(texts(lecture)).toContain("variance 6 GB");
    const two: StackedBars = {
      ...lecture,
      bars: ["adam", "sgd"].map((label) => ({ label, values: [3e9, 3e9, 0, label === "adam" ? 6e9 : 0] })),
    };
    const shown = texts(two);
    expect(shown).toContain("momentum");
    for (const absent of ["variance", "master", "slack"]) expect(shown).not.toContain(absent);
    expect(parts(two).filter(({ title }) => title.startsWith("sgd"))).toHaveLength(2);
  });

  it("keeps everything inside the picture, for any number of bars and any width", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            label: fc.string({ maxLength: 60 }),
            values: fc.array(fc.double({ min: 0, max: 1e13, noNaN: true }), { maxLength: 8 }),
            note: fc.string({ maxLength: 40 }),
          }),
          { maxLength: 45 },
        ),
        fc.integer({ min: 260, max: 1600 }),
        fc.option(fc.double({ min: 1, max: 1e13, noNaN: true }), { nil: undefined }),
        (bars, width, limit) => {
          const { limit: _, ...rest } = lecture;
          const data = {
            ...rest,
            bars,
            ...(limit === undefined ? {} : { limit: { value: limit, label: "the device" } }),
          };
          const svg = svgText(stackedBarsFigure(data, width));
          expect(svg).not.toMatch(/NaN|Infinity|undefined/);
          const tops = new Set<number>();
          for (const { left, width: wide, top } of parts(data, width)) {
            expect(left).toBeGreaterThanOrEqual(0);
            expect(left + wide).toBeLessThanOrEqual(width);
            tops.add(top);
          }
          expect(tops.size).toBe(bars.filter(({ values }) => values.some((value) => value > 0)).length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("escapes names, and stands where values are nonsense or missing", () => {
    const hostile = svgText(
      stackedBarsFigure({
        ...lecture,
        title: `"><script>`,
        bars: [{ label: "<b>&", values: [Number.NaN, -5, Number.POSITIVE_INFINITY, 1e9] }],
      }),
    );
    expect(hostile).not.toMatch(/<script|<b>/);
    expect(elements(hostile, "g > rect")).toHaveLength(1);
    expect(svgText(stackedBarsFigure({ ...lecture, bars: [], segments: [] }))).not.toMatch(/NaN|Infinity/);
  });
});

describe.each(["light", "dark"] as const)("the %s picture of stacked bars", (theme) => {
  it("is a file complete in itself, in the theme's own colours", () => {
    const svg = stackedBarsSvg(
      { ...lecture, title: "What a long title ".repeat(8).trim() },
      { theme, width: 500 },
    );
    expect(svg).toContain("generated by Steepest");
    expect(svg).not.toContain("var(");
    for (const colour of [themes[theme].surface, themes[theme].ink, ...palette[theme].slice(0, 8)]) {
      expect(svg).toContain(colour);
    }
    const titles = elements(svg, "svg > text").filter((text) => text.getAttribute("font-weight") === "700");
    expect(titles.map((line) => line.textContent).join(" ")).toBe("What a long title ".repeat(8).trim());
    expect(titles.length).toBeGreaterThan(1);
    const [root] = elements(svg, "svg");
    expect(root?.getAttribute("viewBox")).toBe(`0 0 500 ${root?.getAttribute("height")}`);
  });
});
