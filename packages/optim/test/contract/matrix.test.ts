import { describe, expect, it } from "vitest";
import type { LinearAlgebra, Operation } from "../../src/linearAlgebra/linearAlgebra.js";
import { referenceLinearAlgebra } from "../../src/linearAlgebra/reference/reference.js";
import { companionBody } from "../../src/matrix/companion.js";
import type { MatrixRule } from "../../src/matrix/matrixRule.js";
import { distributedShampoo } from "../../src/matrix/rules/distributedShampoo.js";
import type { Optimizer, OptimizerConfig } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { elementCount, type ParameterSpec } from "../../src/parameter.js";
import { findOptimizer, registry } from "../../src/registry.js";
import type { OptimizerSpec } from "../../src/spec.js";
import { formsOf, onBackends } from "../forms.js";
import { awkwardParameters, fillGradients, flatten, initialise } from "../gradients.js";
import { runSteps } from "../runs.js";
import { expectToResume } from "./resume.js";

/*
 * What every matrix rule of the registry promises, under every choice of an option and on both back ends. A
 * new rule is held to it by its line in the registry.
 */

/**
 * Tensors of awkward shapes: beside those of element rules one row, one element, a convolution, one without
 * elements.
 */
const parameters: readonly ParameterSpec[] = [
  ...awkwardParameters,
  { name: "row", shape: [1, 6], role: "hiddenMatrix" },
  { name: "column", shape: [6, 1], role: "hiddenMatrix" },
  { name: "element", shape: [1, 1], role: "hiddenMatrix" },
  { name: "kernel", shape: [3, 2, 3, 2], role: "convolution" },
  { name: "void", shape: [4, 0], role: "hiddenMatrix" },
];

const forms = onBackends(formsOf("matrix"));

/** Linear algebra whose operations can be awaited only. */
const awaited = (algebra: LinearAlgebra): LinearAlgebra => {
  const only = <Kind extends Operation>(operation: Kind): Kind => ({
    ...operation,
    run: () => {
      throw new Error("not at once");
    },
  });
  return {
    ...algebra,
    synchronous: false,
    product: (...rounds) => only(algebra.product(...rounds)),
    gram: (tasks) => only(algebra.gram(tasks)),
    symmetricEigen: (tasks) => only(algebra.symmetricEigen(tasks)),
    qr: (tasks) => only(algebra.qr(tasks)),
    inverseRoot: (tasks, settings) => only(algebra.inverseRoot(tasks, settings)),
    orthogonalise: (tasks, settings) => only(algebra.orthogonalise(tasks, settings)),
  };
};

it("counts the arrays of a tall matrix in blocks as its plan declares them", () => {
  for (const merge of ["matrix", "vector", "none"])
    for (const shape of [
      [29, 6],
      [16, 3],
      [25, 1],
    ]) {
      const tall: ParameterSpec = { name: "tall", shape, role: "hiddenMatrix" };
      const given = { hyper: { blockSize: 8 }, options: { merge } };
      const { state, scratch } = findOptimizer("distributed-shampoo").arrays([tall], given);
      const optimizer = createOptimizer({ ...given, rule: distributedShampoo }, [tall]);
      const bytes = state.reduce((sum, one) => sum + one.bytes, 0);
      expect(bytes, `${merge} ${shape}`).toBe(optimizer.arenaBytes.state);
      expect(scratch).toBeGreaterThan(0);
    }
});

describe.each(forms)("%s on %s", (_, backend, spec, entry) => {
  const build = (config: OptimizerConfig = {}, hyper = spec.hyper): Optimizer => {
    const optimizer = createOptimizer({ ...spec, hyper }, parameters, { backend, ...config });
    initialise(optimizer);
    return optimizer;
  };

  it("takes the bytes of state that it declares", () => {
    const bytes = entry.stateBytes(parameters, spec);
    expect(build().arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
  });

  it("has the arrays that it declares, slot by slot, and scratch within its memory", () => {
    const optimizer = build();
    const { state, inputs, evaluation, scratch } = entry.arrays(parameters, spec);
    const width = backend === "wasm" ? 4 : 8;
    const slots = new Map<string, number>();
    for (const [name, { shape }] of optimizer.saveState().tensors) {
      // Slots of axes and blocks are numbered.
      const slot = name.slice(name.indexOf("/") + 1).replace(/\d+(\.\d+)*$/, "");
      slots.set(slot, (slots.get(slot) ?? 0) + elementCount(shape) * Float32Array.BYTES_PER_ELEMENT);
    }
    const declared = Object.fromEntries(state.map(({ name, bytes }) => [name, bytes]));
    expect(declared).toEqual(Object.fromEntries([...slots].filter(([, bytes]) => bytes > 0)));
    expect([inputs, evaluation]).toEqual([[], 0]);
    const { total, parameters: own, gradients, state: saved } = optimizer.arenaBytes;
    expect(own + gradients + saved + (scratch * width) / 4).toBeLessThanOrEqual(total);
    expect(scratch).toBeGreaterThan(0);
  });

  it("stays finite on awkward shapes and moves every parameter", () => {
    const optimizer = build();
    const before = parameters.map(({ name }) => [...optimizer.parameter(name)]);
    runSteps(optimizer, 1, 30);
    expect(flatten(optimizer).every(Number.isFinite)).toBe(true);
    for (const [index, { name }] of parameters.entries()) {
      const after = [...optimizer.parameter(name)];
      if (after.length > 0) expect(after, name).not.toEqual(before[index]);
    }
  });

  it("resumes from a file to the same bits, at any step", () => {
    expectToResume(() => build());
  });

  // In float32 matrices of equal shapes are computed in batches, so that rounding may depend on their
  // company.
  it("updates groups as optimizers of their own would, in float64 to the same bits", () => {
    const grouped = runSteps(build({ groups: [{ names: ["weight", "bias"], hyper: { lr: 0.07 } }] }), 1, 9);
    const [alone, others] = [runSteps(build(), 1, 9), runSteps(build({}, { lr: 0.07 }), 1, 9)];
    for (const { name } of parameters) {
      const expected = [...(name === "weight" || name === "bias" ? others : alone).parameter(name)];
      const found = [...grouped.parameter(name)];
      if (backend === "float64") expect(found, name).toEqual(expected);
      else
        for (const [index, value] of expected.entries())
          expect(Math.abs((found[index] ?? Number.NaN) - value), name).toBeLessThan(1e-4);
    }
  });

  it("stays where it is on zero gradients without weight decay, and finite with it", () => {
    const still = build({}, "weightDecay" in entry.hyper ? { weightDecay: 0 } : {});
    const before = flatten(still);
    for (let k = 1; k <= 3; k++) still.step();
    expect(flatten(still)).toEqual(before);
    const decaying = build();
    for (let k = 1; k <= 3; k++) decaying.step();
    expect(flatten(decaying).every(Number.isFinite)).toBe(true);
  });

  it("leaves to its companion what it does not take, to the same bits", () => {
    const { rule } = entry;
    const { hyper } = entry.choose(spec);
    const rest = parameters.filter((parameter) => !rule.takes(parameter));
    const companion = createOptimizer({ rule: companionRule(rule), hyper: usedBy(rule, hyper) }, rest, {
      backend,
    });
    const whole = build();
    for (const { name } of rest) companion.parameter(name).set(whole.parameter(name));
    for (let k = 1; k <= 9; k++) {
      fillGradients(whole, k);
      for (const { name } of rest) companion.gradient(name).set(whole.gradient(name));
      whole.step();
      companion.step();
    }
    for (const { name } of rest)
      expect([...whole.parameter(name)], name).toEqual([...companion.parameter(name)]);
  });

  it("averages gradients, clips them and leaves out those that are not finite, before anything else", () => {
    const halves = build({ accumulate: 2 });
    const whole = build();
    for (let k = 1; k <= 6; k++) {
      fillGradients(whole, k);
      for (const factor of [2, 0]) {
        for (const { name } of parameters)
          halves.gradient(name).set(whole.gradient(name).map((value) => factor * value));
        halves.step();
      }
      whole.step();
    }
    expect(flatten(halves)).toEqual(flatten(whole));

    const clipped = build({ clip: { value: 0.25 }, nonFinite: "skip" });
    const bounded = build();
    for (let k = 1; k <= 6; k++) {
      fillGradients(clipped, k);
      for (const { name } of parameters)
        bounded
          .gradient(name)
          .set(clipped.gradient(name).map((value) => Math.max(-0.25, Math.min(0.25, value))));
      clipped.step();
      bounded.step();
      clipped.gradient("weight")[3] = Number.NaN;
      expect(clipped.step()).toMatchObject({ applied: false, skipped: k });
    }
    expect(flatten(clipped)).toEqual(flatten(bounded));
  });
});

describe.each(registry.flatMap((entry) => (entry.kind === "matrix" ? [[entry.name, entry] as const] : [])))(
  "%s",
  (_, entry) => {
    it("runs by linear algebra that takes time as it does at once, and says so when it is asked at once", async () => {
      const build = (linearAlgebra: LinearAlgebra) => {
        const spec: OptimizerSpec = { name: entry.name, hyper: {}, options: {} };
        const optimizer = createOptimizer(spec, parameters, { backend: "float64", linearAlgebra });
        initialise(optimizer);
        return optimizer;
      };
      const [once, later] = [build(referenceLinearAlgebra), build(awaited(referenceLinearAlgebra))];
      expect(() => later.step()).toThrow(expect.objectContaining({ code: "misuse" }));
      for (let k = 1; k <= 4; k++) {
        for (const each of [once, later]) fillGradients(each, k);
        once.step();
        await later.stepAsync();
      }
      expect(flatten(later)).toEqual(flatten(once));
    });

    it("refuses to change what its memory or its linear algebra depend on", () => {
      const spec: OptimizerSpec = { name: entry.name, hyper: {}, options: {} };
      const optimizer = createOptimizer(spec, parameters);
      for (const name of entry.rule.structural)
        expect(() => optimizer.setHyper(name, 3)).toThrow(expect.objectContaining({ code: "misuse" }));
      expect(() => createOptimizer(spec, parameters, { linearAlgebra: referenceLinearAlgebra })).toThrow(
        /precision/,
      );
    });
  },
);

/** The companion as a rule of its own, with the matrix rule's hyper-parameters. */
const companionRule = ({ companion, ...description }: MatrixRule) => ({
  ...companion.rule,
  hyper: description.hyper,
  options: {},
  body: () => companionBody(companion),
});

/** Those of the values that the companion uses. */
function usedBy({ companion }: MatrixRule, values: Readonly<Record<string, number>>) {
  const text = JSON.stringify(companionBody(companion));
  return Object.fromEntries(Object.entries(values).filter(([name]) => text.includes(`"${name}"`)));
}
