import { describe, expect, it } from "vitest";
import type { SpeedrunRecord } from "../record/record.js";
import { type Track, trackSchema } from "../track/track.js";
import { makeBoard } from "./board.js";

const track: Track = trackSchema.parse({
  ...{ name: "tiny", title: "Tiny", description: "", workload: "toy" },
  model: { name: "toy", parameters: 1 },
  batch: { sequences: 1, context: 1 },
  target: { loss: 1.7, tokens: 1 },
  ...{ measure: "steps", changes: "optimizer", steps: 3000, evaluateEvery: 100, warmUpSteps: 1 },
  significance: { kind: "margin", threshold: 0.004 },
  pairwise: { kind: "margin", lossPerHundredSteps: 0.0055, threshold: 0.004 },
  baseline: "adamw",
  tuning: { points: 1, steps: 1, stopTrainings: 1, stopMultiple: 1, margin: 0, attempts: 1, seed: 1 },
});

const runsOf = (losses: readonly (number | null)[], seconds: number): SpeedrunRecord["runs"] =>
  losses.map((loss, seed) => ({ seed, loss, seconds: seconds + seed, cpuSeconds: seconds, evaluations: [] }));

function record(
  name: string,
  steps: number,
  losses: readonly (number | null)[],
  changes: Partial<SpeedrunRecord> = {},
): SpeedrunRecord {
  return {
    ...{ version: 1, track: "tiny", date: "2026-11-23", settings: { hyperparameters: {}, steps } },
    submission: { name, title: name, cite: { authors: "", year: 1, title: "", url: "" }, sourceHash: "" },
    runs: runsOf(losses, steps / 10),
    machine: { processor: "p", cores: 2, platform: "l", node: "v", onnxruntime: "1", workers: 1 },
    ...changes,
  };
}

const standings = (records: readonly SpeedrunRecord[], of: Track = track) =>
  makeBoard(of, records).entries.map(({ record: { submission }, standing }) => [submission.name, standing]);

describe("a board", () => {
  it("places by steps who reached the target, then by loss who missed it", () => {
    const records = [
      record("sgd", 3000, [2.2, 2.1, 2.3]),
      record("adamw", 2900, [1.69, 1.68, 1.69]),
      record("adam", 3000, [1.71, 1.72, 1.71]),
      record("muon", 1175, [1.69, 1.69, 1.69]),
      record("elsewhere", 10, [1, 1, 1], { track: "another" }),
    ];
    expect(standings(records)).toEqual([
      ["muon", "record"],
      ["adamw", "reached"],
      ["adam", "missed"],
      ["sgd", "missed"],
    ]);
    // However they are ordered.
    expect(standings(records.toReversed())).toEqual(standings(records));
    const [muon, adamw, adam] = makeBoard(track, records).entries;
    expect(muon?.verdict).toBe(
      "record: (1.7 − 1.6900)·√3 = 0.0173 ≥ 0.004; muon against adamw 0.1121 ≥ 0.004",
    );
    expect(adamw?.verdict).toMatch(/^reached: .* ≥ 0\.004; no record: muon against adamw /);
    expect(adam?.verdict).toBe("not reached: (1.7 − 1.7133)·√3 = -0.0231 < 0.004");
    expect(muon?.lossInterval).toMatchObject({ level: 0.95 });
  });

  it("says where the best are not told apart, and who is", () => {
    const close = [
      record("soap", 1200, [1.69, 1.69, 1.69]),
      record("muon", 1175, [1.69, 1.69, 1.69]),
      record("adamw", 2900, [1.69, 1.68, 1.69]),
    ];
    // 0.0055·25/100/√(2/3) = 0.0017 < 0.004.
    expect(standings(close)).toEqual([
      ["muon", "shared"],
      ["soap", "shared"],
      ["adamw", "reached"],
    ]);
    const [muon, soap] = makeBoard(track, close).entries;
    expect(muon?.verdict).toMatch(/^the best, but not distinguishable from soap: /);
    expect(soap?.verdict).toMatch(/not distinguishable from the best: muon against soap 0\.0017 < 0\.004$/);
    // A lower loss with a few more steps can be the better result of the two, but places follow steps.
    const better = [record("soap", 1200, [1.6, 1.6, 1.6]), record("muon", 1175, [1.69, 1.69, 1.69])];
    expect(standings(better)).toEqual([
      ["muon", "shared"],
      ["soap", "shared"],
    ]);
  });

  it("counts every run: one that diverged is a miss", () => {
    const [entry] = makeBoard(track, [record("muon", 1175, [1.5, null, 1.5])]).entries;
    expect(entry).toMatchObject({ standing: "missed", verdict: "not reached: 1 of 3 runs diverged" });
    expect(entry?.lossInterval).toBeUndefined();
  });

  it("says what was saved beside the baseline, seed by seed", () => {
    const baseline = {
      ...{ name: "adamw", settings: { hyperparameters: {}, steps: 2000 } },
      // Seed 1 of the baseline diverged: that pair is left out; in the others 100 and 96 seconds are saved.
      runs: [
        { seed: 2, loss: 1.69, seconds: 198, cpuSeconds: 1, evaluations: [] },
        { seed: 1, loss: null, seconds: 0, cpuSeconds: 0, evaluations: [] },
        { seed: 0, loss: 1.69, seconds: 200, cpuSeconds: 1, evaluations: [] },
      ],
    };
    const [entry] = makeBoard(track, [record("muon", 1000, [1.69, 1.69, 1.69], { baseline })]).entries;
    expect(entry?.besideBaseline).toMatchObject({
      ...{ name: "adamw", fewerSteps: 0.5 },
      fewerSeconds: { estimate: 98 },
    });
  });

  it("places by seconds where they are counted, and compares those of one machine alone", () => {
    const timed: Track = { ...track, measure: "seconds", pairwise: { kind: "time", p: 0.01 } };
    const quick = record("slow-steps", 2000, [1.69, 1.69, 1.69], { runs: runsOf([1.69, 1.69, 1.69], 50) });
    const others = [record("muon", 1175, [1.69, 1.69, 1.69]), quick];
    expect(standings(others, timed)).toEqual([
      ["slow-steps", "record"],
      ["muon", "reached"],
    ]);
    const elsewhere = { ...quick, machine: { ...quick.machine, processor: "q" } };
    expect(standings([elsewhere, ...others.slice(0, 1)], timed)).toEqual([
      ["slow-steps", "shared"],
      ["muon", "shared"],
    ]);
  });

  it("is empty where nobody ran", () => {
    expect(makeBoard(track, []).entries).toEqual([]);
  });
});
