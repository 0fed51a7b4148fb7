import { describeEntrant, parseEntrant } from "@steepest/bench";
import { createSchedule, optimizerOf, parseSchedule } from "@steepest/optim";
import { expect, it } from "vitest";
import { classicalMethods, defaultField, leaderboardMethods } from "./field.js";

it("holds the methods of the eleven submissions and ten classical ones, each under a name of its own", () => {
  expect([leaderboardMethods.length, classicalMethods.length]).toEqual([11, 10]);
  const entrants = defaultField.map((text) => parseEntrant(text, 1170));
  expect(new Set(entrants.map(({ label }) => label)).size).toBe(21);
  expect(new Set(entrants.map(describeEntrant)).size).toBe(21);
  expect(new Set(entrants.map(({ optimizer }) => optimizer.name))).toEqual(
    new Set([
      ...[
        "nadamw",
        "distributed-shampoo",
        "caspr",
        "generalized-adam",
        "nadamp",
        "amos",
        "lawa-queue",
        "lawa-ema",
      ],
      ...["schedule-free-adamw", "schedule-free-prodigy", ...classicalMethods],
    ]),
  );
  for (const { optimizer } of entrants) expect(() => optimizerOf(optimizer).choose(optimizer)).not.toThrow();
});

it("gives every schedule the length of the run, from as short a run as one may want", () => {
  for (const steps of [40, 1170, 100_000])
    for (const text of defaultField) {
      const { schedule, label } = parseEntrant(text, steps);
      if (schedule === undefined) continue;
      const factor = createSchedule(parseSchedule(schedule));
      const factors = Array.from({ length: steps }, (_, step) => factor(step + 1));
      expect(Math.max(...factors), label).toBeCloseTo(1, 1);
      const last = label === "amos" || label === "schedule-free-prodigy" ? 1 : 0;
      expect(factors.at(-1), label).toBeCloseTo(last, 1);
    }
});
