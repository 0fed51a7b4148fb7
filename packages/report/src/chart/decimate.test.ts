import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimate } from "./decimate.js";

/** The largest distance between a trajectory and its decimation played in time. */
function worstError(channels: readonly (readonly number[])[], kept: readonly number[]): number {
  let worst = 0;
  for (let segment = 1; segment < kept.length; segment++) {
    const first = kept[segment - 1] ?? 0;
    const last = kept[segment] ?? 0;
    for (let k = first; k <= last; k++) {
      const fraction = (k - first) / (last - first);
      const squares = channels.map((channel) => {
        const start = channel[first] ?? 0;
        return ((channel[k] ?? 0) - start - fraction * ((channel[last] ?? 0) - start)) ** 2;
      });
      worst = Math.max(worst, Math.sqrt(squares.reduce((sum, square) => sum + square, 0)));
    }
  }
  return worst;
}

describe("decimate", () => {
  it("keeps short trajectories whole", () => {
    expect(decimate([[1, 5, 2]], 3, 10)).toEqual([0, 1, 2]);
    expect(decimate([], 0, 10)).toEqual([]);
  });

  it("ascends and keeps both ends and the limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 300 }),
        fc.integer({ min: 2, max: 50 }),
        (values, limit) => {
          const kept = decimate([values], values.length, limit);
          expect(kept.length).toBeLessThanOrEqual(
            Math.max(limit, values.length <= limit ? values.length : 0),
          );
          expect(kept[0]).toBe(0);
          expect(kept.at(-1)).toBe(values.length - 1);
          expect(kept.every((index, i) => i === 0 || index > (kept[i - 1] ?? 0))).toBe(true);
        },
      ),
    );
  });

  it("stays within a screen's resolution where sampling every n-th step would not", () => {
    const steps = 20_000;
    const times = Array.from({ length: steps }, (_, k) => k);
    // Fast at first, then slow; with a spike that a regular sampling misses.
    const x = times.map((k) => Math.exp(-k / 50) * Math.cos(k / 8) + (k === 7777 ? 0.5 : 0));
    const y = times.map((k) => Math.exp(-k / 4000));
    const kept = decimate([x, y], steps, 1200);
    expect(kept).toContain(7777);
    expect(worstError([x, y], kept)).toBeLessThan(1e-4);
    const regular = times.filter((k) => k % 17 === 0 || k === steps - 1);
    expect(worstError([x, y], regular)).toBeGreaterThan(0.1);
  });

  it("does not lose the way to an endless oscillation", () => {
    const steps = 20_000;
    const x = Array.from({ length: steps }, (_, k) =>
      k < 2000 ? Math.sin(k / 600) : k % 2 === 0 ? 0.2 : -0.2,
    );
    const kept = decimate([x], steps, 1200);
    expect(
      worstError(
        [x],
        kept.filter((k) => k < 1990),
      ),
    ).toBeLessThan(1e-3);
    expect(kept.filter((k) => k > 2000 && (x[k] ?? 0) > 0).length).toBeGreaterThan(100);
    expect(kept.filter((k) => k > 2000 && (x[k] ?? 0) < 0).length).toBeGreaterThan(100);
  });
});
