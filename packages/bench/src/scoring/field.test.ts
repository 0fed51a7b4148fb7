import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exclude } from "./exclusion.js";
import { scoreField, scoreMedians } from "./field.js";
import { exactScore, gridScore, profileAt, ranksOf, tauGrid } from "./profile.js";
import type { WorkloadTarget } from "./rules/ruleset.js";
import type { ScoringMode, TimesToTarget } from "./times.js";

const never = Number.POSITIVE_INFINITY;
const missing = Number.NaN;

const workload = (name: string, base?: string): WorkloadTarget => ({
  ...{ name, metric: "validation/accuracy", direction: "max", target: 0.5 },
  ...(base === undefined ? {} : { base }),
});

/** Two base workloads, the first with a held-out variant. */
const three = [workload("a"), workload("b"), workload("a_wide", "a")];
const exact = { mode: "exact", tauMax: 4 } as const;

describe("what counts as solved", () => {
  it("a variant only where its base is, nothing beyond four times the fastest, a base only where its variant is", () => {
    const { seconds, causes } = exclude(
      [
        [10, 10, 10],
        [never, 40, 5],
        [20, 40.1, 41],
        [missing, 20, 20],
        [30, 10, missing],
      ],
      three,
    );
    expect(seconds).toEqual([
      [10, 10, 10],
      // Its variant's 5 s are gone before they could be the fastest.
      [never, 40, never],
      [never, never, never],
      [missing, 20, never],
      [never, 10, missing],
    ]);
    expect(causes).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, "base"],
      ["variant", "slow", "slow"],
      [undefined, undefined, "base"],
      ["variant", undefined, undefined],
    ]);
  });

  it("the fastest is found after the variants of unsolved workloads are gone, and ratios after all rules", () => {
    // The first is fastest on "a", but loses it for its variant: the second becomes the measure.
    const { ratios, scores } = scoreMedians(
      [
        [10, 10, never],
        [20, 20, 7],
        [30, never, 8],
      ],
      three,
      exact,
    );
    expect(ratios).toEqual([
      [never, 1],
      [1, 2],
      [1.5, never],
    ]);
    expect(scores).toEqual([3 / 6, (3 + 2) / 6, 2.5 / 6]);
  });

  it("a workload that nobody solved gives nobody anything", () => {
    const { scores } = scoreMedians(
      [
        [never, 1],
        [missing, 2],
      ],
      [workload("a"), workload("b")],
      exact,
    );
    expect(scores).toEqual([0.5, 2 / 6]);
  });
});

describe("the score", () => {
  it("of one who is always fastest is 1, of one who is never in time 0", () => {
    for (const score of [exactScore, gridScore]) {
      expect(score([1, 1, 1], 4)).toBeCloseTo(1, 15);
      expect(score([never, missing, 4.001], 4)).toBe(0);
    }
  });

  it("by hand: ratios 1 and 2.5 have ρ = 1/2, then 1: (1.5 · 1/2 + 1.5 · 1) / 3", () => {
    expect(exactScore([1, 2.5], 4)).toBe(0.75);
    expect(profileAt([1, 2.5], 2.49)).toBe(0.5);
    expect(profileAt([1, 2.5], 2.5)).toBe(1);
    // On the grid the step lies within the 50th of 99 intervals, whose trapezoid takes its middle.
    expect(gridScore([1, 2.5], 4)).toBeCloseTo((49 * 0.5 + 0.75 + 49) / 99, 15);
  });

  it("on the grid is the trapezoidal rule, and within half an interval of the integral", () => {
    const ratios = fc.array(fc.double({ min: 1, max: 6, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(ratios, fc.double({ min: 1.5, max: 8, noNaN: true }), (values, tauMax) => {
        const taus = tauGrid(tauMax);
        const heights = taus.map((tau) => profileAt(values, tau));
        let area = 0;
        for (let i = 1; i < taus.length; i++)
          area += (((taus[i] ?? 0) - (taus[i - 1] ?? 0)) * ((heights[i] ?? 0) + (heights[i - 1] ?? 0))) / 2;
        expect(gridScore(values, tauMax)).toBeCloseTo(area / (tauMax - 1), 12);
        expect(Math.abs(gridScore(values, tauMax) - exactScore(values, tauMax))).toBeLessThanOrEqual(
          1 / 198 + 1e-12,
        );
      }),
    );
  });

  it("ranks: equal scores share the better rank", () => {
    expect(ranksOf([0.5, 0.7, 0.5, 0.1])).toEqual([2, 1, 2, 4]);
  });
});

/** Whole seconds scaled by powers of two stay exact, so that no tie is broken by rounding. */
const time = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 10, max: 90 }) },
  { weight: 1, arbitrary: fc.constantFrom(never, missing) },
);
const field = fc
  .array(fc.array(fc.array(time, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 }), {
    minLength: 2,
    maxLength: 5,
  })
  .map(
    (rows): TimesToTarget => ({
      workloads: three,
      submissions: rows.map((studies, s) => ({
        name: `s${s}`,
        studies: studies.map((seconds, k) => ({ name: `study_${k}`, seconds })),
      })),
    }),
  );
const modes = fc.constantFrom<ScoringMode>("official", "exact");

describe("scores do not depend", () => {
  it("on the order of submissions, studies or workloads", () => {
    fc.assert(
      fc.property(field, modes, (times, mode) => {
        const { scores } = scoreField(times, { mode, tauMax: 4 });
        const turned: TimesToTarget = {
          workloads: times.workloads.toReversed(),
          submissions: times.submissions.toReversed().map(({ name, studies }) => ({
            name,
            studies: studies.toReversed().map((study) => ({ ...study, seconds: study.seconds.toReversed() })),
          })),
        };
        for (const [i, score] of scoreField(turned, { mode, tauMax: 4 }).scores.toReversed().entries())
          expect(score).toBeCloseTo(scores[i] ?? Number.NaN, 12);
      }),
    );
  });

  it("on the unit of a workload's times", () => {
    fc.assert(
      fc.property(
        field,
        modes,
        fc.integer({ min: -3, max: 3 }),
        fc.nat({ max: 2 }),
        (times, mode, power, column) => {
          const scaled: TimesToTarget = {
            ...times,
            submissions: times.submissions.map(({ name, studies }) => ({
              name,
              studies: studies.map((study) => ({
                ...study,
                seconds: study.seconds.map((value, i) => (i === column ? value * 2 ** power : value)),
              })),
            })),
          };
          const options = { mode, tauMax: 4 };
          expect(scoreField(scaled, options).scores).toEqual(scoreField(times, options).scores);
        },
      ),
    );
  });

  it("on a submission that solves nothing", () => {
    fc.assert(
      fc.property(field, modes, (times, mode) => {
        const idle = { name: "idle", studies: [{ name: "study_0", seconds: [never, missing, never] }] };
        const more = { ...times, submissions: [...times.submissions, idle] };
        const options = { mode, tauMax: 4 };
        expect(scoreField(more, options).scores).toEqual([...scoreField(times, options).scores, 0]);
      }),
    );
  });
});

describe("a submission's own score", () => {
  it("lies in [0, 1], and never falls when it gets faster, unless a rule of another workload decides", () => {
    const plain = field.map(
      (times): TimesToTarget => ({ ...times, workloads: three.map(({ name }) => workload(name)) }),
    );
    fc.assert(
      fc.property(plain, fc.nat({ max: 2 }), fc.integer({ min: 2, max: 9 }), (times, column, factor) => {
        const [first, ...others] = times.submissions;
        if (first === undefined) return;
        const faster = first.studies.map((study) => ({
          ...study,
          seconds: study.seconds.map((value, i) => (i === column ? value / factor : value)),
        }));
        const before = scoreField(times, exact).scores;
        const after = scoreField(
          { ...times, submissions: [{ ...first, studies: faster }, ...others] },
          exact,
        ).scores;
        expect(after[0]).toBeGreaterThanOrEqual((before[0] ?? 0) - 1e-12);
        for (const score of after) expect(score >= 0 && score <= 1).toBe(true);
        for (const [i, score] of after.entries())
          if (i > 0) expect(score).toBeLessThanOrEqual((before[i] ?? 0) + 1e-12);
      }),
    );
  });
});
