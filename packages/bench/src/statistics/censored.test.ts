import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CensoredTime,
  censoredMedian,
  kaplanMeier,
  logRankScores,
  logRankTest,
  pairedLogRankTest,
  stratifiedLogRankTest,
} from "./censored.js";
import { median } from "./descriptive.js";
import { rankSumTest } from "./exchange.js";

const reached = (...times: readonly number[]): readonly CensoredTime[] =>
  times.map((time) => ({ time, reached: true }));
const censored = (...times: readonly number[]): readonly CensoredTime[] =>
  times.map((time) => ({ time, reached: false }));

const someTime = fc.record({ time: fc.integer({ min: 1, max: 9 }), reached: fc.boolean() });
const someTimes = (minLength: number) => fc.array(someTime, { minLength, maxLength: 6 });

describe("Kaplan and Meier's estimate", () => {
  it("agrees with a product written out: 6, 6, 6, 7, 10 reached, 6+, 9+, 10+ cut off", () => {
    // Remission of 6-mercaptopurine patients, Freireich et al. 1963, as far as week 10.
    const times = [...reached(6, 6, 6, 7, 10), ...censored(6, 9, 10, ...Array<number>(13).fill(11))];
    const steps = kaplanMeier(times);
    expect(steps.map(({ time }) => time)).toEqual([6, 7, 10]);
    expect(steps.map(({ share }) => share.toFixed(3))).toEqual(["0.857", "0.807", "0.753"]);
    // Greenwood's standard errors, as printed in textbooks.
    expect(steps.map(({ share, logVariance }) => (share * Math.sqrt(logVariance)).toFixed(4))).toEqual([
      "0.0764",
      "0.0869",
      "0.0963",
    ]);
  });

  it("is the share that is left where nothing is cut off, and its median theirs for odd counts", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 15 }), (times) => {
        for (const { time, share } of kaplanMeier(reached(...times)))
          expect(share).toBeCloseTo(times.filter((other) => other > time).length / times.length, 12);
        if (times.length % 2 === 1) expect(censoredMedian(reached(...times)).estimate).toBe(median(times));
      }),
    );
  });

  it("has an infinite median where most runs ended before, in an interval around it", () => {
    expect(censoredMedian([...reached(3), ...censored(5, 5)])).toMatchObject({
      estimate: Number.POSITIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
    expect(censoredMedian(censored(1, 2)).low).toBe(Number.POSITIVE_INFINITY);
    fc.assert(
      fc.property(someTimes(1), (times) => {
        const { low, estimate, high } = censoredMedian(times);
        expect(low).toBeLessThanOrEqual(estimate);
        expect(high).toBeGreaterThanOrEqual(estimate);
      }),
    );
  });

  it("gains from what is cut off late, and learns nothing from what is cut off early", () => {
    const times = reached(4, 5, 6, 7, 8);
    expect(censoredMedian([...times, ...censored(1, 2, 3)]).estimate).toBe(6);
    expect(censoredMedian([...times, ...censored(9, 9, 9)]).estimate).toBe(7);
  });
});

describe("the log-rank test", () => {
  it("has the scores of a sum written out, which add up to 0", () => {
    // Hazards: 1/4 at 1, then 1/2 of the two that are left at 3.
    const scores = logRankScores([...reached(1), ...censored(2), ...reached(3), ...censored(4)]);
    for (const [i, expected] of [3 / 4, -1 / 4, 1 - 3 / 4, -3 / 4].entries())
      expect(scores[i]).toBeCloseTo(expected, 12);
    fc.assert(
      fc.property(someTimes(1), (times) => {
        expect(logRankScores(times).reduce((sum, score) => sum + score, 0)).toBeCloseTo(0, 10);
      }),
    );
  });

  it("counts exchanges: apart as far as can be gives 2 / C(8, 4), also where the slow ones never arrive", () => {
    expect(logRankTest(reached(1, 2, 3, 4), reached(11, 12, 13, 14))).toBeCloseTo(2 / 70, 12);
    expect(logRankTest(reached(1, 2, 3, 4), censored(9, 9, 9, 9))).toBeCloseTo(2 / 70, 12);
    expect(pairedLogRankTest(reached(1, 2, 3, 4, 5, 6), censored(9, 9, 9, 9, 9, 9))).toBe(2 / 64);
  });

  it("knows nothing of runs that all ended before anything was reached", () => {
    expect(logRankTest(censored(1, 2, 3), censored(7, 8, 9))).toBe(1);
    expect(pairedLogRankTest(censored(1, 2, 3), censored(7, 8, 9))).toBe(1);
  });

  it("depends on the order of times alone, and not on which sample is called the first", () => {
    fc.assert(
      fc.property(someTimes(2), someTimes(2), (a, b) => {
        const moved = (times: readonly CensoredTime[]) =>
          times.map(({ time, reached }) => ({ time: 3 * time ** 2, reached }));
        const p = logRankTest(a, b);
        expect(logRankTest(moved(a), moved(b))).toBeCloseTo(p, 12);
        expect(logRankTest(b, a)).toBeCloseTo(p, 12);
        const pairs = Math.min(a.length, b.length);
        expect(pairedLogRankTest(a.slice(0, pairs), b.slice(0, pairs))).toBeCloseTo(
          pairedLogRankTest(b.slice(0, pairs), a.slice(0, pairs)),
          12,
        );
      }),
    );
  });

  it("over several targets adds up scores of each, leaves out what is unknown, and keeps rows together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.option(someTime, { nil: undefined }), { minLength: 2, maxLength: 2 }), {
          minLength: 2,
          maxLength: 7,
        }),
        fc.integer({ min: 1, max: 6 }),
        (rows, at) => {
          const [a, b] = [rows.slice(0, at), rows.slice(at)];
          fc.pre(b.length > 0);
          // Written out: scores of each column by themselves, summed over the first sample's rows.
          const totals = rows.map(() => 0);
          for (const column of [0, 1]) {
            const known = rows.flatMap((row, i) =>
              row[column] === undefined ? [] : [{ i, time: row[column] }],
            );
            for (const [k, score] of logRankScores(known.map(({ time }) => time)).entries()) {
              const i = known[k]?.i ?? 0;
              totals[i] = (totals[i] ?? 0) + score;
            }
          }
          const sum = (chosen: readonly number[]) =>
            Math.abs(chosen.reduce((t, i) => t + (totals[i] ?? 0), 0));
          const observed = sum(a.map((_, i) => i)) - 1e-9;
          let [hits, all] = [0, 0];
          for (let bits = 0; bits < 2 ** rows.length; bits++) {
            const chosen = rows.flatMap((_, i) => ((bits >> i) & 1 ? [i] : []));
            if (chosen.length !== a.length) continue;
            all++;
            if (sum(chosen) >= observed) hits++;
          }
          expect(stratifiedLogRankTest(a, b)).toBeCloseTo(hits / all, 10);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("over copies of one target is the test of that target", () => {
    fc.assert(
      fc.property(someTimes(2), someTimes(2), (a, b) => {
        const copied = (times: readonly CensoredTime[]) => times.map((time) => [time, time, undefined]);
        expect(stratifiedLogRankTest(copied(a), copied(b))).toBeCloseTo(logRankTest(a, b), 12);
      }),
    );
  });

  it("of times that are all reached agrees with the rank sum test about what is extreme", () => {
    expect(rankSumTest([1, 2, 3], [11, 12, 13])).toBe(2 / 20);
    // Printed table of Wilcoxon's rank sum: of 4 and 4, W = 12 has a one-sided probability of 4/70.
    expect(rankSumTest([1, 2, 3, 6], [4, 5, 7, 8])).toBeCloseTo(8 / 70, 12);
    expect(rankSumTest([5, 5], [5, 5])).toBe(1);
  });
});
