import fc from "fast-check";
import { expect, it } from "vitest";
import { format } from "./format.js";

it("writes numbers with significant digits", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0"],
    [2000, "2000"],
    [0.003, "0.003"],
    [Math.PI, "3.142"],
    [12345.678, "12346"],
    [1.5e7 + 0.5, "1.5e7"],
    [-0.00001234567, "-1.235e-5"],
    [1e-8, "1e-8"],
    [-1, "-1"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NEGATIVE_INFINITY, "-∞"],
    [Number.NaN, "NaN"],
  ];
  for (const [value, text] of cases) expect(format.number(value)).toBe(text);
});

it("is right to the digits that it shows", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
      expect(Math.abs(Number(format.number(value)) - value)).toBeLessThanOrEqual(5.001e-4 * Math.abs(value));
    }),
  );
});

it("writes counts, percentages and durations", () => {
  expect(format.count(79510)).toBe("79,510");
  expect(format.count(-1234567)).toBe("-1,234,567");
  expect([1, 0, 2000].map((steps) => format.counted(steps, "step"))).toEqual([
    "1 step",
    "0 steps",
    "2,000 steps",
  ]);
  expect(format.percent(0.88449)).toBe("88.4%");
  expect(format.seconds(0.3401)).toBe("340 ms");
  expect(format.seconds(2.5)).toBe("2.5 s");
  expect(format.seconds(185)).toBe("3 min 05 s");
  expect(format.seconds(Number.POSITIVE_INFINITY)).toBe("∞");
});

it("writes bytes in decimal units", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [79_510 * 4, "318 kB"],
    [999_600, "1 MB"],
    [6.2304448e9, "6.23 GB"],
    [41.053e9, "41.1 GB"],
    [2.5e18, "2500 PB"],
    [-9.05e9, "-9.05 GB"],
  ];
  for (const [value, text] of cases) expect(format.bytes(value)).toBe(text);
});
