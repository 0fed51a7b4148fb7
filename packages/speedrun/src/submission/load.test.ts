import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { horizonOf, tuningPoints } from "@steepest/bench";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { trapezoid } from "../../submissions/shared/trapezoid.js";
import { loadSpeedrunSubmission, sourceHash } from "./load.js";
import { speedrunSubmissions } from "./registered.js";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

describe("submissions of speedruns", () => {
  it.each(speedrunSubmissions)(
    "%s names its search space, and nothing that the rules keep from it",
    async (name) => {
      const { submission, source } = await loadSpeedrunSubmission(name);
      expect(submission.name).toBe(name);
      expect(submission.tuning).toHaveProperty("space");
      const points = tuningPoints(submission, { trials: 6, study: 1, seed: 1000 });
      expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(6);
      for (const point of points) {
        expect(Object.keys(point)).not.toContain("dropout_rate");
        expect(Object.keys(point)).not.toContain("label_smoothing");
      }
      expect(submission.getBatchSize({ defaultBatchSize: 12, stepHint: 100 })).toBe(12);
      expect(source).toContain("export const submission");
      expect(source).not.toContain("sourceMappingURL");
    },
  );

  it("have their source with every module of their own, once, before them", async () => {
    await writeFile(join(folder, "shared.mjs"), "export const rate = 0.01; // shared\n");
    await writeFile(
      join(folder, "other.mjs"),
      'import { rate } from "./shared.mjs";\nexport const other = rate;\n',
    );
    const path = join(folder, "mine.mjs");
    await writeFile(
      path,
      `import { rate } from "./shared.mjs";
import { other } from "./other.mjs";
export const submission = {
  name: "mine", title: "Mine", cite: { authors: "Me", year: 2026, title: "None", url: "https://example.org" },
  tuning: { kind: "self", hyperparameters: { rate: rate + other } },
  getBatchSize: ({ defaultBatchSize }) => defaultBatchSize,
  initOptimizerState: () => ({}), dataSelection: ({ step }) => step,
  updateParams: async () => undefined, prepareForEval: () => undefined,
};
`,
    );
    const loaded = await loadSpeedrunSubmission(path);
    expect(loaded.source.match(/\/\/ shared/g)).toHaveLength(1);
    expect(loaded.source.indexOf("// shared")).toBeLessThan(loaded.source.indexOf("export const other"));
    expect(loaded.source.indexOf("export const other")).toBeLessThan(loaded.source.indexOf('name: "mine"'));
    const hash = sourceHash(loaded);
    await writeFile(join(folder, "shared.mjs"), "export const rate = 0.02; // shared\n");
    expect(sourceHash(await loadSpeedrunSubmission(path))).not.toBe(hash);
  });

  it("name the nearest where a name is unknown", async () => {
    await expect(loadSpeedrunSubmission("moun")).rejects.toThrow(
      /unknown submission "moun"\. Did you mean "muon"/,
    );
  });
});

describe("the trapezoid", () => {
  it("rises over 5 % of the run, stays, and falls to 0 over its last 60 %", () => {
    const schedule = trapezoid(horizonOf(1000, []));
    const expected = (k: number) => {
      if (k <= 50) return k / 50;
      return k <= 401 ? 1 : (1001 - k) / 600;
    };
    for (let k = 1; k <= 1000; k++) expect(schedule(k)).toBeCloseTo(expected(k), 12);
    expect(schedule(1000)).toBeCloseTo(1 / 600, 12);
    // However short the run.
    for (const steps of [1, 2, 3]) expect(trapezoid(horizonOf(steps, []))(1)).toBeGreaterThan(0);
  });
});
