import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { registry } from "@steepest/optim";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { main } from "../src/main.js";
import { steepest } from "./run.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

/** What a user who types this sees. */
async function typed(...args: readonly string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await main(["race", ...args], { ...streams, interactive: false });
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

describe("steepest race", () => {
  it("prints a table and writes one page, by default race.html", async () => {
    const { code, stdout, stderr } = await steepest(
      ["race", "rosenbrock", "--lr", "0.003", "--steps", "200"],
      folder,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["adagrad", "rmsprop", "adadelta", "adam", "amsgrad", "adamw"])
      expect(stdout).toContain(name);
    expect(stdout).toMatch(/The race: race\.html\n$/);
    const page = await readFile(join(folder, "race.html"), "utf8");
    expect(page).toContain("steepest race rosenbrock --lr 0.003 --steps 200");
    expect(await readdir(folder)).toEqual(["race.html"]);
  });

  it("shows that Adam ends at the wrong end of Reddi's problem and AMSGrad at the right one", async () => {
    const { code, stdout } = await typed("reddi", "--out", join(folder, "reddi.html"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/amsgrad.* at the right end of the interval, the minimiser x = -1/);
    expect(stdout).toMatch(/adam, .*at the wrong end, x = 1/);
  });

  it("says in text and JSON what Reddi's problem sets, and what ends where it was under the threshold", async () => {
    const options = ["reddi", "-o", "adabelief", "-o", "adam", "--out", join(folder, "set.html")];
    const { stdout } = await typed(...options);
    expect(stdout).toMatch(/adam +0\.01 +beta1=0, beta2=0\.05882 /);
    expect(stdout).toMatch(/the landscape sets beta1 = 0, beta2 = 0\.05882 .*--own-hyper/);
    const json: unknown = JSON.parse((await typed(...options, "--json")).stdout);
    expect(json).toMatchObject({
      notes: [expect.stringContaining("--own-hyper")],
      runs: [
        { optimizer: "adam", outcome: "unsolved", setByLandscape: { beta1: 0, beta2: 1 / 17 } },
        { optimizer: "adabelief", outcome: "left again" },
      ],
    });
    const own = await typed(...options, "--own-hyper");
    expect(own.stdout).toMatch(/adam.* right end/);
    expect(own.stdout).not.toMatch(/the landscape sets|wrong end/);
    expect(await readFile(join(folder, "set.html"), "utf8")).toContain("--own-hyper");
  });

  it("races every optimizer of the registry, and seeks their learning rates with --tune", async () => {
    const out = join(folder, "tuned.html");
    const options = ["rosenbrock", "--steps", "50", "--out", out];
    const all = await typed(...options);
    for (const { name } of registry) expect(all.stdout).toMatch(new RegExp(`^ *\\d+ +${name} `, "m"));
    expect(all.stdout).toMatch(/AdamW \(beta1=0\.9, beta2=0\.95, [^)]*\) for muon/);
    expect(all.stdout).toMatch(/Shown at the average to evaluate with: .*lookahead/);
    const some = ["-o", "gd", "-o", "adam", "-o", "adagrad:lr=0.5"];
    const tuned = await typed(...options, ...some, "--tune", "6");
    expect(tuned.code).toBe(0);
    expect(tuned.stdout).toContain("the best of 6 runs each");
    expect(tuned.stdout).toMatch(/adagrad:lr=0.5 +0\.5 /);
    expect(tuned.stdout).not.toMatch(/gd +0\.003 /);
    expect(await typed(...options, ...some, "--tune", "6")).toEqual(tuned);
    expect(await readFile(out, "utf8")).toContain("--tune 6 --steps 50");
    expect((await typed(...options, "--tune", "--lr", "0.1")).stderr).toMatch(/cannot be used with/);
  });

  it("prints one object with --json", async () => {
    const out = join(folder, "json.svg");
    const { stdout } = await typed(
      ...[
        "himmelblau",
        "-o",
        "adam:lr=0.1",
        "-o",
        "gd-wolfe",
        "--start",
        "0,0",
        "--steps",
        "100",
        "--json",
        "--out",
        out,
      ],
    );
    const result: unknown = JSON.parse(stdout);
    expect(result).toMatchObject({
      landscape: "himmelblau",
      steps: 100,
      start: [0, 0],
      file: out,
      runs: [
        { optimizer: "gd-wolfe", learningRate: null, outcome: "solved" },
        { optimizer: "adam:lr=0.1", learningRate: 0.1 },
      ],
    });
  });

  it("draws still pictures", async () => {
    const options = [
      "quadratic",
      "-o",
      "adam",
      "-o",
      "momentum",
      "--steps",
      "50",
      "--theme",
      "dark",
      "--out",
    ];
    await typed(...options, join(folder, "a.svg"));
    expect(await readFile(join(folder, "a.svg"), "utf8")).toMatch(/^<svg /);
    await typed(...options, join(folder, "a.png"));
    expect((await readFile(join(folder, "a.png"))).subarray(1, 4).toString("latin1")).toBe("PNG");
  });

  it("races in many dimensions on the slice through the minimiser", async () => {
    const out = join(folder, "many.html");
    const { code } = await typed(
      "rosenbrock",
      "--dimension",
      "20",
      "--steps",
      "20",
      "-o",
      "adam",
      "--out",
      out,
    );
    expect(code).toBe(0);
    expect(await readFile(out, "utf8")).toContain("the slice through the minimiser");
  });

  it.each<[readonly string[], RegExp]>([
    [["rosenbrok"], /unknown landscape "rosenbrok".*Did you mean "rosenbrock"/],
    [["rosenbrock", "-o", "adm"], /Did you mean "adam"/],
    [["rosenbrock", "-o", "adam", "-o", "adam"], /"adam" is in the race twice/],
    [["rosenbrock", "--steps", "0"], /Expected an integer >= 1/],
    [["rosenbrock", "--steps", "-5"], /Expected an integer >= 1/],
    [["rosenbrock", "--steps", "1000000000000"], /do not fit into memory/],
    [["rosenbrock", "--start", "1"], /has 2 coordinates, the start has 1/],
    [["rosenbrock", "--start", "1,x"], /Expected a number/],
    [["rosenbrock", "--lr", "-1"], /the race's learning rate .* found -1/],
    [["reddi", "--start", "5"], /the start \(5\) lies outside/],
    [["--tune", "rosenbrock"], /Write the landscape first: steepest race rosenbrock --tune/],
    [["rosenbrock", "--threshold", "0"], /threshold must be a number > 0/],
    [["himmelblau", "--dimension", "3"], /dimension 2 only/],
    [["rosenbrock", "--out", "race.pdf"], /ends in \.html, \.svg, \.png/],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await typed(...args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("replaces an earlier race, but what is none only with --force", async () => {
    for (const name of ["again.html", "again.svg", "again.png"]) {
      const out = join(folder, name);
      const options = ["rosenbrock", "--steps", "1", "-o", "adam", "--out", out];
      expect((await typed(...options)).stdout).toMatch(/^Rosenbrock's valley: 1 step, /);
      expect((await typed(...options)).code).toBe(0);
      await writeFile(out, "my notes");
      const refused = await typed(...options);
      expect(refused.stderr).toMatch(/exists and is no page or picture of Steepest\. .*--force/);
      expect(refused).toMatchObject({ stdout: "" });
      expect(refused.code).not.toBe(0);
      expect(await readFile(out, "utf8")).toBe("my notes");
      expect((await typed(...options, "--force")).code).toBe(0);
    }
  });

  it("shows the factor of Adadelta's step, which --lr leaves alone", async () => {
    const out = join(folder, "factor.html");
    const { stdout } = await typed("rosenbrock", "--steps", "5", "--lr", "0.1", "--out", out);
    expect(stdout).toMatch(/ adadelta +factor 1 /);
    expect(stdout).toMatch(/ adam +0\.1 /);
  });

  it("races in a hundred thousand dimensions in no time, and says why a longer race would not", async () => {
    const options = ["rosenbrock", "--dimension", "100000", "-o", "adam", "--out", join(folder, "wide.html")];
    expect((await typed(...options, "--steps", "2")).code).toBe(0);
    expect((await readFile(join(folder, "wide.html"))).length).toBeLessThan(1e6);
    expect((await typed(...options, "--steps", "1000000")).stderr).toMatch(/a race makes at most 1e\+10/);
  });

  it("fails with the reason where the page cannot be written", async () => {
    await writeFile(join(folder, "file"), "");
    const { code, stdout, stderr } = await typed(
      ...["rosenbrock", "--steps", "5", "--out", join(folder, "file", "race.html")],
    );
    expect(stderr).not.toContain(".tmp");
    expect(stderr).toMatch(/cannot write .*race\.html \([^']*\)\. Name a file .* --out/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });
});
