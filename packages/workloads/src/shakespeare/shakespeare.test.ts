import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPreset, findWorkload } from "../registry.js";
import { loadShakespeare, shakespeare } from "./workload.js";

describe("shakespeare", () => {
  it("is a procedural language of the same size, after one loud notice, where it cannot be had", async () => {
    const notices: string[] = [];
    const nowhere = join("nowhere", "tinyshakespeare");
    const search = { folders: [nowhere], cache: nowhere, host: undefined };
    const { tokens, tokeniser, splits, procedural, source, leastLoss } = await loadShakespeare(
      (line) => notices.push(line),
      search,
    );
    expect(notices).toEqual([expect.stringMatching(/NOT Shakespeare.*nowhere.*STEEPEST_DATA/)]);
    expect({ procedural, source }).toEqual({
      procedural: true,
      source: expect.stringContaining("NOT Shake"),
    });
    expect([tokens.length, tokeniser.vocabulary]).toEqual([1_115_394, 65]);
    expect(splits.train).toEqual({ start: 0, end: 1_003_854 });
    expect(leastLoss?.(64)).toBeCloseTo(2.1147, 4);
  });

  it("has presets, each a workload of its own", () => {
    expect(findPreset(shakespeare, "nanogpt-cpu")).toBe(shakespeare);
    const baby = findPreset(shakespeare, "baby-gpt");
    expect(baby).toMatchObject({ name: "shakespeare-baby-gpt", defaults: { batchSize: 64 } });
    expect(findWorkload("shakespeare-baby-gpt")).toBe(baby);
    expect(() => findPreset(shakespeare, "gpt-baby")).toThrow(/Known: nanogpt-cpu, baby-gpt/);
  });
});
