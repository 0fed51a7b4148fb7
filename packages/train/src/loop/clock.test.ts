import { describe, expect, it } from "vitest";
import { createClock } from "./clock.js";

describe("clock", () => {
  it("moves one hand at a time and counts CPU time over training only", () => {
    let wall = 100;
    let cpu = 7;
    const pass = (wallSeconds: number, cpuSeconds: number) => {
      wall += wallSeconds;
      cpu += cpuSeconds;
    };
    const clock = createClock(undefined, { wall: () => wall, cpu: () => cpu });
    pass(5, 5);
    clock.switchTo("training");
    pass(2, 3);
    clock.switchTo("evaluation");
    pass(4, 4);
    clock.switchTo("logging");
    pass(0.5, 0.25);
    clock.switchTo("training");
    pass(1, 1.5);
    clock.switchTo("idle");
    pass(9, 9);
    clock.switchTo("idle");
    expect(clock.read()).toEqual({
      seconds: 3,
      cpuSeconds: 4.5,
      evaluationSeconds: 4,
      loggingSeconds: 0.5,
    });
  });

  it("goes on from an earlier reading", () => {
    const earlier = { seconds: 10, cpuSeconds: 20, evaluationSeconds: 30, loggingSeconds: 40 };
    let now = 0;
    const clock = createClock(earlier, { wall: () => now, cpu: () => now });
    clock.switchTo("training");
    now = 1;
    clock.switchTo("idle");
    expect(clock.read()).toEqual({ ...earlier, seconds: 11, cpuSeconds: 21 });
  });
});
