import { randomStream } from "@steepest/random";
import fc from "fast-check";
import * as reference from "simple-statistics";
import { describe, expect, it } from "vitest";
import { mean, median, midRanks, quantile, standardDeviation } from "./descriptive.js";
import {
  normalCdf,
  normalQuantile,
  studentCentralProbability,
  studentCriticalValue,
} from "./distributions.js";
import { bootstrapInterval, meanInterval, studentInterval, unbiasedInterval } from "./intervals.js";
import { pairedDifference, pairedStudentTest, signedRankTest, signFlipTest } from "./paired.js";
import { againstLeader, holm } from "./verdict.js";

const numbers = (minLength: number) =>
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength, maxLength: 30 });

describe("descriptive statistics", () => {
  it("agree with simple-statistics", () => {
    fc.assert(
      fc.property(numbers(2), (values) => {
        expect(mean(values)).toBeCloseTo(reference.mean(values), 8);
        expect(standardDeviation(values)).toBeCloseTo(reference.sampleStandardDeviation(values), 8);
        expect(median(values)).toBeCloseTo(reference.median(values), 8);
      }),
    );
  });

  it("interpolate quantiles: p of 0..n is p n", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
        const ramp = Array.from({ length: n + 1 }, (_, i) => n - i);
        expect(quantile(ramp, p)).toBeCloseTo(n * p, 9);
      }),
    );
  });

  it("keep infinities, as in times to a target that some runs never reach", () => {
    const { POSITIVE_INFINITY: never } = Number;
    expect(median([300, never, 200])).toBe(300);
    expect(median([never, 200, never])).toBe(never);
    expect(median([200, never])).toBe(never);
    expect(median([never, never])).toBe(never);
  });

  it("share the mean rank among ties", () => {
    expect(midRanks([10, 20, 10, 30])).toEqual([1.5, 3, 1.5, 4]);
  });
});

describe("distributions", () => {
  it("the normal one agrees with tabulated values and inverts", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14);
    expect(normalCdf(-3)).toBeCloseTo(0.00134989803163009, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.95996398454005, 12);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
        expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 8);
        expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 14);
      }),
    );
  });

  it("Student's agrees with its closed forms at 1, 2 and 4 degrees of freedom and with the printed 97.5 % points", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), (t) => {
        expect(studentCentralProbability(t, 1)).toBeCloseTo((2 / Math.PI) * Math.atan(t), 12);
        expect(studentCentralProbability(t, 2)).toBeCloseTo(t / Math.sqrt(2 + t * t), 12);
        const u = 1 + (t * t) / 4;
        expect(studentCentralProbability(t, 4)).toBeCloseTo((t / 2 / Math.sqrt(u)) * (1 + 1 / (2 * u)), 12);
      }),
    );
    expect(studentCriticalValue(0.95, 2)).toBeCloseTo(4.30265, 5);
    expect(studentCriticalValue(0.95, 9)).toBeCloseTo(2.26216, 5);
    expect(studentCriticalValue(0.95, 30)).toBeCloseTo(2.04227, 5);
  });
});

describe("bootstrap intervals", () => {
  // Multiples of 1/4: their sums are exact, so that ties survive a change of scale.
  const sample = [1.25, 0.5, 2.75, 1.75, 0.25, 5, 1.5, 0.75, 2.25, 2];

  it("are a pure function of the seed", () => {
    expect(bootstrapInterval(sample, mean, { seed: 3 })).toEqual(
      bootstrapInterval(sample, mean, { seed: 3 }),
    );
    expect(bootstrapInterval(sample, mean, { seed: 3 })).not.toEqual(
      bootstrapInterval(sample, mean, { seed: 4 }),
    );
  });

  it("of a two-valued sample's mean are the binomial quantiles", () => {
    const coins = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    const { low, high } = bootstrapInterval(coins, mean, { method: "percentile", replicates: 20_000 });
    // The 2.5 % and 97.5 % points of Binomial(10, 1/2) are 2 and 8.
    expect([low, high]).toEqual([0.2, 0.8]);
  });

  it("shift and scale with the values (both methods)", () => {
    for (const method of ["percentile", "bca"] as const) {
      const plain = bootstrapInterval(sample, mean, { method });
      const moved = bootstrapInterval(
        sample.map((value) => 4 * value - 7),
        mean,
        { method },
      );
      expect(moved.low).toBeCloseTo(4 * plain.low - 7, 9);
      expect(moved.high).toBeCloseTo(4 * plain.high - 7, 9);
    }
  });

  it("BCa leans towards the long tail of a skewed sample", () => {
    const percentile = bootstrapInterval(sample, mean, { method: "percentile" });
    const corrected = bootstrapInterval(sample, mean);
    // Its tails are wider than the percentiles', by the factor of Student's t, but only upwards.
    expect(corrected.low).toBeGreaterThanOrEqual(percentile.low);
    expect(corrected.high).toBeGreaterThan(percentile.high);
  });

  it("of replicates drawn elsewhere reach from once to twice as far on the other side as these are off", () => {
    // Four replicates of 11, 11, 13, 13 for an estimate of 10: 2 too large, scattered by 1.
    const { low, high, estimate } = unbiasedInterval(10, { count: 4, sum: 8, squares: 20 }, 5);
    expect(low).toBeCloseTo(10 - 2 * 2 - 1.959963984540054 * (1 + 1 / 16), 9);
    expect(high).toBeCloseTo(10 - 2 + 1.959963984540054 * (1 + 1 / 16), 9);
    expect([low < estimate, estimate < high]).toEqual([true, true]);
    const mirrored = unbiasedInterval(10, { count: 4, sum: -8, squares: 20 }, 5);
    expect(20 - mirrored.high).toBeCloseTo(low, 12);
    expect(20 - mirrored.low).toBeCloseTo(high, 12);
  });

  it("of replicates hold the estimate, and say nothing of a single value", () => {
    fc.assert(
      fc.property(numbers(1), fc.integer({ min: 2, max: 20 }), (gaps, n) => {
        const sum = gaps.reduce((total, gap) => total + gap, 0);
        const squares = gaps.reduce((total, gap) => total + gap * gap, 0);
        const { low, high } = unbiasedInterval(3, { count: gaps.length, sum, squares }, n);
        expect(low).toBeLessThanOrEqual(3);
        expect(high).toBeGreaterThanOrEqual(3);
      }),
    );
    expect(unbiasedInterval(3, { count: 1, sum: 0, squares: 0 }, 1)).toMatchObject({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  it("of equal values are a point", () => {
    expect(bootstrapInterval([2, 2, 2], mean)).toMatchObject({ low: 2, high: 2 });
  });

  it("of a mean are Student's below thirty values, then the bootstrap's", () => {
    const ramp = (count: number) => Array.from({ length: count }, (_, i) => i);
    expect(meanInterval(ramp(29))).toEqual(studentInterval(ramp(29)));
    expect(meanInterval(ramp(30))).toEqual(bootstrapInterval(ramp(30), mean));
  });

  it("need two values", () => {
    expect(() => bootstrapInterval([1], mean)).toThrow(/at least 2 values, found 1/);
    expect(() => studentInterval([1])).toThrow(/at least 2 values, found 1/);
  });
});

/** The share of `runs` seeded simulations in which `covers` holds. */
function share(runs: number, covers: (run: number) => boolean): number {
  let hits = 0;
  for (let run = 0; run < runs; run++) if (covers(run)) hits++;
  return hits / runs;
}

const normals = (count: number, seed: number) => {
  const stream = randomStream(seed, "simulation");
  return Array.from({ length: count }, () => stream.normal());
};

describe("coverage, by simulation", () => {
  // 2,000 runs: the standard error of a share near 95 % is 0.5 points.
  it("Student intervals of three normal values cover their mean in 93-97 % of runs", () => {
    const coverage = share(2000, (seed) => {
      const { low, high } = studentInterval(normals(3, seed));
      return low <= 0 && 0 <= high;
    });
    expect(coverage).toBeGreaterThan(0.93);
    expect(coverage).toBeLessThan(0.97);
  });

  it("an A/A comparison of one optimizer under two names finds a difference in at most 5 % of runs", () => {
    const found = share(2000, (seed) =>
      againstLeader({ name: "a", values: normals(3, 2 * seed) }, [
        { name: "b", values: normals(3, 2 * seed + 1) },
      ]).some(({ distinguishable }) => distinguishable),
    );
    expect(found).toBeGreaterThan(0.03);
    expect(found).toBeLessThan(0.06);
  });
});

describe("paired tests", () => {
  it("count signs exactly: n equal signs give 2^(1-n)", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 10 }), (values) => {
        expect(signFlipTest(values)).toBe(2 ** (1 - values.length));
        expect(signedRankTest(values)).toBe(2 ** (1 - values.length));
      }),
    );
  });

  it("agree with the printed table of the signed-rank test: n = 8, W = 3 has p = 0.0391", () => {
    expect(signedRankTest([-3, 1.5, 2.5, 4, 5, 6, 7, 8].map((v, i) => (i === 0 ? -2.7 : v)))).toBeCloseTo(
      10 / 256,
      12,
    );
  });

  it("drawn signs come close to counted ones", () => {
    const values = [3, -1, 4, 1, 5, -9, 2, 6, 5, 3, 5, 8, 9, -7, 9, 3];
    const longer = [...values, 0];
    expect(signFlipTest(longer, { replicates: 20_000 })).toBeCloseTo(signFlipTest(values), 2);
  });

  it("are two-sided and ignore the order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 9 }), (values) => {
        const mirrored = values.map((value) => 0 - value).toReversed();
        expect(signFlipTest(mirrored)).toBe(signFlipTest(values));
        expect(signedRankTest(mirrored)).toBe(signedRankTest(values));
        expect(pairedStudentTest(mirrored)).toBeCloseTo(pairedStudentTest(values), 12);
      }),
    );
  });

  it("Student's: (1, 2, 3) has t = 2√3 on 2 degrees of freedom", () => {
    const t = 2 * Math.sqrt(3);
    expect(pairedStudentTest([1, 2, 3])).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    expect(pairedStudentTest([0, 0, 0])).toBe(1);
    expect(pairedStudentTest([2, 2, 2])).toBe(0);
  });

  it("its interval excludes 0 exactly when its p-value is below 5 %", () => {
    fc.assert(
      fc.property(numbers(3), (a) => {
        const b = a.map((value, i) => value * 0.5 + i);
        const { low, high } = pairedDifference(a, b);
        const p = pairedStudentTest(a.map((value, i) => value - (b[i] ?? 0)));
        fc.pre(Math.abs(p - 0.05) > 1e-6 && low < high);
        expect(low > 0 || high < 0).toBe(p < 0.05);
      }),
    );
  });

  it("refuse unpaired values", () => {
    expect(() => pairedDifference([1, 2], [1])).toThrow(/equal counts, found 2 and 1/);
  });
});

describe("verdicts", () => {
  it("Holm's correction: (0.01, 0.04, 0.03) becomes (0.03, 0.06, 0.06)", () => {
    const corrected = holm([0.01, 0.04, 0.03]);
    for (const [i, expected] of [0.03, 0.06, 0.06].entries()) expect(corrected[i]).toBeCloseTo(expected, 12);
    expect(holm([])).toEqual([]);
  });

  it("tell apart only what the seeds can tell apart", () => {
    const leader = { name: "best", values: [0.88, 0.881, 0.89] };
    const [far, close] = againstLeader(leader, [
      { name: "far", values: [0.7, 0.71, 0.7] },
      { name: "close", values: [0.87, 0.88, 0.889] },
    ]);
    expect(far).toMatchObject({ name: "far", distinguishable: true });
    expect(far?.behind?.estimate).toBeCloseTo(0.541 / 3, 12);
    expect(close).toMatchObject({ name: "close", distinguishable: false });
  });

  it("a difference within the resolution is none, however often it repeats", () => {
    const leader = { name: "a", values: [-65, -65, -65] };
    const others = [
      { name: "b", values: [-130, -130, -130] },
      { name: "c", values: [-195, -195, -195] },
    ];
    const told = againstLeader(leader, others, { resolution: 65 }).map(
      ({ distinguishable }) => distinguishable,
    );
    expect(told).toEqual([false, true]);
  });

  it("differences that look alike scatter by what rounding adds: two equal ones are no proof", () => {
    const others = [{ name: "b", values: [-100, -110] }];
    const leader = { name: "a", values: [-60, -70] };
    // |t| = 40 / (10/√6/√2) on one degree of freedom.
    const [rounded] = againstLeader(leader, others, { resolution: 10 });
    expect(rounded?.pValue).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(4 * Math.sqrt(12)), 12);
    expect(rounded).toMatchObject({ distinguishable: false, moreSeeds: 1 });
    expect(againstLeader(leader, others)[0]).toMatchObject({ pValue: 0, distinguishable: true });
  });

  it("one seed tells nothing apart", () => {
    expect(againstLeader({ name: "a", values: [0.9] }, [{ name: "b", values: [0.1] }])).toEqual([
      { name: "b", distinguishable: false },
    ]);
  });
});
