import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { speedrunSubmissions } from "@steepest/speedrun";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { writeTinyTrack } from "../../../packages/speedrun/test/tinyTrack.js";
import { start } from "./run.js";
import { typed } from "./typed.js";

let folder = "";
let track = "";
beforeAll(async () => {
  const remove = await temporaryFolder((path) => {
    folder = path;
  })();
  track = await writeTinyTrack(folder);
  return remove;
});

const speedrun = (...args: readonly string[]) => typed("speedrun", ...args);
const out = () => ["--out", join(folder, "runs")];

describe("steepest speedrun", () => {
  it("lists the tracks, and shows the rules of one", async () => {
    const { code, stdout } = await speedrun("tracks");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^shakespeare-steps +fewest steps to 1\.70 +the optimizer alone +nanogpt-cpu, 804,096/m,
    );
    expect(stdout).toMatch(/^gpt2-124m +least time to 3\.28 +anything +gpt2, 124,439,808 parameters$/m);
    const rules = await speedrun("tracks", "shakespeare-steps");
    expect(rules.stdout).toMatch(/counts if +\(1\.7 − mean\)·√n ≥ 0\.004 over n seeds/);
    const json: unknown = JSON.parse((await speedrun("tracks", "--json")).stdout);
    expect(json).toEqual(expect.arrayContaining([expect.objectContaining({ name: "procedural-steps" })]));
  });

  it("tunes, then runs what was tuned beside the baseline, judges it, and shows it on a board", async () => {
    const tuned = await speedrun("tune", track, "--submission", "muon", ...out());
    expect(tuned.stdout).toMatch(/^muon\nsteps +loss +settings\n─+ +─+ +─+\n/);
    expect(tuned.stdout.match(/^ +60 +0\.\d{4} +learning_rate/gm)).toHaveLength(2);
    const stop = /=> learning_rate .*; stop at step (\d+)/.exec(tuned.stdout)?.[1];
    expect(Number(stop)).toBeGreaterThan(0);

    const ran = await speedrun("run", track, "--submission", "muon", "-n", "2", ...out());
    // What tune ran is not run again.
    expect(ran.stderr).not.toMatch(/muon, point/);
    expect(ran.stderr).toMatch(/adamw, point 1 of 2: 0\.\d{4} after 60 steps/);
    expect(ran.stderr).toMatch(new RegExp(`muon, ${stop} steps, seed 1: 0\\.\\d{4} after ${stop} steps`));
    expect(ran.stdout).toMatch(new RegExp(` muon +${stop} +0\\.\\d{4} ± 0\\.\\d{4} +2 `));
    expect(ran.stdout).toMatch(/^muon: (record|not reached): \(0\.33 − 0\.\d{4}\)·√2 = /m);
    expect(ran.code).toBe(/^muon: record/m.test(ran.stdout) ? 0 : 3);
    await stat(join(folder, "runs/records/tiny/muon/logs/seed_1.txt"));

    const again = await speedrun("run", track, "--submission", "muon", "-n", "2", "--json", ...out());
    expect(JSON.parse(again.stdout)).toMatchObject({
      ...{ track: "tiny", measure: "steps", target: 0.33 },
      entries: [
        {
          ...{
            submission: "muon",
            steps: Number(stop),
            n: 2,
            losses: [expect.any(Number), expect.any(Number)],
          },
          ...{ tuning: { points: [{}, {}] }, besideBaseline: { name: "adamw" } },
        },
      ],
      official: [{ name: "modded-nanogpt-1" }, { name: "modded-nanogpt-3" }],
    });

    const page = join(folder, "board.html");
    const board = await speedrun("board", track, "--runs", join(folder, "runs"), "--out", page);
    expect(board.stdout).toContain("For comparison, not ours and on other machines: modded-nanogpt, track 3");
    expect(board.stdout).toMatch(/^ +1 +3600$/m);
    const html = await readFile(page, "utf8");
    expect(html).toContain('id="chart-ours-0"');
    expect(html).toContain("Not ours: modded-nanogpt, track 1: minutes to 3.28 on 8 H100");
    expect(html).toContain("Muon with AdamW");
    // A stop step of one's own: what was there before stays in the record.
    const shorter = await speedrun(
      "run",
      track,
      "--submission",
      "muon",
      "--steps",
      "60",
      "-n",
      "1",
      ...out(),
    );
    expect(shorter.code).toBe(3);
    const record: unknown = JSON.parse(
      await readFile(join(folder, "runs/records/tiny/muon/record.json"), "utf8"),
    );
    expect(record).toMatchObject({ settings: { steps: 60 }, earlier: [{ steps: Number(stop) }] });
  }, 180_000);

  it("is interrupted by Ctrl-C and says how it goes on", async () => {
    const { child, finished } = start(
      ["speedrun", "tune", track, "--submission", "soap", "--out", join(folder, "interrupted")],
      folder,
    );
    child.stderr?.once("data", () => child.kill("SIGINT"));
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted; what was run is kept\. The same command goes on from there\.\n$/);
  });

  it.each<[readonly string[], RegExp]>([
    [["tracks", "shakespear-steps"], /unknown track "shakespear-steps"\. Did you mean "shakespeare-steps"/],
    [["run", "procedural-steps"], /no submission is named\. Give --submission NAME or FILE, or --all/],
    [
      ["run", "procedural-steps", "--all", "--submission", "muon"],
      /--all and --submission exclude each other/,
    ],
    [["run", "procedural-steps", "--submission", "moun"], /unknown submission "moun"\. Did you mean "muon"/],
    [["run", "procedural-steps", "--submission", "muon", "-n", "0"], /Expected an integer >= 1/],
    [["board", "absent.yaml"], /the track "absent\.yaml" cannot be read/],
    [["board", "shakespeare-steps", "--out", "board.svg"], /ends in \.html/],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { code, stderr } = await speedrun(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it("names every submission in its help", async () => {
    const { stdout } = await speedrun("run", "--help");
    for (const name of speedrunSubmissions) expect(stdout.replace(/\s+/g, " ")).toContain(name);
  });
});
