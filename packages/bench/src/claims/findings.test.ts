import { describe, expect, it } from "vitest";
import { figureOf, inWords, ratioOf, seriesOf } from "./findings.js";

describe("figures", () => {
  it("are means, ratios geometric ones, with their intervals", () => {
    expect(figureOf("time", [1, 3], "s")).toMatchObject({ name: "time", value: 2, unit: "s" });
    const ratio = ratioOf("ratio", [0.5, 8]);
    expect(ratio.value).toBeCloseTo(2, 12);
    expect((ratio.interval?.low ?? 0) * (ratio.interval?.high ?? 0)).toBeCloseTo(4, 10);
  });

  it("stand in a sentence to three digits", () => {
    const interval = { low: -0.00000116, high: 1234.5, level: 0.95 };
    expect(inWords({ name: "a", value: 0.12345, interval })).toBe("0.123 [-1.16e-6, 1230]");
    expect([0, 2].map((value) => inWords({ name: "a", value }))).toEqual(["0", "2"]);
  });
});

describe("series", () => {
  it("are the median of the seeds between the least and the greatest", () => {
    const curves = [
      [1, 5],
      [2, 4],
      [9, 6],
    ];
    expect(seriesOf("s", [0, 1], curves)).toEqual({
      name: "s",
      x: [0, 1],
      y: [2, 5],
      band: { low: [1, 4], high: [9, 6] },
    });
  });

  it("have a gap where a seed has no value", () => {
    const { y, band } = seriesOf("s", [0, 1, 2], [[1, 2, 3], [1], [1, Number.NaN, 3]]);
    expect(y).toEqual([1, Number.NaN, Number.NaN]);
    expect(band?.low).toEqual([1, Number.NaN, Number.NaN]);
  });
});
