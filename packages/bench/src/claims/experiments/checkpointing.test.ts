import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { checkpointing } from "./checkpointing.js";

/** Memory is measured in processes of their own, which take a second each. */
const patience = 60_000;
const small = checkpointing.with({ layers: 4, depths: [4], pairs: 1 });

describe("checkpointing", () => {
  it(
    "frees memory, and leaves the gradients the same to the bit",
    async () => {
      const { verdict, figures, tables } = await runClaim(small, { seeds: 2 });
      const [freed, time] = verdict.effects;
      expect(freed?.estimate).toBeGreaterThan(0.3);
      expect(freed?.estimate).toBeLessThan(0.8);
      expect(time?.estimate).toBeGreaterThan(0);
      expect(figures.find(({ name }) => name.startsWith("largest difference"))?.value).toBe(0);
      const [blocks, none, full, root, overRoot] = tables[0]?.rows[0]?.map(Number) ?? [];
      expect(blocks).toBe(4);
      expect(full).toBeLessThan(0.8 * (none ?? 0));
      expect(root).toBeLessThan(none ?? 0);
      expect(overRoot).toBeCloseTo((none ?? 0) / 2, 1);
    },
    patience,
  );

  it(
    "frees nothing where nothing is recomputed",
    async () => {
      const { verdict } = await runClaim(small.with({ layers: 1, recomputed: "none", depths: [] }), {
        seeds: 2,
      });
      expect(verdict.kind).toBe("does not hold");
      expect(verdict.effects[0]).toMatchObject({ kind: "does not hold", estimate: 0 });
    },
    patience,
  );
});
