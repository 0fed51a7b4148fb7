import { describe, expect, it } from "vitest";
import { checkWorkload } from "./check.js";
import { loadTrack } from "./load.js";

describe("a track's workload", () => {
  it("is what the shipped track says, where no data are needed", async () => {
    expect(await checkWorkload(await loadTrack("procedural-steps"))).toEqual([]);
  });

  it("is refused before anything is run where its validation split has another length", async () => {
    const track = await loadTrack("procedural-steps");
    const { tokens } = track.target;
    const other = { ...track, target: { ...track.target, tokens: tokens + 1 } };
    await expect(checkWorkload(other)).rejects.toMatchObject({
      code: "state-mismatch",
      problem: `track procedural-steps: its validation split has ${tokens} tokens, expected ${tokens + 1}`,
    });
  });
});
