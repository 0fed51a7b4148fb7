import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgePair, judgeTarget, type PairwiseSide } from "./significance.js";

const target = { loss: 3.28, tokens: 1 };
const margin = { kind: "margin", threshold: 0.004 } as const;
const student = { kind: "t-test", p: 0.01 } as const;

describe("the target", () => {
  it("is reached by track 3's rule where (3.28 − mean)·√n ≥ 0.004", () => {
    const judge = (losses: readonly number[]) => judgeTarget({ target, significance: margin }, losses);
    expect(judge([3.2759])).toEqual({ reached: true, reason: "(3.28 − 3.2759)·√1 = 0.0041 ≥ 0.004" });
    expect(judge([3.278])).toMatchObject({ reached: false });
    // A margin of 0.0021 is shown by four runs and not by three.
    expect(judge([3.277, 3.279, 3.2777]).reached).toBe(false);
    expect(judge([3.277, 3.279, 3.2777, 3.2779]).reached).toBe(true);
    expect(judge([3.281, 3.281]).reached).toBe(false);
  });

  it("is reached by a t-test where the runs' own spread allows it", () => {
    const judge = (losses: readonly number[]) => judgeTarget({ target, significance: student }, losses);
    // t = 0.003/(0.001/√3) = 5.196 at 2 degrees of freedom: one-sided p = 0.01755 (R: pt(-5.196152, 2)).
    expect(judge([3.276, 3.277, 3.278])).toEqual({
      reached: false,
      reason: "mean 3.2770 of 3 against 3.28: one-sided p = 0.018 > 0.01",
    });
    // The same over six runs: t = 0.003/(0.0008944/√6) = 8.216 at 5: p = 0.000217.
    const six = judge([3.276, 3.277, 3.278, 3.276, 3.277, 3.278]);
    expect(six).toMatchObject({ reached: true, reason: expect.stringContaining("p = 0.00022 ≤ 0.01") });
    // As far on the wrong side.
    expect(judge([3.284, 3.283, 3.282]).reason).toContain("p = 0.98");
    expect(judge([3.2]).reached).toBe(false);
  });

  it("is missed where a run diverged, however good the others are", () => {
    for (const significance of [margin, student])
      expect(judgeTarget({ target, significance }, [3, 3, Number.POSITIVE_INFINITY])).toEqual({
        reached: false,
        reason: "1 of 3 runs diverged",
      });
  });

  it("never turns against a lower loss", () => {
    const losses = fc.array(fc.double({ min: 3.2, max: 3.3, noNaN: true }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(losses, fc.double({ min: 0, max: 0.1, noNaN: true }), (values, drop) => {
        const lower = values.map((loss) => loss - drop);
        const [before, after] = [values, lower].map(
          (all) => judgeTarget({ target, significance: margin }, all).reached,
        );
        expect(before === true && after === false).toBe(false);
      }),
    );
  });
});

describe("one result against another", () => {
  const side = (name: string, steps: number, losses: readonly number[], changes = {}): PairwiseSide => ({
    ...{ name, steps, machine: "one" },
    runs: losses.map((loss, seed) => ({ seed, loss, seconds: 100 + seed + steps / 100 })),
    ...changes,
  });
  const track3 = { pairwise: { kind: "margin", lossPerHundredSteps: 0.0045, threshold: 0.004 } } as const;

  it("weighs loss and steps as track 3 does", () => {
    // (0 + 0.0045·25/100)/√(1/4 + 1/4) = 0.00159; 100 steps fewer: 0.00636.
    const losses = [3.278, 3.278, 3.278, 3.278];
    expect(judgePair(track3, side("a", 3225, losses), side("b", 3250, losses))).toEqual({
      better: false,
      reason: "a against b 0.0016 < 0.004",
    });
    expect(judgePair(track3, side("a", 3150, losses), side("b", 3250, losses))).toEqual({
      better: true,
      reason: "a against b 0.0064 ≥ 0.004",
    });
    // What it wins in steps it may lose in loss.
    const worse = losses.map((loss) => loss + 0.005);
    expect(judgePair(track3, side("a", 3150, worse), side("b", 3250, losses)).better).toBe(false);
  });

  it("is never shown to be better both ways", () => {
    const losses = fc.array(fc.double({ min: 3.2, max: 3.3, noNaN: true }), { minLength: 1, maxLength: 6 });
    const steps = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(losses, losses, steps, steps, (a, b, m, n) => {
        const [one, other] = [side("a", m, a), side("b", n, b)];
        expect(judgePair(track3, one, other).better && judgePair(track3, other, one).better).toBe(false);
      }),
    );
  });

  it("compares times by pairs of seeds, on one machine", () => {
    const timed = { pairwise: { kind: "time", p: 0.01 } } as const;
    const [quick, slow] = [side("a", 1000, [3, 3, 3]), side("b", 2000, [3, 3, 3])];
    expect(judgePair(timed, quick, slow)).toMatchObject({ better: true });
    expect(judgePair(timed, slow, quick).better).toBe(false);
    const elsewhere = side("b", 2000, [3, 3, 3], { machine: "another" });
    expect(judgePair(timed, quick, elsewhere)).toEqual({
      better: false,
      reason: "a against b: times of two machines are not compared",
    });
    expect(judgePair(timed, side("a", 1000, [3]), slow).reason).toContain("too few runs");
  });
});
