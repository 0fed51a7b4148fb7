import { describe, expect, it } from "vitest";
import { directionOf, isBetter, metricOf, reaches } from "./metric.js";
import { workloads } from "./registry.js";

describe("metrics", () => {
  it("reach a target from their side, equality included and NaN never", () => {
    for (const [metric, value, reached] of [
      ["accuracy", 0.9, true],
      ["accuracy", 0.5, true],
      ["accuracy", 0.4, false],
      ["accuracy", Number.NaN, false],
      ["loss", 0.9, false],
      ["loss", 0.5, true],
      ["loss", 0.4, true],
      ["loss", Number.NaN, false],
    ] as const)
      expect(reaches(metric, value, 0.5), `${metric} ${value}`).toBe(reached);
  });

  it("are better from their side, never where they are equal or NaN", () => {
    expect([isBetter("accuracy", 0.6, 0.5), isBetter("accuracy", 0.4, 0.5)]).toEqual([true, false]);
    expect([isBetter("loss", 0.6, 0.5), isBetter("loss", 0.4, 0.5)]).toEqual([false, true]);
    for (const metric of ["accuracy", "loss"] as const)
      for (const value of [0.5, Number.NaN]) expect(isBetter(metric, value, 0.5)).toBe(false);
  });

  it("are NaN where they were not measured", () => {
    expect(metricOf({ loss: 2 }, "loss")).toBe(2);
    expect(metricOf({ loss: 2 }, "accuracy")).toBeNaN();
  });

  it("have the direction that every target says", () => {
    for (const { name, target } of workloads.flatMap((each) => [each, ...(each.heldOut ?? [])]))
      expect(target.direction, name).toBe(directionOf[target.metric]);
  });
});
