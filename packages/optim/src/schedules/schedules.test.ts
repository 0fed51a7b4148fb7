import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SteepestError } from "../errors.js";
import { constantSchedule } from "./constant.js";
import { cosineSchedule } from "./cosine.js";
import { cyclicSchedule } from "./cyclic.js";
import { exponentialSchedule } from "./exponential.js";
import { joinSchedules } from "./join.js";
import { oneCycleSchedule } from "./oneCycle.js";
import { polynomialSchedule } from "./polynomial.js";
import type { Schedule } from "./schedule.js";
import { stepSchedule } from "./step.js";
import { createSchedule, formatSchedule, parseSchedule, type SchedulePart, schedules } from "./text.js";
import { warmupSchedule } from "./warmup.js";

const firstValues = (schedule: Schedule, count: number): number[] =>
  Array.from({ length: count }, (_, index) => schedule(index + 1));

const expectClose = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 12);
};

describe("each schedule has the values worked out by hand from its formula", () => {
  it("constant", () =>
    expectClose(firstValues(constantSchedule.create({ factor: 0.5 }), 3), [0.5, 0.5, 0.5]));
  it("warmup", () => {
    expectClose(firstValues(warmupSchedule.create({ steps: 4 }), 6), [0, 0.25, 0.5, 0.75, 1, 1]);
    expectClose(firstValues(warmupSchedule.create({ steps: 2, start: 0.5 }), 4), [0.5, 0.75, 1, 1]);
  });
  it("cosine", () => {
    const half = Math.SQRT1_2 / 2;
    expectClose(firstValues(cosineSchedule.create({ steps: 4 }), 6), [1, 0.5 + half, 0.5, 0.5 - half, 0, 0]);
    expectClose(
      firstValues(cosineSchedule.create({ steps: 4, warmup: 2, final: 0.2 }), 6),
      [0, 0.5, 1, 0.6, 0.2, 0.2],
    );
  });
  it("step", () => expectClose(firstValues(stepSchedule.create({ every: 2 }), 5), [1, 1, 0.1, 0.1, 0.01]));
  it("polynomial", () => {
    expectClose(firstValues(polynomialSchedule.create({ steps: 2 }), 4), [1, 0.5, 0, 0]);
    expectClose(
      firstValues(polynomialSchedule.create({ steps: 2, power: 2, final: 0.2, delay: 1 }), 5),
      [1, 1, 0.4, 0.2, 0.2],
    );
  });
  it("exponential", () => {
    expectClose(firstValues(exponentialSchedule.create({ factor: 0.5 }), 4), [1, 0.5, 0.25, 0.125]);
    expectClose(
      firstValues(exponentialSchedule.create({ factor: 0.25, every: 2, delay: 1, final: 0.2 }), 5),
      [1, 1, 0.5, 0.25, 0.2],
    );
  });
  it("cyclic", () => {
    expectClose(firstValues(cyclicSchedule.create({ up: 2, low: 0 }), 6), [0, 0.5, 1, 0.5, 0, 0.5]);
    expectClose(
      firstValues(cyclicSchedule.create({ up: 1, down: 2, low: 0.2, cycleDecay: 0.5 }), 6),
      [0.2, 1, 0.6, 0.2, 0.6, 0.4],
    );
    expectClose(firstValues(cyclicSchedule.create({ up: 1, low: 0, stepDecay: 0.5 }), 4), [0, 0.5, 0, 0.125]);
  });
  it("one-cycle", () => {
    // Rises on t = 0..2 (0.3 · 10 − 1 = 2), falls on t = 2..9.
    const schedule = oneCycleSchedule.create({ steps: 10, divide: 10, finalDivide: 100 });
    expectClose(
      [schedule(1), schedule(2), schedule(3), schedule(10), schedule(11)],
      [0.1, 0.55, 1, 0.001, 0.001],
    );
    expect(schedule(4)).toBeCloseTo(0.001 + (0.999 * (1 + Math.cos(Math.PI / 7))) / 2, 12);
    expectClose(firstValues(oneCycleSchedule.create({ steps: 1 }), 2), [1 / 25e4, 1 / 25e4]);
  });
  it("joined: every part counts its own steps from 1", () => {
    const schedule = joinSchedules(
      [warmupSchedule.create({ steps: 2 }), stepSchedule.create({ every: 1, factor: 0.5 })],
      [2],
    );
    expectClose(firstValues(schedule, 5), [0, 0.5, 1, 0.5, 0.25]);
  });
});

describe("identities", () => {
  it("cosine with warm-up = warm-up joined to cosine", () => {
    const whole = cosineSchedule.create({ steps: 50, warmup: 8, start: 0.1, final: 0.3 });
    const parts = joinSchedules(
      [warmupSchedule.create({ steps: 8, start: 0.1 }), cosineSchedule.create({ steps: 42, final: 0.3 })],
      [8],
    );
    expectClose(firstValues(parts, 60), firstValues(whole, 60));
  });
  it("exponential at whole stairs = step", () => {
    const smooth = exponentialSchedule.create({ factor: 0.3, every: 5 });
    const stairs = stepSchedule.create({ every: 5, factor: 0.3 });
    for (const k of [1, 6, 11, 21]) expect(smooth(k)).toBeCloseTo(stairs(k), 12);
  });
  it("warm-up, cosine, polynomial, cyclic and one-cycle are continuous: no jump beyond slope x one step", () => {
    const steps = 10_000;
    for (const schedule of [
      warmupSchedule.create({ steps }),
      cosineSchedule.create({ steps, warmup: steps / 4 }),
      polynomialSchedule.create({ steps, delay: 100 }),
      cyclicSchedule.create({ up: steps / 4 }),
      oneCycleSchedule.create({ steps }),
      exponentialSchedule.create({ factor: 0.5, every: steps / 4, final: 0.2 }),
    ])
      for (let k = 1; k < steps + 50; k++)
        expect(Math.abs(schedule(k + 1) - schedule(k))).toBeLessThan(10 / steps);
  });
  it("no schedule is ever negative, NaN or above its top of 1", () => {
    for (const text of [
      "constant",
      "warmup:steps=7",
      "cosine:steps=9,warmup=3",
      "step:every=2",
      "polynomial:steps=5,power=0.5",
      "exponential:factor=0.9",
      "cyclic:up=3",
      "one-cycle:steps=2",
    ]) {
      for (const value of firstValues(createSchedule(parseSchedule(text)), 40)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("textual form", () => {
  it("reads joined schedules", () => {
    expect(parseSchedule("warmup:steps=100@100/constant@500/cosine:steps=500, final=0.1")).toEqual([
      { name: "warmup", parameters: { steps: 100 }, until: 100 },
      { name: "constant", parameters: {}, until: 500 },
      { name: "cosine", parameters: { steps: 500, final: 0.1 } },
    ]);
  });

  const part: fc.Arbitrary<SchedulePart> = fc.constantFrom(...schedules).chain((definition) =>
    fc
      .record(
        Object.fromEntries(
          Object.entries(definition.parameters).map(([name, { kind }]) => [
            name,
            kind === "count" || kind === "wholeNumber"
              ? fc.integer({ min: name === "steps" ? 101 : 1, max: name === "steps" ? 1000 : 100 })
              : fc.double({ min: 1e-6, max: 1, noNaN: true }),
          ]),
        ),
        {
          requiredKeys: Object.entries(definition.parameters)
            .filter(([, parameter]) => parameter.default === undefined)
            .map(([name]) => name),
        },
      )
      .map((parameters) => ({ name: definition.name, parameters: { ...parameters } })),
  );
  const spec = fc
    .tuple(fc.array(fc.tuple(part, fc.integer({ min: 1, max: 1000 })), { maxLength: 4 }), part)
    .map(([before, last]) => {
      let until = 0;
      return [
        ...before.map(([each, length]) => {
          until += length;
          return { ...each, until };
        }),
        last,
      ];
    });
  it("is read back as it was written", () => {
    fc.assert(
      fc.property(spec, (parts) => {
        expect(parseSchedule(formatSchedule(parts))).toEqual(parts);
      }),
    );
  });
});

describe("errors say what to do", () => {
  const cases: readonly (readonly [string, SteepestError["code"], RegExp])[] = [
    ["cosin:steps=3", "unknown-name", /unknown schedule "cosin".*"cosine"/],
    ["cosine:step=3", "unknown-name", /parameter of the schedule cosine "step".*"steps"/],
    ["cosine", "invalid-value", /cosine has no value for steps.*cosine:steps=/],
    ["cosine:steps=0", "invalid-value", /steps is 0.*integer >= 1/],
    ["cosine:steps=1.5", "invalid-value", /steps is 1.5/],
    ["cosine:steps=Infinity", "invalid-value", /steps is Infinity/],
    ["cosine:steps=5,warmup=5", "invalid-value", /warmup < steps/],
    ["cosine:steps=5,steps=6", "invalid-value", /sets steps twice/],
    ["cosine:steps", "invalid-value", /"steps" in "cosine:steps" is not an assignment/],
    ["cosine:steps=x", "invalid-value", /not a schedule.*cosine:steps=1000/],
    ["exponential:factor=1.1", "invalid-value", /factor is 1.1.*\[0, 1\]/],
    ["one-cycle:steps=5,divide=0", "invalid-value", /divide is 0.*> 0/],
    ["constant:factor=-1", "invalid-value", /factor is -1.*>= 0/],
    ["constant/constant", "invalid-value", /no end.*constant@STEP/],
    ["constant@5", "invalid-value", /ends at a step.*Remove/],
    ["constant@5/constant@5/constant", "invalid-value", /boundary 2.*greater than 5/],
    ["constant@0/constant", "invalid-value", /boundary 1.*greater than 0/],
    ["constant@x/constant", "invalid-value", /not a schedule/],
    ["", "unknown-name", /unknown schedule ""/],
  ];
  it.each(cases)("%s", (text, code, message) => {
    const attempt = (): unknown => parseSchedule(text);
    expect(attempt).toThrow(SteepestError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(message);
  });
  it("joined needs one boundary fewer than schedules", () => {
    expect(() => joinSchedules([constantSchedule.create({})], [3])).toThrow(/one boundary fewer/);
  });
});
