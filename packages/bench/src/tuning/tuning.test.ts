import { readFileSync } from "node:fs";
import { SteepestError } from "@steepest/optim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { haltonPoints } from "./halton.js";
import { legacyRandomState } from "./mersenneTwister.js";
import { quasiRandomSearch, scaleToRange } from "./searchSpace.js";

const points = z.array(z.array(z.number()));
const golden = z
  .object({ dims1: points, dims2: points, dims3: points, dims7: points })
  .parse(JSON.parse(readFileSync(new URL("../../fixtures/halton.json", import.meta.url), "utf8")));

describe("legacyRandomState", () => {
  it("draws the reference outputs of MT19937 seeded with 5489", () => {
    const random = legacyRandomState(5489);
    expect([random.bits(), random.bits(), random.bits()]).toEqual([3499211612, 581869302, 3890346734]);
    const later = legacyRandomState(5489);
    for (let i = 1; i < 10_000; i++) later.bits();
    expect(later.bits()).toBe(4123659995);
  });

  it("shuffles into a permutation", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(50), (seed, length) => {
        const values = Array.from({ length }, (_, i) => i);
        expect(
          legacyRandomState(seed)
            .shuffled(values)
            .toSorted((a, b) => a - b),
        ).toEqual(values);
      }),
    );
  });
});

describe("haltonPoints", () => {
  it.each([
    [1, golden.dims1],
    [2, golden.dims2],
    [3, golden.dims3],
    [7, golden.dims7],
  ] as const)(
    "equals the official unshuffled points in %i dimensions, bit for bit",
    (dimensions, expected) => {
      expect(haltonPoints(expected.length, dimensions)).toEqual(expected);
    },
  );

  it("extends a shorter sequence without changing it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), (count, dimensions) => {
        expect(haltonPoints(count + 7, dimensions).slice(0, count)).toEqual(haltonPoints(count, dimensions));
      }),
      { numRuns: 20 },
    );
  });

  it("fills the unit interval more evenly than its count's square root: star discrepancy below 4 ln(n)/n", () => {
    const count = 512;
    const sorted = haltonPoints(count, 1)
      .map(([u]) => u ?? Number.NaN)
      .toSorted((a, b) => a - b);
    const discrepancy = Math.max(
      ...sorted.map((u, i) => Math.max(Math.abs(u - i / count), Math.abs(u - (i + 1) / count))),
    );
    expect(discrepancy).toBeLessThan((4 * Math.log(count)) / count);
  });

  it("goes past the 167 odd primes below 1000", () => {
    expect(haltonPoints(1, 170)[0]).toHaveLength(170);
  });

  it("refuses a fractional count and no dimensions", () => {
    expect(() => haltonPoints(1.5, 1)).toThrow(SteepestError);
    expect(() => haltonPoints(1, 0)).toThrow(SteepestError);
  });
});

describe("quasiRandomSearch", () => {
  it("maps the unit interval onto each kind of range, ends included", () => {
    expect(scaleToRange(0.5, { scaling: "log", min: 1e-4, max: 1e-2 })).toBeCloseTo(1e-3, 15);
    expect(scaleToRange(0.25, { scaling: "linear", min: 2, max: 10 })).toBe(4);
    expect([0, 0.49, 0.5, 0.99].map((u) => scaleToRange(u, { feasiblePoints: [3, 7] }))).toEqual([
      3, 3, 7, 7,
    ]);
  });

  it("keeps every point inside its range", () => {
    const range = fc.record({
      scaling: fc.constantFrom("linear" as const, "log" as const),
      min: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      factor: fc.double({ min: 1, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(range, ({ scaling, min, factor }) => {
        const max = min * factor;
        for (const { lr } of quasiRandomSearch({ lr: { scaling, min, max } }, 8)) {
          expect(lr).toBeGreaterThanOrEqual(min * (1 - 1e-12));
          expect(lr).toBeLessThanOrEqual(max * (1 + 1e-12));
        }
      }),
    );
  });

  it("gives each name the coordinate of its place", () => {
    const unit = { scaling: "linear", min: 0, max: 1 } as const;
    expect(quasiRandomSearch({ a: unit, b: unit }, 2)).toEqual(
      golden.dims2.slice(0, 2).map(([a, b]) => ({ a, b })),
    );
    expect(quasiRandomSearch({}, 2)).toEqual([{}, {}]);
  });

  it("refuses ranges that hold nothing", () => {
    expect(() => quasiRandomSearch({ lr: { feasiblePoints: [] } }, 1)).toThrow(/no feasible points/);
    expect(() => quasiRandomSearch({ lr: { scaling: "log", min: 0, max: 1 } }, 1)).toThrow(/min > 0/);
    expect(() => quasiRandomSearch({ lr: { scaling: "linear", min: 2, max: 1 } }, 1)).toThrow(/min <= max/);
  });
});
