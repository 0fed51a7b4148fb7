import { tokensInMemory } from "@steepest/text";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tiling, windowBatch, windowStarts } from "./windows.js";

const ranges = fc
  .record({ start: fc.nat(50), context: fc.integer({ min: 1, max: 12 }), rest: fc.nat(60) })
  .map(({ start, context, rest }) => ({ range: { start, end: start + context + 1 + rest }, context }));

describe("windowStarts", () => {
  it("draws places that have a window and the token after it", () => {
    fc.assert(
      fc.property(ranges, fc.nat(), fc.integer({ min: 1, max: 1e6 }), ({ range, context }, seed, step) => {
        const next = windowStarts(range, context, seed, step);
        for (let i = 0; i < 20; i++) {
          const start = next();
          expect(start).toBeGreaterThanOrEqual(range.start);
          expect(start + context).toBeLessThan(range.end);
        }
      }),
    );
  });

  it("draws all of them equally often, the first and the last too", () => {
    const counts = new Array<number>(6).fill(0);
    for (let step = 1; step <= 1000; step++) {
      const next = windowStarts({ start: 10, end: 20 }, 4, 0, step);
      for (let i = 0; i < 6; i++) {
        const place = next() - 10;
        counts[place] = (counts[place] ?? 0) + 1;
      }
    }
    // Five standard deviations of a binomial count of 6000 draws.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000 * (5 / 6)));
    expect(counts).toHaveLength(6);
  });

  it("is a pure function of seed and step", () => {
    const draw = (seed: number, step: number) => {
      const next = windowStarts({ start: 0, end: 1e6 }, 64, seed, step);
      return Array.from({ length: 12 }, () => next());
    };
    expect(draw(1, 7)).toEqual(draw(1, 7));
    expect(draw(1, 7)).not.toEqual(draw(1, 8));
    expect(draw(1, 7)).not.toEqual(draw(2, 7));
    expect(() => draw(1, 0)).toThrow(/expected a step 1, 2/);
  });
});

describe("tiling", () => {
  it("predicts every token of a range but the first once, from windows within it", () => {
    fc.assert(
      fc.property(ranges, ({ range, context }) => {
        const { windows, window } = tiling(range, context);
        const predicted: number[] = [];
        for (let index = 0; index < windows; index++) {
          const { start, counted } = window(index);
          expect(start).toBeGreaterThanOrEqual(range.start);
          expect(start + context).toBeLessThan(range.end);
          // The last `counted` of the tokens that it predicts, each of which comes after the one it reads.
          for (let place = context - counted; place < context; place++) predicted.push(start + place + 1);
        }
        const all = Array.from({ length: range.end - range.start - 1 }, (_, i) => range.start + 1 + i);
        expect(predicted).toEqual(all);
      }),
    );
  });
});

describe("windowBatch", () => {
  it("holds windows, and for each token the one after it", () => {
    const batch = windowBatch(tokensInMemory(Uint16Array.from({ length: 30 }, (_, i) => 100 + i)), 2, 3);
    batch.fill(0, 5);
    batch.fill(1, 20);
    expect([...batch.inputs]).toEqual([105, 106, 107, 120, 121, 122]);
    expect([...batch.targets]).toEqual([106, 107, 108, 121, 122, 123]);
  });
});
