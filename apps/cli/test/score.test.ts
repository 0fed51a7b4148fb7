import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCode } from "../src/io.js";
import { typed } from "./typed.js";

let root: string;
let logs: string;

const target = { metric: "validation/accuracy", direction: "max", validation_target: 0.5 };

async function write(submission: string, workload: string, rows: readonly string[]): Promise<void> {
  const folder = join(logs, submission, "study_0", `${workload}_jax`, "trial_1");
  await mkdir(folder, { recursive: true });
  const header = "global_step,score,validation/accuracy";
  await writeFile(join(folder, "eval_measurements.csv"), `${[header, ...rows].join("\n")}\n`);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "steepest-score-"));
  logs = join(root, "logs");
  await write("quick", "a", ["1,10,0.6"]);
  await write("quick", "b", ["1,10,0.6"]);
  await write("slow_one", "a", ["1,5,0.1", "2,20,0.5"]);
  await write("slow_one", "b", ["1,20,0.1"]);
  await writeFile(join(root, "targets.json"), JSON.stringify({ base: { a: target, b: target } }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  typed("score", logs, "--targets", join(root, "targets.json"), "--replicates", "20", ...args);

describe("steepest score", () => {
  it("prints the leaderboard and the grid", async () => {
    const { code, stdout, stderr } = await run("--exact");
    expect([code, stderr]).toEqual([exitCode.ok, ""]);
    expect(stdout).toMatch(/^ +1 +quick +1\.000000 +0\.000–1\.000 +2\/2 /m);
    expect(stdout).toMatch(/^ +2 +slow_one +0\.333333 +0\.000–1\.000 +1\/2 /m);
    expect(stdout).toMatch(/^slow_one +2\.00 +no target$/m);
    expect(stdout).toContain("[1] a  [2] b");
  });

  it("prints one JSON object of a fixed form, infinities as null with their reason", async () => {
    const { code, stdout } = await run("--exact", "--json");
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(stdout)).toEqual({
      rules: "targets.json",
      tauMax: 4,
      submissions: [
        // One study says nothing of its scatter.
        { name: "quick", score: 1, interval: [0, 1], rank: 1 },
        { name: "slow_one", score: 1 / 3, interval: [0, 1], rank: 2 },
      ],
      workloads: ["a", "b"],
      cells: [
        cell("quick", "a", 10, 1, "the only study: study_0/a_jax/trial_1 at line 2 (step 1, 10 s)"),
        cell("quick", "b", 10, 1, "the only study: study_0/b_jax/trial_1 at line 2 (step 1, 10 s)"),
        cell("slow_one", "a", 20, 2, "the only study: study_0/a_jax/trial_1 at line 3 (step 2, 20 s)"),
        cell(
          ...(["slow_one", "b", null, null] as const),
          "no target: 0 of 1 study reached validation/accuracy >= 0.5; of the others the nearest is 0.1 in study_0/b_jax/trial_1",
        ),
      ],
      pairs: [
        {
          ...{ first: "quick", second: "slow_one", difference: 1 - 1 / 3 },
          ...{ pValue: 1, distinguishable: false, timesPValue: 1 },
        },
      ],
    });
  });

  it("prints CSV, Markdown and LaTeX", async () => {
    expect((await run("--exact", "--csv")).stdout).toBe(
      `rank,submission,score,low,high,a,b\n1,quick,1,0,1,1,1\n2,slow_one,${1 / 3},0,1,2,\n`,
    );
    const markdown = (await run("--markdown")).stdout;
    expect(markdown).toContain("| slow\\_one | 2.00 | no target |");
    const latex = (await run("--latex")).stdout;
    expect(latex).toContain("slow\\_one & 2.00 & no target \\\\");
    expect(latex.match(/\\begin{tabular}/g)).toHaveLength(2);
  });

  it("writes a page, and replaces nothing else than one", async () => {
    const page = join(root, "score.html");
    const { code, stdout } = await run("--out", page);
    expect(code).toBe(exitCode.ok);
    expect(stdout).toContain(`The page: ${page}`);
    expect(await readFile(page, "utf8")).toContain("slow_one");
    expect((await run("--out", page)).code).toBe(exitCode.ok);
    await writeFile(page, "mine");
    const refused = await run("--out", page);
    expect(refused.code).toBe(exitCode.usage);
    expect(refused.stderr).toMatch(/is no page or picture of Steepest/);
    expect((await run("--out", page, "--force")).code).toBe(exitCode.ok);
  });

  it("lists what is irregular with --validate", async () => {
    const { code, stdout } = await run("--validate");
    expect([code, stdout]).toEqual([exitCode.ok, "4 logs read, 0 remarks.\n"]);
  });

  it("names damaged logs by file and line, scores the rest and exits with 4", async () => {
    const file = "slow_one/study_0/b_jax/trial_1/eval_measurements.csv";
    const whole = await readFile(join(logs, file), "utf8");
    await writeFile(join(logs, file), `${whole}2,NaN,0.9\n3,30,0.55\n`);
    const { code, stdout, stderr } = await run("--exact", "--json");
    expect(code).toBe(exitCode.damaged);
    expect(code).toBe(4);
    expect(stderr).toBe(`${file}:3: score is NaN\n`);
    expect(JSON.parse(stdout)).toMatchObject({
      submissions: [{ score: 1 }, { name: "slow_one", score: 3 / 6 }],
    });
    await writeFile(join(logs, file), whole);
  });

  it("explains wrong calls with exit code 2", async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["score"], /missing required argument/],
      [["score", join(root, "nowhere")], /nowhere" cannot be read/],
      [["score", logs], /holds no log of a workload of v0.5, only of a, b/],
      [["score", logs, "--rules", "v0.7"], /Allowed choices are v0.5, v0.6/],
      [["score", logs, "--targets", join(root, "none")], /cannot be read/],
      [["score", logs, "--json", "--csv"], /cannot be used with/],
      [["score", logs, "--out", "score.txt"], /ends in \.html/],
      [["score", logs, "--tau-max", "0.5", "--targets", join(root, "targets.json")], /beyond 1/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await typed(...args);
      expect(stderr).toMatch(message);
      expect([args, code, stdout]).toEqual([args, exitCode.usage, ""]);
    }
  });
});

const cell = (
  submission: string,
  workload: string,
  time: number | null,
  ratio: number | null,
  reason: string,
) => ({ submission, workload, time, ratio, reason, studies: { reached: time === null ? 0 : 1, of: 1 } });
