import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { charts, pageColours, scales } from "./charts.js";
import type { ChartSpec } from "./lineChart.js";
import { svgText } from "./node.js";

const spec: ChartSpec = {
  title: "a chart",
  width: 400,
  height: 300,
  x: { label: "steps", scale: "linear" },
  y: { label: "loss", scale: "log" },
  series: [{ label: "a", colour: "red", dash: "", x: [0, 1, 2, 3], y: [1, 0.1, 0.01, 0.001] }],
  colours: pageColours,
};

/** The path data of the only series. */
const lineOf = (chart: ChartSpec): string =>
  / d="([^"]*)" fill="none" stroke="red"/.exec(svgText(charts.lineChart(chart).node))?.[1] ?? "missing";

describe("scales", () => {
  it("invert what they place", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("linear" as const, "log" as const),
        fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
        fc.double({ min: 1.001, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (kind, low, factor, position) => {
          const scale = scales.scale(kind, [low, low * factor]);
          expect(scale.position(scale.invert(position))).toBeCloseTo(position, 6);
        },
      ),
    );
  });

  it("put a few round, ascending ticks inside the domain", () => {
    expect(
      scales
        .scale("linear", [0, 1])
        .ticks(5)
        .map(({ label }) => label),
    ).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(
      scales
        .scale("log", [1e-3, 1e3])
        .ticks(10)
        .map(({ label }) => label),
    ).toEqual([...["10⁻³", "0.01", "0.1", "1", "10", "100", "1000"]]);
    fc.assert(
      fc.property(
        fc.constantFrom("linear" as const, "log" as const),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: 1.01, max: 1e9, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (kind, low, factor, count) => {
          const ticks = scales
            .scale(kind, [low, low * factor])
            .ticks(count)
            .map(({ value }) => value);
          expect(ticks.length).toBeLessThanOrEqual(4 * count + 4);
          for (const [i, tick] of ticks.entries()) {
            // Of a linear scale the width decides: zero has its place at the foot of 4e4 to 4e13.
            expect(tick).toBeGreaterThanOrEqual(
              low * (1 - 1e-6) - (kind === "linear" ? 1e-6 * low * factor : 0),
            );
            expect(tick).toBeLessThanOrEqual(low * factor * (1 + 1e-6));
            if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1] ?? Number.NaN);
          }
        },
      ),
    );
  });

  it("end where the domain is too narrow for its place", () => {
    expect(scales.scale("linear", [1e17, 1e17 + 32]).ticks(5).length).toBeLessThan(20);
    expect(scales.scale("linear", [-1e300, 1e300]).ticks(5).length).toBeGreaterThan(1);
  });

  it("widen a domain of no extent", () => {
    expect(scales.scale("linear", [2, 2]).position(2)).toBeCloseTo(0.5);
    expect(scales.scale("log", [2, 2]).position(2)).toBeCloseTo(0.5);
  });
});

describe("lineChart", () => {
  it("draws a straight line for a geometric sequence on a logarithmic axis", () => {
    const points = [...lineOf(spec).matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(points).toHaveLength(4);
    const slopes = points
      .slice(1)
      .map(([x = 0, y = 0], i) => (y - (points[i]?.[1] ?? 0)) / (x - (points[i]?.[0] ?? 0)));
    for (const slope of slopes) expect(slope).toBeCloseTo(slopes[0] ?? Number.NaN, 2);
  });

  it("leaves a gap where a value is not finite and holds values far outside", () => {
    const broken = {
      ...spec,
      series: [{ label: "a", colour: "red", dash: "", x: [0, 1, 2, 3], y: [1, Number.NaN, 0.5, 1e300] }],
    };
    const line = lineOf({ ...broken, y: { label: "y", scale: "linear", domain: [0, 1] } });
    expect(line.match(/M/g)).toHaveLength(2);
    for (const [number] of line.matchAll(/-?\d[\d.]*/g)) expect(Math.abs(Number(number))).toBeLessThan(2000);
  });

  it("escapes names and stands without any series", () => {
    const hostile = svgText(
      charts.lineChart({
        ...spec,
        title: `"><script>`,
        series: spec.series.map((series) => ({ ...series, label: "<b>&" })),
      }).node,
    );
    expect(hostile).not.toMatch(/<script|<b>/);
    expect(hostile).toContain("&lt;b&gt;&amp;");
    expect(svgText(charts.lineChart({ ...spec, series: [] }).node)).not.toMatch(/NaN|Infinity/);
  });
});
