import { describe, expect, it } from "vitest";
import { type Calibration, calibrate } from "./calibration.js";
import { calibrations } from "./registry.js";

/*
 * The simulations of `steepest bench calibrate` at a reduced size, with another seed than its default one.
 */

/** Simulations that take a second together. */
const runsOf = ({ name, runs }: Calibration): number => {
  if (name.startsWith("score-intervals")) return 12;
  if (name.startsWith("score")) return 25;
  if (name === "mean-40-skewed") return 60;
  return Math.min(name.startsWith("compare-12") ? 40 : 300, runs);
};

describe("verdicts and intervals keep what they promise", () => {
  it("under names of their own", () => {
    expect(new Set(calibrations.map(({ name }) => name)).size).toBe(calibrations.length);
  });

  it.each(calibrations.map((calibration) => [calibration.name, calibration] as const))(
    "%s",
    async (_, calibration) => {
      const result = await calibrate(calibration, { runs: runsOf(calibration), seed: 7 });
      expect(result).toMatchObject({ kept: true, runs: runsOf(calibration) });
      // Tests that never find anything would keep their promise too.
      if ("between" in calibration.promised) expect(result.share).toBeGreaterThan(0.7);
    },
  );
});

describe("a calibration", () => {
  const drawn = (share: number, promised: Calibration["promised"]): Calibration => ({
    ...{ name: "made up", counts: "made up", law: "made up", promised, runs: 400 },
    simulate: (seed) => ({ counted: seed % 100 < Math.round(100 * share) ? 2 : 0, cases: 2 }),
  });

  it("counts shares, with the standard error of a share", async () => {
    const result = await calibrate(drawn(0.1, { atMost: 0.05 }));
    expect(result).toMatchObject({ share: 0.1, runs: 400, kept: false });
    expect(result.standardError).toBeCloseTo(Math.sqrt((0.1 * 0.9) / 400), 12);
  });

  it("misses by more than two standard errors, on either side of what is promised", async () => {
    const kept = async (share: number, promised: Calibration["promised"]) =>
      (await calibrate(drawn(share, promised))).kept;
    expect(await kept(0.05, { atMost: 0.05 })).toBe(true);
    expect(await kept(0.07, { atMost: 0.05 })).toBe(true);
    expect(await kept(0.08, { atMost: 0.05 })).toBe(false);
    expect(await kept(0.95, { between: [0.93, 0.97] })).toBe(true);
    expect(await kept(0.88, { between: [0.93, 0.97] })).toBe(false);
    expect(await kept(1, { between: [0.93, 0.97] })).toBe(false);
  });

  it("draws other numbers for another seed, and the same ones for the same", async () => {
    const seeds: number[] = [];
    const recorded: Calibration = {
      ...drawn(0, { atMost: 1 }),
      simulate: (seed) => {
        seeds.push(seed);
        return { counted: 0, cases: 1 };
      },
    };
    await calibrate(recorded, { runs: 3, seed: 1 });
    await calibrate(recorded, { runs: 3, seed: 2 });
    expect(seeds).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it("stops on a signal", async () => {
    const reason = new Error("stopped");
    await expect(calibrate(drawn(0, { atMost: 1 }), { signal: AbortSignal.abort(reason) })).rejects.toThrow(
      reason,
    );
  });
});
