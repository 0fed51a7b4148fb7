import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backtrack } from "../src/lineSearch/backtracking.js";
import type { LineSearch, LineSearchResult, LineStart, LineValue } from "../src/lineSearch/lineFunction.js";
import { strongWolfe, type WolfeSettings } from "../src/lineSearch/wolfe.js";

interface Trace extends LineSearchResult {
  readonly tried: readonly number[];
}

/** Runs a search on φ. */
function run(search: LineSearch, line: (step: number) => LineValue): Trace {
  const tried: number[] = [];
  let next = search.next();
  while (!next.done) {
    const { step, kept } = next.value;
    // What is kept has been evaluated.
    expect([0, ...tried]).toContain(kept);
    tried.push(step);
    next = search.next(line(step));
  }
  return { ...next.value, tried };
}

const startOf = (line: (step: number) => LineValue, guess: number, directionSize = 1): LineStart => ({
  ...line(0),
  guess,
  directionSize,
});

const wolfe: WolfeSettings = {
  sufficientDecrease: 1e-4,
  curvature: 0.9,
  maximumIterations: 25,
  smallestChange: 1e-9,
};
const armijo = {
  sufficientDecrease: 1e-4,
  decrease: 0.8,
  maximumBacktracks: 60,
  relativeTolerance: 0,
  absoluteTolerance: 0,
};

describe("strong Wolfe", () => {
  it("ends at a point that satisfies both conditions, on convex quartics and guesses far off", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 1e-4, max: 1e3, noNaN: true }),
        (centre, quadratic, quartic, guess) => {
          const line = (t: number): LineValue => ({
            value: (quadratic * (t - centre) ** 2) / 2 + (quartic * (t - centre) ** 4) / 4,
            slope: quadratic * (t - centre) + quartic * (t - centre) ** 3,
          });
          const start = startOf(line, guess);
          const { step, satisfied } = run(strongWolfe(start, wolfe), line);
          expect(satisfied).toBe(true);
          expect(line(step).value).toBeLessThanOrEqual(start.value + 1e-4 * step * start.slope);
          expect(Math.abs(line(step).slope)).toBeLessThanOrEqual(-0.9 * start.slope);
        },
      ),
    );
  });

  it("satisfies narrow conditions on a line that oscillates", () => {
    const line = (t: number): LineValue => ({
      value: Math.sin(5 * t) / 5 + (t - 2) ** 2,
      slope: Math.cos(5 * t) + 2 * (t - 2),
    });
    for (const guess of [0.01, 0.1, 1, 10]) {
      const start = startOf(line, guess);
      const { step, satisfied } = run(strongWolfe(start, { ...wolfe, curvature: 0.01 }), line);
      expect(satisfied).toBe(true);
      expect(Math.abs(line(step).slope)).toBeLessThanOrEqual(0.01 * -start.slope);
    }
  });

  it("interpolates a cubic exactly: two evaluations find its minimiser", () => {
    // φ = t³ − 3t has its minimum at 1; at the guess 3 it is too high.
    const line = (t: number): LineValue => ({ value: t ** 3 - 3 * t, slope: 3 * t * t - 3 });
    expect(run(strongWolfe(startOf(line, 3), { ...wolfe, curvature: 1e-9 }), line).tried).toEqual([3, 1]);
  });

  it("takes what is not finite as a failed candidate and never answers it", () => {
    for (const bad of [
      { value: Number.NaN, slope: Number.NaN },
      { value: Number.POSITIVE_INFINITY, slope: 1 },
      { value: Number.NEGATIVE_INFINITY, slope: -1 },
      { value: -5, slope: Number.NaN },
    ]) {
      const line = (t: number): LineValue => (t > 0.3 ? bad : { value: (t - 1) ** 2, slope: 2 * (t - 1) });
      const { step, satisfied } = run(strongWolfe(startOf(line, 1), { ...wolfe, curvature: 0.8 }), line);
      expect(satisfied).toBe(true);
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThanOrEqual(0.3);
      const nowhere = (t: number): LineValue => (t > 0 ? bad : { value: 1, slope: -1 });
      expect(run(strongWolfe(startOf(nowhere, 1), wolfe), nowhere)).toMatchObject({
        step: 0,
        satisfied: false,
      });
    }
  });

  /** What is found at the first, second, ... candidate wherever it lies; the last for ever. */
  const scripted = (...found: readonly LineValue[]): ((step: number) => LineValue) => {
    let call = 0;
    return () => found[Math.min(call++, found.length - 1)] ?? { value: Number.NaN, slope: Number.NaN };
  };
  const fromZero = (guess: number, slope = -1): LineStart => ({ value: 0, slope, guess, directionSize: 1 });
  const strict = { ...wolfe, curvature: 0.01 };

  it("grows a bracket to 10 t at most and by 0.01 of its last growth at least", () => {
    const falling = (t: number): LineValue => ({ value: -t, slope: -1 });
    expect(run(strongWolfe(fromZero(1), wolfe), falling).tried.slice(0, 3)).toEqual([1, 10, 100]);
    // The parabola's minimiser is 1.001, closer than 1 + 0.01.
    const parabola = (t: number): LineValue => ({ value: (t - 1.001) ** 2, slope: 2 * (t - 1.001) });
    const { tried } = run(strongWolfe(startOf(parabola, 1), { ...wolfe, curvature: 1e-9 }), parabola);
    expect(tried[1]).toBeCloseTo(1.01, 12);
  });

  it("closes a bracket at a rise above the last point, but not yet at the second point", () => {
    const [low, higher, end] = [
      { value: -5, slope: -1 },
      { value: -3, slope: -1 },
      { value: -3, slope: -1 },
    ];
    const { tried } = run(
      strongWolfe(fromZero(1), { ...strict, maximumIterations: 4 }),
      scripted(low, higher, end),
    );
    expect(tried[2]).toBeGreaterThan(tried[1] ?? 0);
    // The third point is as high as the second: the minimiser is looked for between those two.
    expect(tried[3]).toBeGreaterThan(tried[1] ?? 0);
    expect(tried[3]).toBeLessThan(tried[2] ?? 0);
  });

  it("zooms into the half that a positive slope leaves, and past a point that is no better", () => {
    // At 1 the line rises again; the next point lies above that one, so the minimiser lies between the two.
    const line = scripted({ value: -0.5, slope: 1 }, { value: -0.3, slope: 0.9 }, { value: -0.6, slope: 0 });
    const { tried, step } = run(strongWolfe(fromZero(1), strict), line);
    expect(tried).toHaveLength(3);
    expect(tried[1]).toBeLessThan(1);
    expect(tried[2]).toBeGreaterThan(tried[1] ?? 1);
    expect(tried[2]).toBeLessThan(1);
    expect(step).toBe(tried[2]);
  });

  it("moves a trial a tenth of the bracket inside when it is near an end for the second time", () => {
    // Through (0, 0) with slope −1: a parabola with its minimum at 0.95, then −t + B t² + 0.1 t³ with its
    // minimum at 0.93.
    const b = (1 - 0.3 * 0.93 ** 2) / (2 * 0.93);
    const line = scripted(
      { value: -1 + 1 / 1.9, slope: -1 + 1 / 0.95 },
      { value: -0.95 + b * 0.95 ** 2 + 0.1 * 0.95 ** 3, slope: -1 + 2 * b * 0.95 + 0.3 * 0.95 ** 2 },
      { value: -1, slope: 0 },
    );
    const { tried } = run(strongWolfe(fromZero(1), strict), line);
    expect(tried).toHaveLength(3);
    for (const [index, step] of [1, 0.95, 0.95 - 0.095].entries()) expect(tried[index]).toBeCloseTo(step, 12);
  });

  it("stops where the line falls for ever, after its iterations, at the last and lowest point", () => {
    const line = (t: number): LineValue => ({ value: -t, slope: -1 });
    const { step, satisfied, tried } = run(strongWolfe(startOf(line, 1), wolfe), line);
    expect(satisfied).toBe(false);
    expect(tried).toHaveLength(26);
    expect(step).toBe(tried.at(-1));
  });
});

describe("backtracking", () => {
  const parabola = (t: number): LineValue => ({ value: (t - 1) ** 2, slope: 2 * (t - 1) });
  it("takes the first candidate that satisfies Armijo", () => {
    // 4 → 9 > 1, 3.2 → 4.84, 2.56 → 2.43, 2.048 → 1.098, 1.6384 → 0.408 ≤ 1 − 1e-4 · 1.6384 · 2
    expect(run(backtrack(startOf(parabola, 4), armijo), parabola)).toMatchObject({
      satisfied: true,
      tried: [4, 3.2, 4 * 0.8 * 0.8, 4 * 0.8 * 0.8 * 0.8, 4 * 0.8 * 0.8 * 0.8 * 0.8],
    });
  });
  it("accepts equality, and what the tolerances forgive", () => {
    const flat = (t: number): LineValue => ({ value: 1 + (t === 0 ? 0 : 0.05), slope: 0 });
    const once = { ...armijo, maximumBacktracks: 1 };
    expect(run(backtrack(startOf(flat, 1), once), flat).satisfied).toBe(false);
    expect(run(backtrack(startOf(flat, 1), { ...once, absoluteTolerance: 0.06 }), flat).satisfied).toBe(true);
    expect(run(backtrack(startOf(flat, 1), { ...once, relativeTolerance: 0.06 }), flat).satisfied).toBe(true);
    const level = (): LineValue => ({ value: 1, slope: 0 });
    expect(run(backtrack(startOf(level, 1), once), level).satisfied).toBe(true);
  });
  it("asks for the decrease of the slope's part c₁", () => {
    const line = (t: number): LineValue => ({ value: -0.4 * t, slope: t === 0 ? -1 : -0.4 });
    const short = { ...armijo, maximumBacktracks: 3 };
    expect(run(backtrack(startOf(line, 1), { ...short, sufficientDecrease: 0.3 }), line).satisfied).toBe(
      true,
    );
    expect(run(backtrack(startOf(line, 1), { ...short, sufficientDecrease: 0.5 }), line).satisfied).toBe(
      false,
    );
  });
  it("takes the last candidate where all fail, and none where that is not finite", () => {
    const up = (t: number): LineValue => ({ value: t, slope: -1 });
    expect(run(backtrack(startOf(up, 1), { ...armijo, maximumBacktracks: 2 }), up)).toMatchObject({
      satisfied: false,
      tried: [1, 0.8, 0.8 * 0.8],
      step: 0.8 * 0.8,
    });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const bad = (t: number): LineValue => (t === 0 ? { value: 0, slope: -1 } : { value, slope: -1 });
      expect(run(backtrack(startOf(bad, 1), armijo), bad)).toMatchObject({ step: 0, satisfied: false });
    }
  });
});
