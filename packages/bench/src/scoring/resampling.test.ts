import { randomStream } from "@steepest/random";
import { describe, expect, it } from "vitest";
import { bootstrapField } from "./bootstrap.js";
import { scoreField } from "./field.js";
import { profileAt, tauGrid } from "./profile.js";
import type { WorkloadTarget } from "./rules/ruleset.js";
import { comparePairs, leaveOneOut } from "./sensitivity.js";
import type { SubmissionTimes, TimesToTarget } from "./times.js";

const workloads = ["a", "b", "c", "d"].map(
  (name): WorkloadTarget => ({ name, metric: "validation/accuracy", direction: "max", target: 0.5 }),
);
const scoring = { mode: "exact", tauMax: 4 } as const;

/** Submissions whose times scatter by a factor around their pace; their medians are the pace. */
function draw(paces: readonly number[], scatter: number, seed: number, studies = 5): TimesToTarget {
  const { normal } = randomStream(seed, "resampling-test");
  return {
    workloads,
    submissions: paces.map((pace, s) => ({
      name: `s${s}`,
      studies: Array.from({ length: studies }, (_, k) => ({
        name: `study_${k}`,
        seconds: workloads.map(() => 100 * pace * Math.exp(scatter * normal())),
      })),
    })),
  };
}

describe("the bootstrap over studies", () => {
  it("is a point where the studies agree, at the score itself", () => {
    const times = draw([1, 2, 3], 0, 0);
    const field = scoreField(times, scoring);
    const { scores, ratios } = field;
    const { intervals, bands } = bootstrapField(times, field, { ...scoring, replicates: 20 });
    expect(scores).toEqual([1, 2 / 3, 1 / 3]);
    for (const [i, { low, high, estimate }] of intervals.entries()) {
      expect([low, estimate, high]).toEqual([scores[i], scores[i], scores[i]]);
      const profile = tauGrid(4).map((tau) => profileAt(ratios[i] ?? [], tau));
      expect(bands[i]).toEqual({ low: profile, high: profile });
    }
  });

  it("is a pure function of its seed, and lies around the score", () => {
    const times = draw([1, 1.3, 2], 0.2, 1);
    const field = scoreField(times, scoring);
    const { scores } = field;
    const run = (seed: number) => bootstrapField(times, field, { ...scoring, replicates: 200, seed });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    for (const [i, { low, high }] of run(1).intervals.entries()) {
      expect(low).toBeLessThanOrEqual(scores[i] ?? Number.NaN);
      expect(high).toBeGreaterThanOrEqual(scores[i] ?? Number.NaN);
      expect(high).toBeGreaterThan(low);
    }
  });

  it("takes a study that lacks a workload as it is", () => {
    const times = draw([1, 1.3], 0.1, 2);
    const [first, second] = times.submissions;
    if (first === undefined || second === undefined) throw new Error("two submissions were drawn");
    const holed = first.studies.map((study, k) =>
      k < 4 ? { ...study, seconds: study.seconds.map((time, i) => (i === 0 ? Number.NaN : time)) } : study,
    );
    const gap = { ...times, submissions: [{ ...first, studies: holed }, second] };
    const field = scoreField(gap, scoring);
    const { scores } = field;
    const { intervals } = bootstrapField(gap, field, { ...scoring, replicates: 300 });
    // A third of the replicates draws none of the only study with that workload, and loses a quarter of the
    // score.
    expect(intervals[0]?.low).toBeLessThan((scores[0] ?? 0) - 0.15);
  });
});

describe("bands of profiles", () => {
  it("hold the profile, rise with it and stay between 0 and 1", () => {
    const times = draw([1, 1.1, 1.5, 3], 0.3, 6);
    const field = scoreField(times, scoring);
    const { bands } = bootstrapField(times, field, { ...scoring, replicates: 100 });
    for (const [row, { low, high }] of bands.entries())
      for (const [at, tau] of tauGrid(4).entries()) {
        const solved = profileAt(field.ratios[row] ?? [], tau);
        expect(low[at]).toBeLessThanOrEqual(solved);
        expect(high[at]).toBeGreaterThanOrEqual(solved);
        expect(low[at]).toBeGreaterThanOrEqual(low[at - 1] ?? 0);
        expect(high[at]).toBeLessThanOrEqual(high[at + 1] ?? 1);
      }
  });
});

describe("one left out", () => {
  it("keeps the ranks of a clear order, and counts the place of who is left out", () => {
    const left = leaveOneOut(draw([1, 1.5, 2.5], 0.01, 3), scoring);
    for (const [i, { studies, workloads: without, submissions }] of left.entries()) {
      expect(studies.map(({ left: name }) => name)).toEqual([
        "study_0",
        "study_1",
        "study_2",
        "study_3",
        "study_4",
      ]);
      expect([studies.length, without.length, submissions.length]).toEqual([5, 4, 2]);
      for (const { rank } of [...studies, ...without, ...submissions]) expect(rank).toBe(i + 1);
    }
  });

  it("shows who lives from a single workload", () => {
    const times: TimesToTarget = {
      workloads,
      submissions: [
        { name: "broad", studies: [{ name: "study_0", seconds: [200, 200, 200, 200] }] },
        {
          name: "narrow",
          studies: [{ name: "study_0", seconds: [100, 100, 100, Number.POSITIVE_INFINITY] }],
        },
      ],
    };
    const [broad] = leaveOneOut(times, scoring);
    expect(scoreField(times, scoring).scores).toEqual([(3 * 2 + 3) / 12, 9 / 12]);
    expect(broad?.workloads.find(({ left }) => left === "d")).toMatchObject({ rank: 2, score: 2 / 3 });
    expect(broad?.studies).toEqual([]);
  });
});

describe("pairs", () => {
  it("are told apart where their studies do not mix, and not where they do", () => {
    const [near, far] = [
      comparePairs(draw([1, 1.02], 0.2, 4), scoring),
      comparePairs(draw([1, 2], 0.05, 4), scoring),
    ];
    expect(far[0]).toMatchObject({ first: "s0", second: "s1", distinguishable: true });
    expect(far[0]?.pValue).toBe(2 / 252);
    expect(far[0]?.difference).toBeGreaterThan(0.3);
    expect(far[0]?.moreStudies).toBeUndefined();
    expect(near[0]?.distinguishable).toBe(false);
    expect(near[0]?.moreStudies).toBeGreaterThan(5);
  });

  it("are told apart by their times also where the score does not look: beyond four times the fastest", () => {
    const quick = draw([1], 0.05, 7).submissions;
    const [five, six] = draw([5, 6], 0.01, 8).submissions.map(({ studies }, i) => ({
      name: `slow${i}`,
      studies,
    }));
    if (five === undefined || six === undefined) throw new Error("two submissions were drawn");
    const pairs = comparePairs({ workloads, submissions: [...quick, five, six] }, scoring);
    expect(pairs[2]).toMatchObject({
      difference: 0,
      pValue: 1,
      distinguishable: false,
      timesPValue: 2 / 252,
    });
    // A target that nobody reaches says nothing; one that only the slower ones miss does.
    const missing = ({ name, studies }: typeof six, lost: readonly number[]) => ({
      name,
      studies: studies.map((study) => ({
        ...study,
        seconds: study.seconds.map((time, column) =>
          lost.includes(column) ? Number.POSITIVE_INFINITY : time,
        ),
      })),
    });
    const never = [0, 1, 2, 3];
    const lost = comparePairs(
      { workloads, submissions: [missing(five, never), missing(six, never)] },
      scoring,
    );
    expect(lost[0]?.timesPValue).toBe(1);
    const some = comparePairs(
      { workloads, submissions: [missing(five, [1, 2, 3]), missing(six, never)] },
      scoring,
    );
    expect(some[0]?.timesPValue).toBe(2 / 252);
  });

  it("compare times on the scored workloads alone, and only where there are logs", () => {
    const [one, other] = draw([1, 3], 0.01, 9).submissions;
    if (one === undefined || other === undefined) throw new Error("two submissions were drawn");
    const variants = workloads.map((workload, i) => (i === 0 ? workload : { ...workload, base: "a" }));
    const without = (seconds: readonly number[]) => seconds.map((time, i) => (i === 0 ? Number.NaN : time));
    const holed = { name: "holed", studies: one.studies.map((s) => ({ ...s, seconds: without(s.seconds) })) };
    const p = (submissions: readonly SubmissionTimes[]) =>
      comparePairs({ workloads: variants, submissions }, scoring)[0]?.timesPValue;
    expect(p([one, other])).toBe(2 / 252);
    expect(p([holed, other])).toBe(1);
  });

  it("cannot be told apart by three studies each: 2/20 is not small", () => {
    const [pair] = comparePairs(draw([1, 3], 0.01, 5, 3), scoring);
    // Four could: 2/70.
    expect(pair).toMatchObject({ pValue: 0.1, distinguishable: false, moreStudies: 1 });
  });
});
