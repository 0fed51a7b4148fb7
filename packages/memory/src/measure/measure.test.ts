import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ComparedMemory, compareMemory } from "./comparison.js";
import { measureMemory } from "./measure.js";
import { residentMemory } from "./resident.js";
import { type MeasureOptions, measuredSetting } from "./setting.js";

/*
 * Shows that predictions hold: arrays to the byte, the process to 10 %. One configuration runs always, all eight
 * by four optimizers with STEEPEST_MEMORY=all.
 */

const all = process.env.STEEPEST_MEMORY === "all";
const configurations: readonly MeasureOptions[] = [
  ...[32, 128, 1024].map((batchSize) => ({ workload: "fashion-mnist", batchSize })),
  { workload: "nanogpt-cpu", batchSize: 12 },
  { workload: "nanogpt-cpu", batchSize: 24 },
  { workload: "nanogpt-cpu", context: 128 },
  { workload: "nanogpt-cpu", checkpointing: "full" },
  { workload: "nanogpt-cpu", context: 128, checkpointing: "full" },
];
const optimizers = ["sgd", "adamw", "muon", "shampoo"];
type Case = readonly [options: MeasureOptions, optimizer: string];
const some: readonly Case[] = [[{ workload: "nanogpt-cpu", batchSize: 24 }, "adamw"]];
const cases = all ? configurations.flatMap((one) => optimizers.map((each): Case => [one, each])) : some;

/** Phases are weighed, not counted: below so many bytes nothing can be told. */
const resolution = 1e6;
const tolerance = 0.1;

/** Which rows are not as predicted. */
const wrong = (rows: readonly ComparedMemory[]): readonly string[] =>
  rows
    .filter(({ exact, predictedBytes, measuredBytes = Number.NaN, low, high }) => {
      if (exact) return predictedBytes !== measuredBytes;
      const least = Math.min(low, predictedBytes * (1 - tolerance)) - resolution;
      const most = Math.max(high, predictedBytes * (1 + tolerance)) + resolution;
      return !(measuredBytes >= least && measuredBytes <= most);
    })
    .map(({ name }) => name);

const measurable = existsSync("/proc/self/clear_refs");
if (!measurable) process.stderr.write("skipped: this system does not tell a process's own peak\n");

describe.skipIf(!measurable)("predicted beside measured", () => {
  test.each(cases)(
    "%o under %s: arena exact, peak within a tenth, no term to spare",
    { timeout: 120_000 },
    async (options, name) => {
      const setting = { ...measuredSetting(options), optimizer: name };
      const { rows, terms, measured } = await measureMemory(setting);
      expect(wrong(rows)).toEqual([]);
      const peak = rows.at(-1);
      expect(peak?.name).toMatch(/^process peak/);
      expect(Math.abs(peak?.error ?? Number.NaN)).toBeLessThan(tolerance);
      let told = 0;
      for (const term of terms) {
        const counted = ["parameters", "gradients", "state", "arena"].includes(term.part);
        // What can be told: arrays by the byte, all else where a phase without it would be wrong by enough.
        const phase = terms.filter(({ part }) => part === term.part).reduce((sum, { low }) => sum + low, 0);
        if (!counted && term.low < 2 * Math.max(resolution, tolerance * phase)) continue;
        told++;
        const without = compareMemory(
          terms.filter((other) => other !== term),
          measured,
        );
        expect([term.name, wrong(without)]).not.toEqual([term.name, []]);
      }
      // Three or four arrays of the arena and its rest, and the activations of a GPT.
      expect(told).toBeGreaterThanOrEqual(name === "sgd" ? 3 : 4);
    },
  );

  test("a process knows its own memory", () => {
    const { bytes, peakBytes } = residentMemory();
    expect(bytes).toBeGreaterThan(1e7);
    expect(peakBytes).toBeGreaterThanOrEqual(bytes - 4096);
  });
});

describe("what is refused", () => {
  test.each([
    [{ workload: "nanogpt" }, /unknown workload or GPT preset "nanogpt"/],
    [{ workload: "fashion-mnist", context: 64 }, /a context of 64 is given for fashion-mnist/],
  ])("%o", (options, message) => {
    expect(() => measuredSetting(options)).toThrow(message);
  });
});
