import { type RandomStream, randomStream } from "@steepest/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { studentCentralProbability, studentCriticalValue } from "./distributions.js";
import { correctForLeader, uncorrectedLevel } from "./leader.js";
import { moreInEach, morePairs, pairsNeeded, sampleSizeNeeded, studentPower } from "./power.js";
import { againstLeader, holm } from "./verdict.js";

describe("the power of Student's test", () => {
  it("agrees with R's documentation of power.t.test", () => {
    // power.t.test(n = 20, delta = 1, sd = 1): power = 0.8689528
    expect(studentPower(studentCriticalValue(0.95, 38), 38, Math.sqrt(10))).toBeCloseTo(0.8689528, 6);
    // power.t.test(power = .90, delta = 1): n = 22.02110
    expect(sampleSizeNeeded(1, { power: 0.9 })).toBe(23);
    // Cohen's tables: 64 each, and 34 pairs, for an effect of a half.
    expect(sampleSizeNeeded(0.5)).toBe(64);
    expect(pairsNeeded(0.5)).toBe(34);
  });

  it("needs as many by the normal law as by Student's, where there are hundreds", () => {
    const power = (degrees: number, effect: number) =>
      studentPower(studentCriticalValue(0.95, degrees), degrees, effect);
    for (const effect of [0.16, 0.15, 0.12, 0.1]) {
      const pairs = pairsNeeded(effect);
      expect(power(pairs - 1, effect * Math.sqrt(pairs))).toBeGreaterThan(0.7995);
      expect(power(pairs - 2, effect * Math.sqrt(pairs - 1))).toBeLessThan(0.8005);
      const each = sampleSizeNeeded(effect);
      expect(power(2 * each - 2, effect * Math.sqrt(each / 2))).toBeGreaterThan(0.7995);
      expect(power(2 * each - 4, effect * Math.sqrt((each - 1) / 2))).toBeLessThan(0.8005);
    }
  });

  it("is the level where there is no effect, and 1 where it is huge", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.constantFrom(0.9, 0.95, 0.99), (degrees, level) => {
        const critical = studentCriticalValue(level, degrees);
        expect(studentPower(critical, degrees, 0)).toBeCloseTo(1 - level, 4);
        expect(studentPower(critical, degrees, 1e3 * critical)).toBeCloseTo(1, 4);
      }),
    );
  });
});

describe("how many more", () => {
  it("is the least number with enough power", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 6, noNaN: true }), (effect) => {
        const n = pairsNeeded(effect);
        const power = (count: number) =>
          studentPower(studentCriticalValue(0.95, count - 1), count - 1, effect * Math.sqrt(count));
        expect(power(n)).toBeGreaterThanOrEqual(0.8);
        if (n > 2) expect(power(n - 1)).toBeLessThan(0.8);
      }),
      { numRuns: 30 },
    );
  });

  it("counts what is there already, and is infinite where no difference is seen", () => {
    // Mean 1, standard deviation 2: an effect of a half.
    expect(morePairs([-1, 1, 3])).toBe(34 - 3);
    expect(morePairs([-1, 0, 1])).toBe(Number.POSITIVE_INFINITY);
    expect(morePairs([-1, 1, 3], 1)).toBe(Number.POSITIVE_INFINITY);
    // They look alike, but rounding to 10 scatters by 10/√6: two in all would do without, four are needed.
    expect(pairsNeeded((11 * Math.sqrt(6)) / 10)).toBe(4);
    expect(morePairs([11, 11], 10)).toBe(4 - 2);
    expect(moreInEach([1, 2, 3], [1, 2, 3])).toBe(Number.POSITIVE_INFINITY);
    expect(moreInEach([0], [1])).toBe(Number.POSITIVE_INFINITY);
    expect(moreInEach([-1, 0, 1], [-0.5, 0.5, 1.5])).toBe(64 - 3);
  });

  it("is at least what the exchange test needs: 2 / C(8, 4) is the first below 5 %", () => {
    expect(moreInEach([1, 1, 1], [2, 2, 2])).toBe(1);
    expect(moreInEach([1, 1], [2, 2], { alpha: 0.01 })).toBe(3);
  });
});

describe("the correction for a leader that was chosen", () => {
  const test = (pValue: number, statistic: number) => ({ pValue, statistic });
  /** p of |t| on two degrees of freedom. */
  const p2 = (t: number) => 1 - t / Math.sqrt(2 + t * t);

  it("leaves a single test alone", () => {
    expect(correctForLeader([test(0.03, 5)], 3)).toEqual([0.03]);
    expect(correctForLeader([], 3)).toEqual([]);
  });

  it("lies between the p-value and Holm's for all pairs, keeps the order, and grows with the field", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 60, noNaN: true }), { minLength: 2, maxLength: 6 }),
        (ts) => {
          const tests = ts.map((t) => test(p2(t), t));
          const corrected = correctForLeader(tests, 3);
          const pairs = (ts.length * (ts.length + 1)) / 2;
          for (const [i, { pValue }] of tests.entries()) {
            expect(corrected[i]).toBeGreaterThanOrEqual(pValue);
            expect(corrected[i]).toBeLessThanOrEqual(
              Math.min(1, pairs * Math.max(...tests.map((t) => t.pValue))),
            );
            for (const [j, other] of tests.entries())
              if (other.pValue > pValue) expect(corrected[j]).toBeGreaterThanOrEqual(corrected[i] ?? 0);
          }
          const more = correctForLeader([...tests, test(1, 0)], 3);
          for (const [i, value] of corrected.entries()) expect(more[i]).toBeGreaterThan(0.9 * value - 0.004);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("asks a single test for the level at which the corrected one is just called different", () => {
    for (const [others, count] of [
      [1, 3],
      [2, 3],
      [3, 10],
      [11, 5],
      [11, 40],
    ] as const) {
      const level = uncorrectedLevel(0.04, others, count);
      const statistic = studentCriticalValue(1 - level, count - 1);
      const corrected = (factor: number): number => {
        const t = factor * statistic;
        const p = 1 - studentCentralProbability(t, count - 1);
        return (
          correctForLeader(
            Array.from({ length: others }, () => test(p, t)),
            count,
          )[0] ?? 1
        );
      };
      expect(corrected(1.001)).toBeLessThan(0.04);
      expect(corrected(0.999)).toBeGreaterThanOrEqual(0.04);
    }
    expect(uncorrectedLevel(0.04, 1, 3)).toBe(0.04);
  });

  it("is met by as many seeds as are said to be needed, four times in five", () => {
    const others = 5;
    const gap = 0.9;
    const field = (seeds: number, stream: RandomStream) =>
      Array.from({ length: others + 1 }, (_, i) => ({
        name: String(i),
        values: Array.from({ length: seeds }, () => (i === 0 ? gap : 0) + stream.normal() / Math.SQRT2),
      }));
    // Three differences of which mean and standard deviation are the true ones.
    const pilot = [-1, 0, 1].map((value) => gap + value);
    const [first] = againstLeader(
      { name: "leader", values: pilot },
      Array.from({ length: others }, (_, i) => ({ name: String(i), values: [0, 0, 0] })),
    );
    const seeds = 3 + (first?.moreSeeds ?? Number.NaN);
    let told = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const [leader, ...rest] = field(seeds, randomStream(run, "planned-seeds"));
      if (leader === undefined) throw new Error("a field has a leader");
      told += againstLeader(leader, rest).filter(({ distinguishable }) => distinguishable).length / others;
    }
    // All are equally far behind, so that step down tells the later ones at a milder level.
    expect(told / runs).toBeGreaterThan(0.75);
    expect(told / runs).toBeLessThan(0.92);
  });

  it("is stricter than Holm's where many values make the choice of the leader matter", () => {
    // Ten differences with |t| = 3.2 each have p = 0.0108; Holm's factor is then 3.
    const tests = Array.from({ length: 3 }, () => test(0.0108, 3.2));
    expect(correctForLeader(tests, 10)[0]).toBeGreaterThan(holm(tests.map(({ pValue }) => pValue))[0] ?? 1);
  });
});
