import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOrder } from "./batches.js";

describe("batchOrder", () => {
  const sizes = fc.integer({ min: 1, max: 60 }).chain((count) =>
    fc.record({
      start: fc.nat(10),
      count: fc.constant(count),
      batchSize: fc.integer({ min: 1, max: count }),
      seed: fc.nat(),
    }),
  );

  it("takes no example twice in an epoch and only those of the range", () => {
    fc.assert(
      fc.property(sizes, ({ start, count, batchSize, seed }) => {
        const order = batchOrder({ start, end: start + count }, batchSize, seed);
        const batch = new Int32Array(batchSize);
        for (let epoch = 0; epoch < 3; epoch++) {
          const seen = new Set<number>();
          for (let step = 1; step <= order.stepsPerEpoch; step++) {
            order.fill(epoch * order.stepsPerEpoch + step, batch);
            for (const example of batch) {
              expect(example).toBeGreaterThanOrEqual(start);
              expect(example).toBeLessThan(start + count);
              seen.add(example);
            }
          }
          expect(seen.size).toBe(order.stepsPerEpoch * batchSize);
          expect(count - seen.size).toBeLessThan(batchSize);
        }
      }),
    );
  });

  it("is a pure function of seed and step: continuing anywhere gives the same batches", () => {
    const range = { start: 0, end: 50 };
    const batchesOf = (seed: number, steps: readonly number[]) => {
      const order = batchOrder(range, 7, seed);
      return steps.map((step) => {
        const batch = new Int32Array(7);
        order.fill(step, batch);
        return batch.join();
      });
    };
    const steps = Array.from({ length: 30 }, (_, i) => i + 1);
    const all = batchesOf(3, steps);
    expect(batchesOf(3, steps.slice(11))).toEqual(all.slice(11));
    expect(batchesOf(3, steps.toReversed()).toReversed()).toEqual(all);
    expect(batchesOf(4, steps)).not.toEqual(all);
    expect(new Set(all).size).toBe(all.length);
  });

  it("refuses batches and steps that are none", () => {
    for (const size of [0, -1, 1.5, 51, Number.NaN]) {
      expect(() => batchOrder({ start: 0, end: 50 }, size, 0)).toThrow(/batch of 1 to 50 examples/);
    }
    for (const step of [0, 0.5, -1]) {
      expect(() => batchOrder({ start: 0, end: 50 }, 5, 0).fill(step, new Int32Array(5))).toThrow(
        /expected a step/,
      );
    }
  });
});
