import { describe, expect, it } from "vitest";
import { drawHeldOut } from "./heldOut.js";
import { workloads } from "./registry.js";
import { measuredTargets } from "./targets/measured.js";
import type { LoadedWorkload } from "./workload.js";

/** Language workloads are for speedruns, which have no held-out variants. */
const bases = workloads.flatMap((workload) =>
  workload.learnsLanguage === true ? [] : [[workload.name, workload] as const],
);

/** Weights at which a linear workload is looked at. */
const looked = [0, 0.01];

/** The loss of a linear workload's splits with all weights at each of some values. */
async function losses(
  loaded: LoadedWorkload,
  values: readonly number[] = looked,
): Promise<readonly number[]> {
  const weights = new Float32Array(loaded.parameterCount);
  const views = { parameter: () => weights, gradient: () => weights.slice() };
  const bound = await loaded.bind(views, { batchSize: 1, seed: 0, threads: 1 });
  const found: number[] = [];
  for (const value of values) {
    weights.fill(value);
    for (const split of ["train", "validation", "test"] as const)
      found.push((await bound.evaluate(split)).loss);
  }
  return found;
}

describe.each(bases)("%s", (name, base) => {
  it("has at least three held-out variants, named after it and with budgets and targets of their own", () => {
    const { heldOut = [] } = base;
    expect(heldOut.length).toBeGreaterThanOrEqual(3);
    for (const variant of heldOut) {
      expect(variant.name).toMatch(new RegExp(`^${name}_[a-z-]+$`));
      expect(variant).toMatchObject({ base: name, defaults: base.defaults, budget: base.budget });
      expect(variant.heldOut).toBeUndefined();
      expect(variant.target.value).toBe(measuredTargets[variant.name]?.validation);
      expect(variant.description).toContain(base.description);
    }
    expect(new Set(heldOut.map(({ description }) => description)).size).toBe(heldOut.length);
  });

  it("draws each variant with the same probability, by the seed alone", () => {
    const { heldOut = [] } = base;
    const draws = Array.from({ length: 4000 }, (_, seed) => drawHeldOut(base, seed)?.name);
    expect(Array.from({ length: 4000 }, (_, seed) => drawHeldOut(base, seed)?.name)).toEqual(draws);
    const share = 1 / heldOut.length;
    for (const variant of heldOut) {
      const times = draws.filter((drawn) => drawn === variant.name).length;
      // Five standard deviations of a binomial share.
      expect(Math.abs(times / 4000 - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 4000));
    }
  });
});

describe("drawHeldOut", () => {
  it("draws for each base on its own", () => {
    const places = bases.map(([, base]) =>
      Array.from({ length: 200 }, (_, seed) =>
        (base.heldOut ?? []).findIndex(({ name }) => name === drawHeldOut(base, seed)?.name),
      ),
    );
    expect(new Set(places.map((list) => list.join())).size).toBe(bases.length);
  });

  it("finds none where there is none", () => {
    for (const [, { heldOut: _, ...alone }] of bases) expect(drawHeldOut(alone, 0)).toBeUndefined();
  });
});

describe("linear workloads", () => {
  const linear = bases.flatMap(([, base]) => (base.target.metric === "loss" ? [base] : []));

  it("are the same data at every load, and each variant is another problem or begins elsewhere", async () => {
    expect(linear.map(({ name }) => name)).toEqual(["sparse-logistic", "least-squares"]);
    for (const base of linear) {
      const loaded = await base.load();
      const found = await losses(loaded);
      expect(await losses(await base.load())).toEqual(found);
      // Validation and test follow the law of training: the same loss but for chance.
      for (const first of [0, 3]) {
        for (const loss of found.slice(first + 1, first + 3))
          expect(Math.abs(loss / (found[first] ?? Number.NaN) - 1)).toBeLessThan(0.1);
      }
      for (const variant of base.heldOut ?? []) {
        const other = await variant.load();
        expect(other.parameterCount).toBe(loaded.parameterCount);
        if (variant.name.endsWith("large-init")) expect(await losses(other)).toEqual(found);
        else expect(await losses(other, looked.slice(1))).not.toEqual(found.slice(3));
      }
    }
  });
});
