import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HyperKind, OptionValue, Rule } from "../../src/language/rule.js";
import { optionChoices } from "../../src/language/validate.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { registry } from "../../src/registry.js";
import { noise } from "../gradients.js";
import { sumTranscriptions } from "./sums.js";
import { type Memory, transcriptions, type VectorStep } from "./transcriptions.js";

/**
 * Values under which a rule forgives rounding: no division by almost nothing, whose quotient would be all
 * rounding.
 */
const valuesOf: Readonly<Record<HyperKind, fc.Arbitrary<number>>> = {
  stepSize: fc.double({ min: 1e-3, max: 0.1, noNaN: true }),
  decayRate: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
  nonNegative: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  positive: fc.double({ min: 0.1, max: 2, noNaN: true }),
  count: fc.integer({ min: 1, max: 10 }),
  fraction: fc.double({ min: 0.5, max: 0.9, noNaN: true }),
  growth: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 2, noNaN: true })),
  real: fc.double({ min: -0.5, max: 0.9, noNaN: true }),
};

const size = 13;
const steps = 60;

/**
 * Normal numbers, in some steps none; `uneven`: in others a thousand times larger or smaller; `extreme`: also
 * single elements of ±1e20 and 1e-20.
 */
function gradients(seed: number, spread: "even" | "uneven" | "extreme"): readonly (readonly number[])[] {
  let drawn = 0;
  const uniform = () => (noise(seed, drawn++) + 1) / 2;
  return Array.from({ length: steps }, () => {
    const kind = uniform();
    const usual = spread === "even" || kind >= 0.2;
    const scale = kind < 0.1 ? 0 : usual ? 1 : kind < 0.15 ? 1e3 : 1e-3;
    return Array.from({ length: size }, () => {
      const luck = uniform();
      if (spread === "extreme" && luck < 0.02) return luck < 0.01 ? 1e-20 : uniform() < 0.5 ? -1e20 : 1e20;
      return Math.fround(luck > 0.9 ? 0 : scale * (4 * uniform() - 2));
    });
  });
}

/** Hyper-parameters that have an effect under these options. */
function effectiveHyper(rule: Rule, options: Readonly<Record<string, OptionValue>>): readonly string[] {
  const text = JSON.stringify(rule.body(options));
  return Object.keys(rule.hyper).filter((name) => text.includes(`"${name}"`));
}

const start = Array.from({ length: size }, (_, index) => Math.fround(Math.cos(index * 1.3)));

/** The rule's transcription, for a parameter that begins at `x`. */
function transcriptionOf(
  rule: Rule,
  hyper: Readonly<Record<string, number>>,
  options: Readonly<Record<string, OptionValue>>,
  x: readonly number[],
): VectorStep {
  const values = Object.fromEntries(
    Object.entries(rule.hyper).map(([name, spec]) => [name, hyper[name] ?? spec.default]),
  );
  const whole = sumTranscriptions[rule.name];
  if (whole !== undefined) return whole(values, options, x);
  const one = transcriptions[rule.name];
  if (one === undefined) throw new Error(`${rule.name} has no transcription`);
  const memories = x.map((): Memory => ({}));
  return (at, g, k) =>
    memories.map((memory, i) => one(at[i] ?? Number.NaN, g[i] ?? Number.NaN, k, memory, values, options));
}

/**
 * A run beyond this leaves the range of float32 soon, which the transcription does not: there is nothing more
 * to compare.
 */
const diverged = 1e9;

/**
 * The largest error of a back end against the transcription over a run, relative to the run's largest
 * parameter.
 */
function largestError(
  rule: Rule,
  backend: "float64" | "wasm",
  options: Readonly<Record<string, OptionValue>>,
  hyper: Readonly<Record<string, number>>,
  given: readonly (readonly number[])[],
): number {
  const optimizer = createOptimizer({ rule, hyper, options }, [{ name: "x", shape: [size], role: "other" }], {
    backend,
  });
  const transcription = transcriptionOf(rule, hyper, options, start);
  const x = optimizer.parameter("x");
  x.set(start);
  let expected: readonly number[] = start;
  let [scale, error] = [1, 0];
  for (const [index, step] of given.entries()) {
    optimizer.gradient("x").set(step);
    for (const input of optimizer.inputs) optimizer.input(input, "x").set(step.map((g) => g * g));
    optimizer.step();
    expected = transcription(expected, step, index + 1);
    if (backend === "wasm" && expected.some((value) => Math.abs(value) > diverged)) break;
    for (const [i, value] of expected.entries()) {
      scale = Math.max(scale, Math.abs(value));
      error = Math.max(error, Math.abs((x[i] ?? 0) - value));
      if (!Number.isFinite(value - (x[i] ?? Number.NaN))) return Number.NaN;
    }
  }
  return error / scale;
}

const ruleForms = registry.flatMap((entry) =>
  entry.kind === "rule"
    ? optionChoices(entry.rule).map(
        (options) =>
          [
            `${entry.name} ${Object.entries(options)
              .map(([name, value]) => `${name}=${value}`)
              .join(" ")}`,
            entry.rule,
            options,
          ] as const,
      )
    : [],
);

describe.each(ruleForms)("%s", (_, rule, options) => {
  const hypers = fc
    .record(
      Object.fromEntries(
        effectiveHyper(rule, options).map((name) => [name, valuesOf[rule.hyper[name]?.kind ?? "real"]]),
      ),
    )
    // Adadelta whose steps are forgotten faster than its gradients diverges, and then there is nothing to
    // compare.
    .filter(({ gamma = 0, rho = 1 }) => gamma <= rho);
  // An estimate of the distance is multiplied by every gradient that is larger than the first, and soon
  // overflows in the original too.
  const feedsOnItself = rule.hyper.d0 !== undefined;
  // No shrinking: a shorter run would say no more than the seed does.
  const runs = { numRuns: 20, endOnFailure: true };
  it("is its transcription, in float64, also with gradients of 1e20 and 1e-20", () => {
    fc.assert(
      fc.property(hypers, fc.nat(), fc.boolean(), (hyper, seed, extreme) => {
        const given = gradients(seed, extreme && !feedsOnItself ? "extreme" : "uneven");
        expect(largestError(rule, "float64", options, hyper, given)).toBeLessThan(1e-11);
      }),
      runs,
    );
  });
  it("is its transcription to float32's rounding, in the fused kernel", () => {
    fc.assert(
      fc.property(hypers, fc.nat(), (hyper, seed) => {
        const given = gradients(seed, feedsOnItself ? "even" : "uneven");
        expect(largestError(rule, "wasm", options, hyper, given)).toBeLessThan(2e-5);
      }),
      runs,
    );
  });
});
