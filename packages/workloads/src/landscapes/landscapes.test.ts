import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Landscape } from "./landscape.js";
import { findLandscape, landscapes } from "./registry.js";

/** The landscapes, and in other dimensions those that have them. */
const all: readonly Landscape[] = [
  ...landscapes,
  ...["rosenbrock", "rastrigin", "styblinski-tang", "quadratic"].flatMap((name) =>
    [3, 5, 10].map((dimension) => findLandscape(name, { dimension })),
  ),
];

const pointOf = (landscape: Landscape) =>
  fc.tuple(...landscape.bounds.map(([min, max]) => fc.double({ min, max, noNaN: true })));

const gradientOf = (landscape: Landscape, x: readonly number[]): number[] => {
  const out = new Array<number>(landscape.dimension).fill(Number.NaN);
  landscape.gradient(x, out);
  return out;
};

describe.each(all.map((landscape) => [`${landscape.name} in ${landscape.dimension}`, landscape] as const))(
  "%s",
  (_, landscape) => {
    it("has the gradient that finite differences give", () => {
      fc.assert(
        fc.property(pointOf(landscape), (x) => {
          const scale = 1 + Math.abs(landscape.value(x));
          for (const [i, slope] of gradientOf(landscape, x).entries()) {
            const h = 1e-5;
            const moved = (by: number) =>
              landscape.value(x.map((entry, j) => (j === i ? entry + by : entry)));
            const difference = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
            expect(Math.abs(slope - difference)).toBeLessThan(1e-8 * scale + 1e-7 * Math.abs(slope));
          }
        }),
      );
    });

    it("attains its minimum at the minimisers, and nowhere less", () => {
      const scale = 1 + Math.abs(landscape.minimum);
      for (const minimiser of landscape.minimisers) {
        expect(minimiser).toHaveLength(landscape.dimension);
        expect(Math.abs(landscape.value(minimiser) - landscape.minimum)).toBeLessThan(1e-14 * scale);
        const slopes = gradientOf(landscape, minimiser);
        // Against the projection a step must lead out of the feasible set and be taken back; without one the
        // gradient is zero.
        const step = minimiser.map((entry, i) => entry - (slopes[i] ?? Number.NaN));
        landscape.project?.(step);
        for (const [i, entry] of step.entries()) {
          expect(Math.abs(entry - (minimiser[i] ?? Number.NaN))).toBeLessThan(1e-12);
        }
      }
      fc.assert(
        fc.property(pointOf(landscape), (x) => {
          expect(landscape.value(x)).toBeGreaterThanOrEqual(landscape.minimum - 1e-12 * scale);
        }),
      );
    });

    it("starts unsolved and inside the plot", () => {
      expect(landscape.value(landscape.start) - landscape.minimum).toBeGreaterThan(landscape.threshold);
      expect(landscape.bounds).toHaveLength(landscape.dimension);
      for (const point of [landscape.start, ...landscape.minimisers]) {
        for (const [i, [low, high]] of landscape.bounds.entries()) {
          expect(point[i]).toBeGreaterThanOrEqual(low);
          expect(point[i]).toBeLessThanOrEqual(high);
        }
      }
    });

    it("reads views of an optimizer's memory", () => {
      const x = Float32Array.from(landscape.start);
      const out = new Float32Array(landscape.dimension);
      landscape.gradient(x, out);
      for (const [i, slope] of gradientOf(landscape, Array.from(x)).entries()) {
        expect(Math.abs((out[i] ?? Number.NaN) - slope)).toBeLessThanOrEqual(1e-6 * Math.abs(slope));
      }
    });
  },
);

describe("known values", () => {
  it("agree with the literature", () => {
    // Moré, Garbow and Hillstrom 1981: f(-1.2, 1) = 24.2 and, for Beale's function, f(1, 1) = 14.203125.
    expect(findLandscape("rosenbrock").value([-1.2, 1])).toBeCloseTo(24.2, 12);
    expect(findLandscape("beale").value([1, 1])).toBe(14.203125);
    expect(findLandscape("himmelblau").value([0, 0])).toBe(170);
    expect(findLandscape("rastrigin").value([1, 1])).toBeCloseTo(2, 12);
    expect(findLandscape("styblinski-tang").minimum / 2).toBeCloseTo(-39.16617, 5);
  });

  it("give the quadratic its condition number in every direction", () => {
    const { value } = findLandscape("quadratic", { dimension: 4 });
    // The trace of the Hessian is the sum of the eigenvalues 0.1, 1, 10, 100.
    const unit = (i: number) => Array.from({ length: 4 }, (_, j) => (i === j ? 1 : 0));
    const trace = [0, 1, 2, 3].reduce((sum, i) => sum + 2 * value(unit(i)), 0);
    expect(trace).toBeCloseTo(111.1, 10);
  });

  it("set the lecture's race on Rosenbrock's function", () => {
    const rosenbrock = findLandscape("rosenbrock");
    expect(rosenbrock.start).toEqual([-2, 2]);
    expect(rosenbrock.race.learningRate).toBe(0.003);
    expect(rosenbrock.bounds).toEqual([
      [-2, 2],
      [-1, 3],
    ]);
  });
});

describe("findLandscape", () => {
  it("suggests the nearest name", () => {
    expect(() => findLandscape("rosenbrok")).toThrow(/"rosenbrok".*Did you mean "rosenbrock"/);
  });

  it("refuses a dimension that the landscape does not have", () => {
    expect(() => findLandscape("beale", { dimension: 3 })).toThrow(/dimension 2 only, found dimension 3/);
    expect(() => findLandscape("rosenbrock", { dimension: 1 })).toThrow(/2 to 1000000 dimensions/);
    expect(() => findLandscape("rastrigin", { dimension: 2.5 })).toThrow(/found dimension 2\.5/);
  });
});
