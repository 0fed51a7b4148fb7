import { describe, expect, it } from "vitest";
import { hostileName, sampleLineRace, sampleRace } from "../../test/samples.js";
import { raceFindings } from "./findings.js";
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

describe("raceFindings", () => {
  it("says who is first, lowest and lost", () => {
    const [first, lowest, lost] = raceFindings(sampleRace());
    expect(first).toMatch(/^2 of 4 come within 0\.01 of the minimum, first heavy at step \d+\.$/);
    expect(lowest).toMatch(/^heavy ends lowest/);
    expect(lost).toBe("wild diverges.");
  });

  it("says who ends at which end of a line", () => {
    expect(raceFindings(sampleLineRace())).toEqual([
      "right ends at the right end of the interval, the minimiser x = -1.",
      "wrong ends at the wrong end, x = 1.",
    ]);
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
    expect(picture.runs[2]?.diverged).toBeGreaterThan(0);
    expect(JSON.stringify(picture)).not.toContain("null");
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
