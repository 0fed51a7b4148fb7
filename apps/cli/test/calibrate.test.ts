import { calibrations } from "@steepest/bench";
import { describe, expect, it } from "vitest";
import { typed } from "./typed.js";

describe("steepest bench calibrate", () => {
  it("prints a share, a promise and whether it is kept for every procedure", async () => {
    const { code, stdout, stderr } = await typed("bench", "calibrate", "--runs", "8");
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n")).toHaveLength(calibrations.length + 2);
    expect(stdout).toMatch(/one optimizer under two names.* 8 .*at most 5% +(kept|missed)/);
    expect(code).toBe(stdout.includes("missed") ? 1 : 0);
  });

  it("prints one JSON object, the same for the same seed", async () => {
    const run = () => typed("bench", "calibrate", "--runs", "3", "--seed", "5", "--json");
    const { stdout } = await run();
    expect(JSON.parse(stdout)).toMatchObject({
      calibrations: calibrations.map(({ name, promised }) => ({ name, promised, runs: 3 })),
    });
    expect((await run()).stdout).toBe(stdout);
  });
});
