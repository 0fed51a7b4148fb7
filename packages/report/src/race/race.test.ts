import { describe, expect, it } from "vitest";
import { hostileName, sampleLineRace, sampleRace } from "../../test/samples.js";
import { seriesStyle } from "../chart/palette.js";
import { isGenerated } from "../generator.js";
import { raceFindings, raceProvisos } from "./findings.js";
import { raceHtml } from "./html.js";
import { racePicture } from "./prepare.js";
import { racePng, raceSvg } from "./svg.js";
import { raceTable, ranked } from "./table.js";

describe("raceTable", () => {
  it("puts the lowest final value first and the diverged last", () => {
    expect(ranked(sampleRace().runs).map((run) => run.label)).toEqual([
      "heavy",
      "steady",
      hostileName,
      "wild",
    ]);
    const lines = raceTable(sampleRace()).split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[2]).toMatch(/^1 {2}heavy .* 0\.02 .*solved$/);
    expect(lines[5]).toMatch(/NaN.*diverged at step \d+$/);
  });
});

it("a table in a narrow terminal gives up the distance before the names", () => {
  const table = raceTable(sampleRace(), { width: 60 });
  expect(table).toMatch(/ steady /);
  expect(table).not.toMatch(/distance/);
});

it("a learning rate that is a factor is called one", () => {
  const { runs, ...race } = sampleRace();
  const [run, ...others] = runs;
  if (run === undefined) throw new Error("no run");
  const table = raceTable({
    ...race,
    runs: [{ ...run, learningRate: 1, learningRateIsFactor: true }, ...others],
  });
  expect(table).toMatch(/ factor 1 /);
});

describe("raceFindings", () => {
  it("says who is first, lowest and lost", () => {
    const [first, lowest, lost] = raceFindings(sampleRace());
    expect(first).toMatch(/^2 of 4 come within 0\.01 of the minimum, first heavy at step \d+\.$/);
    expect(lowest).toMatch(/^heavy ends lowest/);
    expect(lost).toBe("wild diverges.");
  });

  it("says that runs tie where the digits shown are the same", () => {
    const race = sampleRace();
    const runs = race.runs.map((run) =>
      run.label === "heavy" || run.label === "steady"
        ? { ...run, finalValue: run.label === "heavy" ? -78.33233 : -78.33231 }
        : run,
    );
    expect(raceFindings({ ...race, runs })[1]).toBe(
      "steady and heavy tie for the lowest final value, -78.33 to the digits shown.",
    );
    expect(raceFindings({ ...race, steps: 1, threshold: 1e-30, runs: [] })[0]).toMatch(/ in 1 step\.$/);
  });

  it("says what a reader must know of how it was run", () => {
    const race = sampleRace();
    const runs = race.runs.map((run, index) =>
      index === 0
        ? { ...run, companion: "AdamW", companionHyper: { beta2: 0.95 } }
        : index === 1
          ? { ...run, averages: true }
          : run,
    );
    const [first, second] = race.runs.map(({ label }) => label);
    const proviso = "The point is no matrix, so the companion";
    expect(raceFindings({ ...race, runs, notes: ["Tuned."] }).slice(3)).toEqual(["Tuned."]);
    expect(raceHtml({ ...race, runs })).toContain(`<p>${proviso}`);
    expect(raceHtml(race)).not.toContain(proviso);
    expect(raceProvisos({ ...race, runs })).toEqual([
      `${proviso} of a method on matrices moves it: AdamW (beta2=0.95) for ${first}.`,
      `Shown at the average to evaluate with: ${second}.`,
    ]);
  });

  it("keeps who diverges out of both ends of a line, and says why a bounded problem lost it", () => {
    const race = sampleLineRace();
    const lost = race.runs.map((run) => ({
      ...run,
      learningRateIsFactor: true,
      outcome: { kind: "diverged", step: 100 } as const,
    }));
    expect(raceFindings({ ...race, runs: lost })).toEqual([
      "right, wrong diverge: the step-size estimate overflowed.",
    ]);
  });

  it("shows what the landscape set, where it set anything", () => {
    const race = sampleRace();
    const set = race.runs.map((run, i) => (i === 0 ? { ...run, recommended: { beta2: 1 / 17 } } : run));
    const [plain, marked] = [race, { ...race, runs: set }];
    expect(raceTable(plain)).not.toContain("set by the landscape");
    expect(raceTable(marked)).toMatch(/ beta2=0\.05882 /);
    expect(raceHtml(plain)).not.toContain("set by the landscape");
    expect(raceHtml(marked)).toContain("<td>beta2=0.05882</td>");
  });

  it("says who ends at which end of a line", () => {
    expect(raceFindings(sampleLineRace())).toEqual([
      "right ends at the right end of the interval, the minimiser x = -1.",
      "wrong ends at the wrong end, x = 1.",
    ]);
  });
});

describe("the mark of what is generated", () => {
  it("is near the beginning of every page and picture, and a PNG stays one", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const png = await racePng(sampleRace());
    expect(isGenerated(bytes(raceHtml(sampleRace())))).toBe(true);
    expect(isGenerated(bytes(raceSvg(sampleRace())))).toBe(true);
    expect(isGenerated(png)).toBe(true);
    expect(isGenerated(bytes("<!doctype html><title>Steepest descent</title>"))).toBe(false);
    // Drawn into another picture, it is the same size: a reader that checks the chunks accepts it.
    const { Resvg } = await import("@resvg/resvg-js");
    const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    const holder = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><image href="${href}" width="20" height="10"/></svg>`;
    expect(new Resvg(holder).render().pixels.some((value) => value > 0)).toBe(true);
  });
});

describe("racePicture", () => {
  it("thins long runs and holds what leaves the box", () => {
    const picture = racePicture(sampleRace(50_000));
    for (const run of picture.runs) {
      expect(run.steps.length).toBeLessThanOrEqual(2000);
      expect(run.x).toHaveLength(run.steps.length);
      expect(run.y).toHaveLength(run.steps.length);
      expect(run.gap).toHaveLength(run.steps.length);
      for (const value of [...run.x, ...run.y]) expect(Math.abs(value)).toBeLessThan(200);
    }
    expect(picture.runs.at(-1)?.diverged).toBeGreaterThan(0);
    expect(JSON.stringify(picture)).not.toContain("null");
  });
});

describe("many runs in one picture", () => {
  it("are in the order of the results, each in the style of its place in the race", () => {
    const race = sampleRace();
    const picture = racePicture(race);
    expect(picture.runs.map(({ label }) => label)).toEqual(ranked(race.runs).map(({ label }) => label));
    const style = (label: string) => picture.runs.find((run) => run.label === label)?.style;
    expect(race.runs.map(({ label }) => style(label))).toEqual(race.runs.map((_, i) => seriesStyle(i)));
  });

  it("let no single run set how far up the gap is drawn, and show the others through one that oscillates", () => {
    const race = sampleLineRace();
    const [run, other] = race.runs;
    if (run === undefined || other === undefined) throw new Error("no runs");
    const x = Array.from({ length: 101 }, (_, k) => (k % 2 === 0 ? -1 : 1));
    const wild = { ...run, label: "wild", x, gap: x.map((value) => 40 * (value + 1) + 1) };
    const picture = racePicture({ ...race, runs: [run, other, wild] });
    expect(picture.gapDomain[1]).toBe(racePicture(race).gapDomain[1]);
    expect(picture.runs.filter(({ oscillates }) => oscillates).map(({ label }) => label)).toEqual(["wild"]);
  });
});

describe("raceSvg", () => {
  it.each(["light", "dark"] as const)(
    "is a complete %s picture without anything that is not a number",
    (theme) => {
      for (const data of [sampleRace(), sampleLineRace()]) {
        const svg = raceSvg(data, { theme });
        expect(svg).toMatch(/^<svg [^>]*>.*<\/svg>$/s);
        expect(svg).not.toMatch(/NaN|Infinity|undefined|<img|var\(/);
        for (const run of data.runs) expect(svg).toContain(run.label.replace(/[<>"'&]/g, "").slice(0, 4));
      }
    },
  );

  it("becomes a PNG twice as wide", async () => {
    const png = Buffer.from(await racePng(sampleRace()));
    expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(2400);
  });
});
