import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { claims } from "@steepest/bench";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../packages/files/test/temporaryFolder.js";
import { start } from "./run.js";
import { typed } from "./typed.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const quick = "adagrad-monotone";

describe("steepest claims", () => {
  it("lists every claim", async () => {
    const { code, stdout } = await typed("claims");
    expect(code).toBe(0);
    for (const { name } of claims) expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
    const listed: unknown = JSON.parse((await typed("claims", "--json")).stdout);
    expect(listed).toMatchObject(claims.map(({ name, setting }) => ({ name, setting })));
  });

  it("shows one in full, with what decides", async () => {
    const { stdout } = await typed("claims", quick);
    expect(stdout).toMatch(/^AdaGrad's steps only shrink \(adagrad-monotone\)/);
    expect(stdout).toMatch(/Holds where\n {2}AdaGrad: .*: below 1e-9\n {2}RMSProp: .*: above 1\n/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
  });
});

describe("steepest claims run", () => {
  it("prints claim, setting, figures and verdicts, and writes one page", async () => {
    const out = join(folder, "two.html");
    const { code, stdout, stderr } = await typed(
      ...["claims", "run", quick, "sgd-unbiased", quick, "--seeds", "4", "--out", out],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^adagrad-monotone: AdaGrad's steps only shrink\n {2}AdaGrad's step sizes only ever/,
    );
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      / RMSProp: [^:]*: \d+\.\d+ \[\S+ \S+\]; holds: the whole interval is above 1 /,
    );
    expect(stdout.match(/=> holds/g)).toHaveLength(2);
    expect(stdout).toMatch(/^sgd-unbiased +One sample's gradient is unbiased +holds$/m);
    expect(stdout).toMatch(/\n2 claims: 2 hold\.\nThe page: .*two\.html\n$/);
    const page = await readFile(out, "utf8");
    expect(page).toContain("npx steepest claims run adagrad-monotone sgd-unbiased --seeds 4");
    expect(page).toContain('id="chart-adagrad-monotone-0"');
  });

  it("prints one object with --json, to the same figures each time", async () => {
    const once = () =>
      typed("claims", "run", quick, "--seeds", "3", "--json", "--out", join(folder, "json.html"));
    const { stdout, stderr } = await once();
    expect(JSON.parse(stdout)).toMatchObject({
      claims: [
        {
          name: quick,
          seeds: [1, 2, 3],
          verdict: { kind: "holds", effects: [{ kind: "holds", level: 0.95 }, { holds: { above: 1 } }] },
        },
      ],
    });
    expect(stderr).toBe("[1/1] adagrad-monotone: holds\n");
    expect((await once()).stdout).toBe(stdout);
  });

  it.each<[readonly string[], RegExp]>([
    [[], /no claim is named\. Name some of steepest claims, or .* --all/],
    [["adagrad-monoton"], /unknown claim "adagrad-monoton"\. Did you mean "adagrad-monotone"/],
    [["--all", quick], /--all and names exclude each other/],
    [[quick, "--seeds", "1"], /Expected an integer >= 2: an interval needs two seeds/],
    [[quick, "--seeds", "0"], /Expected an integer >= 2: an interval needs two seeds/],
    [[quick, "--out", "page.pdf"], /ends in \.html/],
    [[quick, "--sed", "3"], /Did you mean --seeds/],
  ])("refuses %j with exit code 2 and runs nothing", async (args, message) => {
    const before = await readdir(folder);
    const { code, stdout, stderr } = await typed("claims", "run", ...args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(await readdir(folder)).toEqual(before);
  });

  it("names the nearest claim also without run", async () => {
    expect((await typed("claims", "gd-cots")).stderr).toMatch(/Did you mean "gd-cost"/);
  });

  it("replaces an earlier page, but what is none only with --force", async () => {
    const out = join(folder, "notes.html");
    await writeFile(out, "my notes");
    const run = (...more: readonly string[]) =>
      typed("claims", "run", quick, "--seeds", "2", "--out", out, ...more);
    expect(await run()).toMatchObject({ code: 2, stdout: "" });
    expect(await readFile(out, "utf8")).toBe("my notes");
    expect((await run("--force")).code).toBe(0);
    expect((await run()).code).toBe(0);
  });

  it("refuses a page that cannot be written before it runs anything", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    // The system's own folder takes no file from anyone, root with all permissions included.
    const folders = process.platform === "linux" ? [file, "/proc"] : [file];
    for (const unusable of folders) {
      const out = join(unusable, "page.html");
      const { code, stdout, stderr } = await typed("claims", "run", quick, "--out", out);
      expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: "" });
      expect(stderr).toContain(unusable);
    }
  });

  it("keeps on Ctrl-C what is done, and prints the command for the rest", async () => {
    const { child, finished } = start(
      ["claims", "run", quick, "adagrad-sparse", "gd-cost", "--seeds", "4"],
      folder,
    );
    // The first result is printed when the second experiment begins.
    child.stdout?.once("data", () => child.kill("SIGINT"));
    const { code, stderr } = await finished;
    expect(stderr).toBe(
      [
        "Interrupted after 1 of 3 claims; what is done is in claims.html. Run the rest with:",
        "  npx steepest claims run adagrad-sparse gd-cost --seeds 4 --out claims-rest.html",
        "",
      ].join("\n"),
    );
    expect(code).toBe(130);
    const page = await readFile(join(folder, "claims.html"), "utf8");
    expect(page).toContain(`id="chart-${quick}-0"`);
    expect(page).not.toContain('id="adagrad-sparse"');
    expect(page).toContain(`npx steepest claims run ${quick} --seeds 4<`);
  });

  it("writes nothing where nothing is done, and prints the same command again", async () => {
    const interruptedAfter = (milliseconds: number) => {
      const { child, finished } = start(
        ["claims", "run", "adagrad-sparse", "gd-cost", "--seeds", "1000", "--out", "my page.html"],
        folder,
      );
      setTimeout(() => child.kill("SIGINT"), milliseconds);
      return finished;
    };
    // Before the command listens, the signal ends the process without a word: later, then.
    let { stderr, stdout } = await interruptedAfter(1500);
    for (let wait = 3000; stderr === "" && wait < 30_000; wait *= 2)
      ({ stderr, stdout } = await interruptedAfter(wait));
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^Interrupted after 0 of 2 claims; no page was written\. Run the rest with:\n {2}npx .* run adagrad-sparse gd-cost --seeds 1000 --out "my page\.html"\n$/,
    );
    expect(await readdir(folder)).not.toContain("my page.html");
  });
});
