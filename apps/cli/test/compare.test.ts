import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { exitCode } from "../src/io.js";
import { start } from "./run.js";
import { typed } from "./typed.js";
import { workingFolder } from "./workingFolder.js";

// Where a page is asked for, the trials go to runs/ of the working folder.
let root: string;
beforeAll(
  workingFolder((path) => {
    root = path;
  }),
);

const run = (...args: readonly string[]) => typed("compare", ...args);

const small = [
  "fashion-mnist",
  "-o",
  "adam:lr=0.001",
  "-o",
  "sgd",
  "--trials",
  "2",
  "--seeds",
  "1",
  "--epochs",
  "0.05",
  // One worker, which loads the data once.
  "--workers",
  "1",
];

describe("steepest compare", () => {
  it("prints a leaderboard on stdout, progress on stderr, and writes a page that needs no network", async () => {
    const folder = join(root, "table");
    const { code, stdout, stderr } = await run(...small, "--out", folder);
    expect(code).toBe(exitCode.ok);
    for (const name of ["adam:lr=0.001", "sgd", "Not tuned: adam:lr=0.001.", join(folder, "report.html")]) {
      expect(stdout).toContain(name);
    }
    expect(stderr).toMatch(/\[3\/3\]/);
    const page = await readFile(join(folder, "report.html"), "utf8");
    expect(page).toContain("adam:lr=0.001");
    expect(page).not.toMatch(/(?:src|href)="https?:/);

    const again = await run(...small, "--out", folder);
    expect(again.code).toBe(exitCode.usage);
    expect(again.stderr).toContain(`Continue it with --resume ${JSON.stringify(folder)}`);

    const resumed = await run("--resume", folder, "--json");
    expect(resumed.code).toBe(exitCode.ok);
    expect(resumed.stderr).toContain("3 of 3 trials are complete already and kept");
    const result: unknown = JSON.parse(resumed.stdout);
    expect(result).toMatchObject({ workload: "fashion-mnist", parameterCount: 79510, seeds: [0], folder });
  }, 60_000);

  it("explains wrong calls with exit code 2", async () => {
    const foreign = join(root, "foreign");
    await mkdir(foreign);
    await writeFile(join(foreign, "run.json"), "{}");
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["fashion-mnits"], /Did you mean "fashion-mnist"/],
      [["fashion-mnist", "-o", "adamm"], /Did you mean "adam"/],
      [["fashion-mnist", "--seeds", "0"], /integer >= 1/],
      [["--resume", join(root, "nowhere")], /there is no comparison in/],
      [["--resume", "x", "--seeds", "2"], /cannot be used with/],
      [[], /no workload is given/],
      [["fashion-mnist", "--out", foreign], /is not empty and holds no comparison: found "run.json"/],
      [["fashion-mnist", "--out", join(foreign, "run.json", "x")], /cannot be made a folder/],
      [["fashion-mnist", "--out", join(foreign, "run.json", "x.html")], /is a file, not a folder/],
      [["fashion-mnist", "--out", ""], /--out is empty/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await run(...args);
      expect(stderr).toMatch(message);
      expect([args, code, stdout]).toEqual([args, exitCode.usage, ""]);
    }
  });

  it("compares with schedules and under labels, closures too, and never replaces a foreign page unasked", async () => {
    const page = join(root, "report.html");
    await writeFile(page, "<p>somebody's own</p>");
    const once = ["--seeds", "1", "--trials", "1", "--epochs", "0.05", "--workers", "1"];
    const entrants = ["-o", "decayed=sgd:lr=0.1+cosine:steps=100%,warmup=10%", "-o", "sam:base=sgd,lr=0.1"];
    const options = ["fashion-mnist", ...entrants, ...once, "--out", page];
    const refused = await run(...options);
    expect([refused.code, refused.stdout]).toEqual([exitCode.usage, ""]);
    expect(refused.stderr).toMatch(/is no page or picture of Steepest.*--force/s);
    expect(await readFile(page, "utf8")).toBe("<p>somebody's own</p>");
    const { code, stdout } = await run(...options, "--force");
    expect(code).toBe(exitCode.ok);
    expect(stdout).toMatch(/ decayed +0\.1 /);
    expect(stdout).toContain("decayed is sgd:lr=0.1+cosine:steps=20,warmup=2 ");
    const report = await readFile(page, "utf8");
    expect(report).toContain("-o decayed=sgd:lr=0.1+cosine:steps=20,warmup=2 -o sam:lr=0.1,base=sgd");
    // One's own report is replaced without a question.
    const other = ["least-squares", "-o", "sgd:lr=1e-5", ...once, "--out", page];
    expect((await run(...other)).code).toBe(exitCode.ok);
  }, 60_000);

  it("shows no figure for an optimizer that diverged", async () => {
    const folder = join(root, "diverged");
    const options = ["--seeds", "2", "--trials", "1", "--epochs", "0.05", "--workers", "1", "--out", folder];
    const { code, stdout } = await run("fashion-mnist", "-o", "sgd", "-o", "adam:lr=1e30", ...options);
    expect(code).toBe(exitCode.ok);
    expect(stdout).toMatch(/^ *- +- +adam:lr=1e\+30 +1e30 +diverged +diverged +diverged +diverged/m);
    expect(stdout).toContain("adam:lr=1e+30: diverged with all 2 seeds");
    expect(stdout).toContain("looked at once, after the last step");
    const page = await readFile(join(folder, "report.html"), "utf8");
    expect(page).toMatch(
      /data-optimizer="adam:lr=1e\+30"[^>]*><td class="number">–<[\s\S]*?quiet">diverged</,
    );
  }, 60_000);

  it("Ctrl-C ends with 130 and the command that continues, and that command finishes", async () => {
    const folder = join(root, "interrupted");
    const { child, finished } = start(
      ["compare", ...small, "--seeds", "2", "--workers", "2", "--out", folder],
      root,
    );
    let seen = "";
    let asked = false;
    child.stderr?.on("data", (data: Buffer) => {
      seen += data.toString();
      if (asked || !seen.includes("[1/6]")) return;
      asked = child.kill("SIGINT");
    });
    const { code, stderr } = await finished;
    expect(stderr).toContain(`steepest compare --resume ${folder}`);
    expect(code).toBe(exitCode.interrupted);
    const resumed = await run("--resume", folder);
    expect(resumed.code).toBe(exitCode.ok);
    expect(resumed.stderr).toMatch(/[1-5] of 6 trials (is|are) complete already and kept/);
  }, 60_000);
});
