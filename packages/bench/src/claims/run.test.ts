import { describe, expect, it } from "vitest";
import { defineClaim } from "./claim.js";
import { claims, findClaim } from "./registry.js";
import { runClaim } from "./run.js";

/** Busy for as many milliseconds: what an experiment is between two calls of `progress`. */
const work = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

const sample = defineClaim({
  name: "sample",
  title: "Sample",
  claim: "Seeds are positive.",
  setting: ({ factor }: { factor: number; rounds: number }) => `Seeds times ${factor}.`,
  seeds: 3,
  parameters: { factor: 1, rounds: 1 },
  holdsWhen: { positive: { quantity: "seed", holds: { above: 0 } } },
  async run({ seeds, progress }, { factor, rounds }) {
    for (let round = 0; round < rounds; round++) {
      work(35);
      await progress(round / rounds);
    }
    const caveat = `In ${rounds} rounds.`;
    return { effects: { positive: seeds.map((seed) => factor * seed) }, figures: [], charts: [], caveat };
  },
});

describe("running a claim", () => {
  it("gives the experiment the seeds 1, 2, ... and judges what it found", async () => {
    const result = await runClaim(sample);
    expect(result).toMatchObject({ name: "sample", setting: "Seeds times 1.", seeds: [1, 2, 3], tables: [] });
    expect(result.caveat).toBe("In 1 rounds.");
    expect(result.verdict).toMatchObject({
      kind: "inconclusive",
      effects: [{ estimate: 2, quantity: "seed" }],
    });
    expect((await runClaim(sample, { seeds: 20 })).verdict.kind).toBe("holds");
  });

  it("runs another experiment where it is changed, and says so", async () => {
    const changed = sample.with({ factor: -10 });
    expect(changed.setting).toBe("Seeds times -10.");
    expect((await runClaim(changed, { seeds: 20 })).verdict.kind).toBe("does not hold");
    expect(sample.setting).toBe("Seeds times 1.");
  });

  it("refuses a single seed before it begins", async () => {
    await expect(runClaim(sample, { seeds: 1 })).rejects.toThrow(/"sample" needs at least 2 values, found 1/);
  });

  it("can be stopped on the way, and lets others work while it runs", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const running = runClaim(sample.with({ rounds: 1000 }), {
      signal: stop.signal,
      onProgress: (fraction) => seen.push(fraction),
    });
    setImmediate(() => setImmediate(() => stop.abort()));
    await expect(running).rejects.toThrow(/aborted/);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(10);
  });
});

describe("the claims", () => {
  it("have names that a command line takes, once each", () => {
    const names = claims.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(findClaim(name).name).toBe(name);
    }
    expect(() => findClaim("gd-cots")).toThrow(/unknown claim "gd-cots".*Did you mean "gd-cost"/);
  });

  it("say what they state, what they run and what decides", () => {
    for (const { claim, setting, title, seeds, criteria } of claims) {
      for (const sentence of [claim, setting]) expect(sentence).toMatch(/\S\.$/);
      expect(title).not.toMatch(/\.$/);
      expect(seeds).toBeGreaterThanOrEqual(2);
      expect(Object.keys(criteria).length).toBeGreaterThan(0);
    }
  });
});
