import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import {
  createExecutor,
  loadSpeedrunSubmission,
  loadTrack,
  makeBoard,
  readRecords,
  runCampaign,
  type SpeedrunRecord,
} from "../src/index.js";
import { writeTinyTrack } from "./tinyTrack.js";

// The workers are the built ones (npm run build); they inherit this, so that no test waits for a network.
process.env.STEEPEST_OFFLINE = "1";

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

// Twenty processes one after the other take a while where others use the cores.
const patience = 180_000;

/** Runs the tiny track; `labels` gets every run that a process was started for. */
async function campaign(
  names: readonly string[],
  { labels = [] }: { readonly labels?: string[] } = {},
): Promise<readonly SpeedrunRecord[]> {
  const executor = createExecutor({
    workers: 2,
    onEvent: (event) => void (event.kind === "started" && labels.push(event.job.label)),
  });
  return runCampaign({
    track: await loadTrack(await writeTinyTrack(folder)),
    submissions: await Promise.all(names.map(loadSpeedrunSubmission)),
    baseline: await loadSpeedrunSubmission("adamw"),
    ...{ seeds: [0, 1], executor, workers: 2, date: "2026-11-23" },
    ...{ folder: join(folder, "runs"), records: join(folder, "records") },
  });
}

/** What a record says, its times and its memory apart. */
const timeless = ({ runs, baseline, ...record }: SpeedrunRecord) => ({
  ...record,
  baseline: baseline && { ...baseline, runs: baseline.runs.map(untimedRun) },
  runs: runs.map(untimedRun),
});
const untimedRun = ({ seed, loss, parametersHash, evaluations }: SpeedrunRecord["runs"][number]) => ({
  ...{ seed, loss, parametersHash },
  evaluations: evaluations.map(([step, , value]) => [step, value]),
});

describe("a campaign", () => {
  /** The baseline's record of a campaign that nothing disturbed. */
  let undisturbed: SpeedrunRecord | undefined;

  it(
    "tunes and races each submission beside the baseline, and leaves records and logs",
    async () => {
      const labels: string[] = [];
      const [adamw, muon] = await campaign(["muon", "adamw"], { labels });
      if (adamw === undefined || muon === undefined) return expect.unreachable();
      expect([adamw.submission.name, muon.submission.name]).toEqual(["adamw", "muon"]);
      // Everyone the same search, on a seed that no run is judged on.
      for (const { tuning } of [adamw, muon]) {
        expect(tuning?.points).toHaveLength(2);
        expect(tuning?.trainings[0]?.loss).toBe(
          Math.min(...(tuning?.points ?? []).map(({ loss }) => loss ?? 9)),
        );
      }
      expect(muon.runs.map(({ seed }) => seed)).toEqual([0, 1]);
      // The baseline's runs of the same seeds, which steps alone decide, are the same runs.
      expect(muon.baseline?.runs).toEqual(adamw.runs);
      expect(adamw.baseline).toBeUndefined();
      // Every run to the stop step, evaluated on the way and there.
      for (const { settings, runs } of [adamw, muon])
        for (const { evaluations, loss } of runs)
          expect(evaluations.at(-1)).toEqual([settings.steps, expect.any(Number), loss]);
      expect(labels.filter((label) => /adamw.*seed/.test(label))).toHaveLength(2);

      const log = await readFile(join(folder, "records/tiny/muon/logs/seed_1.txt"), "utf8");
      expect(log).toContain("adamLr"); // the submission's source
      expect(log).toContain("export function trapezoid"); // and what it imports
      expect(log).toContain('"name":"tiny"');
      const { steps } = muon.settings;
      expect(log).toMatch(
        new RegExp(
          `step:${steps}/${steps} val_loss:${muon.runs[1]?.loss?.toFixed(4)} train_time:\\d+ms step_avg:`,
        ),
      );
      expect(log).toMatch(/\npeak memory allocated: \d+ MiB reserved: \d+ MiB\n$/);
      expect(await readRecords(join(folder, "records"), "tiny")).toEqual([adamw, muon]);
      const board = makeBoard(await loadTrack(join(folder, "tiny.yaml")), [adamw, muon]);
      expect(board.entries).toHaveLength(2);

      // What its folders hold is not run again.
      const again: string[] = [];
      expect(await campaign(["muon", "adamw"], { labels: again })).toEqual([adamw, muon]);
      expect(again).toEqual([]);
      undisturbed = adamw;
    },
    patience,
  );

  it(
    "survives a kill -9 of everything, of which it loses at most the runs under way",
    async () => {
      const script = fileURLToPath(new URL("../dev/campaign.js", import.meta.url));
      const track = await writeTinyTrack(folder);
      const child = spawn(
        process.execPath,
        [
          script,
          track,
          "--out",
          join(folder, "runs"),
          "--records",
          join(folder, "records"),
          "--submissions",
          "adamw",
        ],
        { detached: true, stdio: ["ignore", "pipe", "inherit"] },
      );
      const killed = new Promise<void>((resolve) => child.once("close", () => resolve()));
      child.stdout.once("data", () => {
        // The whole group: the coordinator and its workers.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      });
      await killed;
      const kept = (await readdir(join(folder, "runs/adamw"))).length;
      expect(kept).toBeGreaterThan(0);
      const [resumed] = await campaign(["adamw"]);
      expect(resumed && timeless(resumed)).toEqual(undisturbed && timeless(undisturbed));
    },
    patience,
  );

  it("refuses another model or other data than the track's before anything is run", async () => {
    const labels: string[] = [];
    const path = await writeTinyTrack(folder, (text) => text.replace("400", "401"));
    const track = await loadTrack(path);
    const adamw = await loadSpeedrunSubmission("adamw");
    await expect(
      runCampaign({
        ...{ track, submissions: [adamw], baseline: adamw, seeds: [0], workers: 1, date: "2026-11-23" },
        executor: createExecutor({ onEvent: ({ kind }) => labels.push(kind) }),
        ...{ folder: join(folder, "runs"), records: join(folder, "records") },
      }),
    ).rejects.toThrow(/has 400 parameters, expected 401/);
    expect(labels).toEqual([]);
  });
});
