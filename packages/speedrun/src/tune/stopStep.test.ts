import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateStopStep, type Training } from "./stopStep.js";

const search = { goal: 1.692, cap: 3000, multiple: 25 };

/** Trains on a curve, as tuning does, until nothing is to be learned; gives the estimate and its trainings. */
function seek(lossAt: (steps: number) => number, first: number, most = 3) {
  const trainings: Training[] = [{ steps: first, loss: lossAt(first) }];
  let estimate = estimateStopStep(trainings, search);
  for (let made = 0; made < most && !estimate.settled; made++) {
    trainings.push({ steps: estimate.steps, loss: lossAt(estimate.steps) });
    estimate = estimateStopStep(trainings, search);
  }
  return { estimate, trainings };
}

describe("the stop step", () => {
  it("is found exactly where the loss falls evenly over ln(steps)", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.6, noNaN: true }),
        fc.integer({ min: 30, max: 2900 }),
        fc.integer({ min: 100, max: 1000 }),
        (fall, solution, first) => {
          const lossAt = (steps: number) => search.goal - fall * Math.log(steps / solution);
          const { estimate } = seek(lossAt, first);
          const exact = Math.min(3000, 25 * Math.ceil(solution / 25 - 1e-9));
          // Near enough to a training, no further one is made, and the line is drawn on from there.
          expect(Math.abs(estimate.steps - exact)).toBeLessThanOrEqual(25);
          expect(estimate.steps % 25).toBe(0);
        },
      ),
    );
  });

  it("comes near on a curve that flattens, in few trainings", () => {
    // 1.5 + 9 steps^(−1/2) reaches 1.692 at 2197 steps.
    const { estimate, trainings } = seek((steps) => 1.5 + 9 / Math.sqrt(steps), 400);
    expect(estimate.steps).toBeGreaterThanOrEqual(2050);
    expect(estimate.steps).toBeLessThanOrEqual(2350);
    expect(estimate.beyondCap).toBe(false);
    expect(trainings.length).toBeLessThanOrEqual(4);
  });

  it("says that the cap is too few once a training of that length has shown it", () => {
    const { estimate, trainings } = seek((steps) => 2.9 - 0.05 * Math.log(steps), 400);
    expect(estimate).toMatchObject({ steps: 3000, beyondCap: true, settled: true });
    expect(trainings.map(({ steps }) => steps)).toEqual([400, 800, 3000]);
  });

  it("does not believe a line from short trainings that the cap is too few", () => {
    // 2.1 after 500 steps, 1.95 after 1000, the goal after 2000: the line through the first two comes to it at
    // 3294 steps.
    const lossAt = (steps: number) =>
      1.95 - (steps < 1000 ? 0.15 : 1.95 - search.goal) * Math.log2(steps / 1000);
    const { estimate } = seek(lossAt, 500);
    expect(estimate.beyondCap).toBe(false);
    expect(Math.abs(estimate.steps - 2000)).toBeLessThanOrEqual(25);
  });

  it("takes a training that does not help, or diverged, for what it is", () => {
    const flat = [
      { steps: 400, loss: 2 },
      { steps: 800, loss: 2.01 },
    ];
    expect(estimateStopStep(flat, search)).toMatchObject({ steps: 3000, beyondCap: true });
    const diverged = [{ steps: 400, loss: Number.POSITIVE_INFINITY }];
    expect(estimateStopStep(diverged, search)).toMatchObject({ steps: 3000, beyondCap: true });
    const second = [...flat.slice(0, 1), { steps: 800, loss: Number.POSITIVE_INFINITY }];
    expect(estimateStopStep(second, search).steps).toBe(800);
  });

  it("looks both ways: half where one training was enough, between where two say so", () => {
    expect(estimateStopStep([{ steps: 400, loss: 1.5 }], search).steps).toBe(200);
    const both = [
      { steps: 500, loss: 1.792 },
      { steps: 2000, loss: 1.592 },
    ];
    expect(estimateStopStep(both, search).steps).toBe(1000);
  });
});
