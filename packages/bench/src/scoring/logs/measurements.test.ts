import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WorkloadTarget } from "../rules/ruleset.js";
import { createMeasurementsReader, type Measurements } from "./measurements.js";

const target: WorkloadTarget = {
  name: "w",
  metric: "validation/accuracy",
  direction: "max",
  target: 0.7,
  budget: 100,
  stepHint: 1000,
};
const header = "global_step,score,accumulated_submission_time,validation/accuracy,test/accuracy";

const row = (step: number, time: number | string, accuracy: number | string): string =>
  `${step},${time},${time},${accuracy},0.1`;

/** Reads a log whose bytes come in pieces. */
function read(
  text: string,
  { workload = target, budget = 100, piece = Number.POSITIVE_INFINITY } = {},
): Measurements {
  let found: Measurements | undefined;
  const reader = createMeasurementsReader(workload, budget, (measurements) => {
    found = measurements;
  });
  const bytes = Buffer.from(text, "latin1");
  for (let start = 0; start < bytes.length; start += piece) reader.push(bytes.subarray(start, start + piece));
  reader.end();
  if (found === undefined) throw new Error("nothing was found");
  return found;
}

const log = (...rows: readonly string[]): string => `${[header, ...rows].join("\n")}\n`;

const good = log(row(1, 5, 0.1), row(10, 20, 0.69), row(20, 35.5, 0.7), row(30, 50, 0.8));

describe("a log", () => {
  it("gives the first evaluation at the target, its line, step and time", () => {
    const found = read(good);
    expect(found).toMatchObject({
      rows: 4,
      best: 0.8,
      seconds: 50,
      step: 30,
      damage: [],
      remarks: [],
      unusable: false,
    });
    expect(found.hit).toEqual({ row: 2, line: 4, step: 20, seconds: 35.5 });
  });

  it("is read on the clock of its target; only wall time stands twice", () => {
    const names = "global_step,score,accumulated_submission_time,accumulated_cpu_time,validation/accuracy";
    const text = `${[names, "10,2,2,1.5,0.6", "20,4,4,3.25,0.7"].join("\n")}\n`;
    const on = (clock: "wall" | "cpu" | "steps", budget: number) =>
      read(text, { workload: { ...target, clock }, budget });
    expect(on("wall", 4).hit).toMatchObject({ seconds: 4, step: 20 });
    expect(on("cpu", 3.25).hit).toMatchObject({ seconds: 3.25, step: 20 });
    expect(on("steps", 20).hit).toMatchObject({ seconds: 20, step: 20 });
    expect(on("steps", 19)).toMatchObject({ late: { seconds: 20 }, damage: [] });
    expect(on("steps", 19).hit).toBeUndefined();
    expect(on("cpu", 3)).toMatchObject({ late: { seconds: 3.25 } });
    // Such logs are our own, and nobody asks whether their unit is that of AlgoPerf's budgets.
    expect(on("cpu", 1e9)).toMatchObject({ unusable: false, damage: [] });
    expect(read(good, { workload: { ...target, clock: "cpu" } }).damage).toEqual([
      { line: 1, text: "the column accumulated_cpu_time is missing" },
    ]);
  });

  it("reads the same however its bytes are cut, with either line end and a byte order mark", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.boolean(), (piece, windows) => {
        const text = windows ? `\u00ef\u00bb\u00bf${good.replaceAll("\n", "\r\n")}` : good;
        expect(read(text, { piece })).toEqual(read(good));
      }),
    );
  });

  it("goes down to a target that is minimised", () => {
    const workload: WorkloadTarget = { ...target, direction: "min", target: 0.2 };
    const found = read(log(row(1, 5, 0.9), row(10, 20, 0.2), row(20, 30, 0.1)), { workload });
    expect([found.hit?.line, found.best]).toEqual([3, 0.1]);
  });

  it("beyond the budget is late, and a hit at its end is not", () => {
    const late = read(log(row(1, 5, 0.1), row(10, 100.5, 0.9)));
    expect([late.hit, late.late?.seconds]).toEqual([undefined, 100.5]);
    expect(read(log(row(10, 100, 0.9))).hit?.seconds).toBe(100);
  });

  it("with an empty metric is one that diverged: remarked, and no damage", () => {
    const found = read(log(row(1, 5, 0.1), row(10, 20, ""), row(20, 30, "")));
    expect(found.damage).toEqual([]);
    expect(found.remarks).toEqual([{ text: "validation/accuracy is empty in 2 of 3 evaluations" }]);
    expect(found.hit).toBeUndefined();
  });
});

describe("a damaged log", () => {
  it.each([
    {
      what: "a truncated row",
      text: `${good.trimEnd()}\n40,60`,
      line: 6,
      reason: "the row has 2 of 5 cells: it is truncated",
    },
    {
      what: "a row too long",
      text: log(row(1, 5, 0.1), `${row(2, 6, 0.1)},7`, row(3, 9, 0.7)),
      line: 3,
      reason: "the row has 6 of 5 cells",
    },
    {
      what: "NaN as a time",
      text: log(row(1, 5, 0.1), row(2, "NaN", 0.9), row(3, 9, 0.7)),
      line: 3,
      reason: "score is NaN",
    },
    {
      what: "NaN as a metric",
      text: log(row(1, 5, 0.1), row(2, 6, "nan"), row(3, 9, 0.7)),
      line: 3,
      reason: "validation/accuracy is nan",
    },
    {
      what: "infinity",
      text: log(row(1, 5, 0.1), row(2, 6, "inf"), row(3, 9, 0.7)),
      line: 3,
      reason: "validation/accuracy is inf",
    },
    {
      what: "no number",
      text: log(row(1, 5, 0.1), row(2, 6, "0.9x"), row(3, 9, 0.7)),
      line: 3,
      reason: 'validation/accuracy is no number: "0.9x"',
    },
    {
      what: "no time",
      text: log(row(1, 5, 0.1), row(2, "", 0.9), row(3, 9, 0.7)),
      line: 3,
      reason: "score is empty",
    },
    {
      what: "a time that goes back",
      text: log(row(1, 5, 0.1), row(2, 4, 0.9), row(3, 9, 0.7)),
      line: 3,
      reason: "score goes back from 5 to 4",
    },
    {
      what: "an empty line",
      text: log(row(1, 5, 0.1), "", row(3, 9, 0.7)),
      line: 3,
      reason: "the row has 1 of 5 cells: it is truncated",
    },
  ])("with $what is used but for that row", ({ text, line, reason }) => {
    const found = read(text);
    expect(found.damage).toEqual([{ line, text: reason }]);
    expect(found.unusable).toBe(false);
    expect(found.hit?.line).toBe(4);
  });

  it.each([
    { what: "nothing in it", text: "", line: 1, reason: "the file is empty" },
    {
      what: "a missing column",
      text: "global_step,score\n1,2\n",
      line: 1,
      reason: "the column validation/accuracy is missing",
    },
    {
      what: "two missing columns",
      text: "score,x\n1,2\n",
      line: 1,
      reason: "the columns global_step, validation/accuracy are missing",
    },
    {
      what: "per cent",
      text: log(row(1, 5, 0.1), row(2, 6, 71.2)),
      line: 3,
      reason: "validation/accuracy is 71.2, outside 0 to 1: is it in per cent?",
    },
    {
      what: "milliseconds",
      text: log(row(1, 5000, 0.1), row(20, 90_000, 0.9)),
      line: 3,
      reason: "score ends at 90000, 900 times the budget of 100 s: is it in milliseconds?",
    },
    {
      what: "hours",
      text: log(row(1, 0.001, 0.1), row(900, 0.025, 0.9)),
      line: 3,
      reason: "score ends at 0.025 after 900 steps, for which the budget foresees 90 s: is it in hours?",
    },
    {
      what: "two units",
      text: log("1,5,5,0.1,0.1", "2,6,6000,0.9,0.1"),
      line: 3,
      reason: "score is 6, accumulated_submission_time 6000: are they in different units?",
    },
    {
      what: "one endless line",
      text: "x".repeat(70_000),
      line: 1,
      reason: "the line is longer than 65536 bytes",
    },
  ])("with $what is not used at all", ({ text, line, reason }) => {
    const found = read(text);
    expect(found.damage).toEqual([{ line, text: reason }]);
    expect(found.unusable).toBe(true);
  });

  it("of a million rows is read to a bound", () => {
    const rows = `${row(1, 5, 0.1)}\n`.repeat(1_000_000);
    const found = read(`${header}\n${rows}`, { piece: 1 << 18 });
    expect(found.rows).toBe(100_000);
    expect(found.damage).toEqual([
      { line: 100_002, text: "more than 100000 evaluations; the rest is not read" },
    ]);
  });

  it("tells only the first of many damaged rows", () => {
    const { damage } = read(log(...Array.from({ length: 30 }, () => "1,2")));
    expect(damage).toHaveLength(6);
    expect(damage.at(-1)?.text).toBe("and 25 more of such lines");
  });

  it("never fails, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.boolean(), (noise, within) => {
        const found = read(within ? `${good}${noise}` : noise, { piece: 7 });
        expect(found.rows).toBeGreaterThanOrEqual(0);
        if (found.hit !== undefined) expect(found.hit.seconds).toBeLessThanOrEqual(100);
      }),
    );
  });
});
