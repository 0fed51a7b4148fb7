import { describe, expect, it } from "vitest";
import type { Optimizer, OptimizerConfig } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { elementCount } from "../../src/parameter.js";
import { registry } from "../../src/registry.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { chooseValues } from "../../src/values.js";
import { formsOf, onBackends } from "../forms.js";
import { awkwardParameters, flatten, initialise, noise } from "../gradients.js";
import { vector } from "../objectives.js";
import { runSteps } from "../runs.js";
import { expectToResume } from "./resume.js";

/*
 * What every optimizer of the registry promises, under every choice of its options and on both back ends. A
 * new rule is held to it by its line in the registry.
 */

const forms = formsOf("rule", "matrix", "closure");

const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

describe("every entry", () => {
  it("has a name of its own, a line of summary, a source with a link, and documented values", () => {
    expect(new Set(registry.map(({ name }) => name)).size).toBe(registry.length);
    for (const entry of registry) {
      expect(entry.summary).toMatch(/^\S.*\S$/);
      expect(entry.cite.authors.length * entry.cite.title.length).toBeGreaterThan(0);
      expect(entry.cite.year).toBeGreaterThan(1800);
      expect(entry.cite.url).toMatch(/^https:\/\//);
      for (const { description } of [...Object.values(entry.hyper), ...Object.values(entry.options)])
        expect(description.length).toBeGreaterThan(0);
    }
  });
  it.each(forms)("%s is written and read", (text, spec, entry) => {
    expect(parseOptimizerSpec(text)).toEqual(spec);
    expect(entry.latex(spec.options)).toContain(
      entry.kind === "rule" || entry.name === "sam" ? "x_{k} &=" : "x_k &=",
    );
    expect(entry.plainFormula(spec.options).some((line) => /^x′? ← /.test(line))).toBe(true);
  });
  it("maps every argument of an original to names that it has", () => {
    for (const entry of registry) {
      const names = [...Object.keys(entry.hyper), ...Object.keys(entry.options)];
      for (const mapping of Object.values(entry.presets).flatMap((preset) =>
        Object.values(preset.arguments),
      )) {
        const targets =
          typeof mapping === "string"
            ? [mapping]
            : "tuple" in mapping
              ? mapping.tuple
              : "each" in mapping
                ? mapping.each
                : "name" in mapping
                  ? [mapping.name, ...Object.keys("enables" in mapping ? mapping.enables : {})]
                  : "values" in mapping
                    ? Object.values(mapping.values).flatMap((settings) => Object.keys(settings))
                    : [];
        for (const target of targets) expect(names).toContain(target);
      }
    }
  });
});

describe.each(onBackends(formsOf("rule")))("%s on %s", (_, backend, spec, entry) => {
  const build = (
    parameters = awkwardParameters,
    config: OptimizerConfig = {},
    hyper = spec.hyper,
  ): Optimizer => {
    const optimizer = createOptimizer({ ...spec, hyper }, parameters, { backend, ...config });
    initialise(optimizer);
    return optimizer;
  };
  const { phases } = entry.rule.body(chooseValues(entry, spec).options);
  const sums = phases.flatMap(({ reduce }) => Object.values(reduce).map(({ over }) => over));

  it("takes the bytes of state that it declares", () => {
    const bytes = entry.stateBytesPerParameter(spec.options) * elements;
    expect(build().arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
  });

  it("has the arrays that it declares, and no others", () => {
    const optimizer = build();
    const width = backend === "wasm" ? 1 : 2;
    const { state, inputs, evaluation, scratch } = entry.arrays(awkwardParameters, spec);
    const sum = (arrays: typeof state) => arrays.reduce((total, { bytes }) => total + bytes, 0);
    expect(width * sum(state)).toBe(optimizer.arenaBytes.state);
    for (const { name, bytes } of state) {
      const found = awkwardParameters.reduce(
        (total, parameter) => total + optimizer.state(parameter.name, name).byteLength,
        0,
      );
      expect(found, name).toBe(width * bytes);
    }
    expect(inputs.map(({ name }) => name)).toEqual(optimizer.inputs);
    expect(width * sum(inputs)).toBe(optimizer.arenaBytes.inputs);
    expect(width * evaluation).toBe(optimizer.arenaBytes.evaluation);
    expect(scratch).toBe(0);
  });

  it("resumes from a file to the same bits, at any step", () => {
    expectToResume(() => build());
  });

  it.skipIf(sums.includes("all"))("updates groups as optimizers of their own would, to the same bits", () => {
    const values = Object.fromEntries(
      Object.keys(entry.hyper)
        .filter((name) => name === "lr")
        .map((name) => [name, 0.07]),
    );
    const grouped = runSteps(
      build(awkwardParameters, { groups: [{ roles: ["bias", "head"], hyper: values }] }),
      1,
      9,
    );
    const [alone, others] = [runSteps(build(), 1, 9), runSteps(build(awkwardParameters, {}, values), 1, 9)];
    for (const { name, role } of awkwardParameters) {
      const expected = role === "bias" || role === "head" ? others : alone;
      expect([...grouped.parameter(name)]).toEqual([...expected.parameter(name)]);
    }
  });

  it("stays finite on zero gradients, and does not move without weight decay", () => {
    const still = "weightDecay" in entry.hyper ? { weightDecay: 0 } : {};
    const optimizer = build(awkwardParameters, {}, still);
    const before = flatten(optimizer);
    for (let k = 1; k <= 3; k++) optimizer.step();
    expect(flatten(optimizer)).toEqual(before);
    const decaying = build();
    for (let k = 1; k <= 3; k++) decaying.step();
    expect(flatten(decaying).every(Number.isFinite)).toBe(true);
  });

  it.skipIf(sums.length > 0)("does to an element what it does to it among others, wherever it is", () => {
    // An odd length; elements at the edges of vectors of 2, 4 and 16 numbers.
    const large = build(vector(67));
    const small = [0, 1, 3, 4, 15, 16, 63, 64, 66].map((i) => ({ i, alone: build(vector(1)) }));
    for (const each of [large, ...small.map(({ alone }) => alone)]) each.parameter("x").fill(0.75);
    for (let k = 1; k <= 5; k++) {
      large.gradient("x").set(Array.from({ length: 67 }, (_, i) => Math.fround(noise(k, i))));
      for (const { i, alone } of small) {
        alone.gradient("x").fill(Math.fround(noise(k, i)));
        alone.step();
      }
      large.step();
    }
    for (const { i, alone } of small) expect(alone.parameter("x")[0], `${i}`).toBe(large.parameter("x")[i]);
  });
});
