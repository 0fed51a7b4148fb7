import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateScalar } from "../language/evaluate.js";
import * as e from "../language/expression.js";
import type { Phase, RuleBody } from "../language/rule.js";
import { adamw } from "../rules/adamw.js";
import { type Backend, elementBytes, type Values, viewOf } from "./backend.js";
import { referenceBackend } from "./reference.js";
import { wasmBackend } from "./wasm/backend.js";

interface Case {
  readonly body: RuleBody;
  readonly hyper: Readonly<Record<string, number>>;
  readonly counts: readonly number[];
  readonly steps: number;
}

/** A fixed pseudo-random value in [-1, 1) for an element. */
const value = (array: number, index: number, step: number): number => {
  const mixed = Math.imul((array + 1) * 7919 + index * 104729 + step * 1299709, 2654435761) >>> 0;
  return Math.fround(mixed / 2 ** 31 - 1);
};

/** Runs a body for some steps on every parameter of one group and returns the arrays. */
function run(backend: Backend, { body, hyper, counts, steps }: Case) {
  let count = 0;
  const spans = counts.map((size) => {
    const span = { offset: count, count: size };
    count += size;
    return span;
  });
  const group = { count, spans };
  const bytes = elementBytes(backend.precision);
  const names = ["x", "g", ...Object.keys(body.state)];
  // Odd strides: kernels must not rely on alignment beyond an element's.
  const stride = (count + 1) * bytes;
  const scratch = Math.ceil((stride * names.length) / 64) * 64;
  const compiled = backend.compile({ name: "test", hyper: Object.keys(hyper), body });
  const memory = backend.allocate(scratch + compiled.scratchBytes(group));
  const arrays = Object.fromEntries(names.map((name, i) => [name, i * stride]));
  const bound = compiled.bind(memory, group, { arrays, scratch });
  const views = names.map((_, i) => viewOf(backend.precision, memory, i * stride, count));
  const initial = Object.fromEntries(
    Object.entries(body.state).map(([name, one]) => [name, evaluateScalar(one, hyper)]),
  );
  names.forEach((name, a) => {
    const view = views[a];
    view?.forEach((_, i) => {
      view[i] = initial[name] ?? value(a, i, 0);
    });
  });
  bound.carried.set(Object.values(body.carried).map((one) => evaluateScalar(one, hyper)));
  const hyperValues = Float64Array.from(Object.values(hyper));
  for (let step = 1; step <= steps; step++) {
    views[1]?.forEach((_, i, g) => {
      g[i] = value(1, i, step);
    });
    bound.run(step, hyperValues);
  }
  return {
    arrays: Object.fromEntries(names.map((name, i) => [name, views[i] ?? new Float32Array()])),
    bound,
  };
}

const at = (array: Values, index: number) => array[index] ?? Number.NaN;

describe("fused float32 kernels against the float64 reference", () => {
  it("AdamW agrees for every size from 0 to 130", () => {
    const hyper = Object.fromEntries(Object.entries(adamw.hyper).map(([name, spec]) => [name, spec.default]));
    for (let count = 0; count <= 130; count++) {
      const test = { body: adamw.body({ maximum: "none" }), hyper, counts: [count], steps: 7 };
      const fused = run(wasmBackend, test).arrays;
      const exact = run(referenceBackend, test).arrays;
      for (const [name, expected] of Object.entries(exact)) {
        const found = fused[name] ?? new Float32Array();
        expected.forEach((one, i) => {
          expect(Math.abs(at(found, i) - one), `${name}[${i}] of ${count}`).toBeLessThan(1e-6);
        });
      }
    }
  });

  const phase: Phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };
  const element = (name: string) => e.variable("element", name);
  const scalar = (name: string) => e.variable("scalar", name);

  /** Random formulas that are well conditioned: no cancellation to amplify float32's rounding, no division by nearly 0. */
  const expression = fc.letrec<{ tree: e.Expression; scalarTree: e.Expression }>((tie) => ({
    scalarTree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(scalar("a"), scalar("b"), scalar("k"), e.toExpression(0.75)),
      fc.tuple(tie("scalarTree"), tie("scalarTree")).map(([l, r]) => e.add(l, r)),
      fc.tuple(tie("scalarTree"), tie("scalarTree")).map(([l, r]) => e.div(l, e.add(1, e.abs(r)))),
      tie("scalarTree").map((one) => e.exp(e.neg(e.abs(one)))),
      tie("scalarTree").map((one) => e.log(e.add(1, e.square(one)))),
    ),
    tree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(element("x"), element("g"), element("s")),
      tie("scalarTree"),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.add(l, r)),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.sub(l, r)),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.mul(e.min(1, e.max(l, -1)), r)),
      fc.tuple(tie("tree"), tie("scalarTree")).map(([l, r]) => e.div(l, e.add(1, e.square(r)))),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.div(l, e.add(0.5, e.abs(r)))),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.max(e.abs(l), e.neg(r))),
      tie("tree").map((one) => e.sqrt(e.add(0.1, e.abs(one)))),
      tie("tree").map((one) => e.mul(e.sign(element("g")), one)),
      tie("tree").map((one) => e.pow(e.add(1, e.abs(one)), -0.5)),
      fc
        .tuple(fc.constantFrom<e.Comparison>("equal", "greater", "greaterEqual"), tie("tree"), tie("tree"))
        .map(([comparison, yes, no]) => e.select(element("g"), comparison, element("x"), yes, no)),
    ),
  }));

  it("random formulas agree, assign from old values, and round every position alike", () => {
    fc.assert(
      fc.property(
        expression.tree,
        expression.tree,
        expression.scalarTree,
        fc.array(fc.nat(37), { minLength: 1, maxLength: 4 }),
        (left, right, named, counts) => {
          const body: RuleBody = {
            state: { s: e.toExpression(0.25) },
            carried: {},
            phases: [
              {
                ...phase,
                scalars: { c: named },
                assign: { x: e.mul(left, e.div(1, e.add(1, e.abs(scalar("c"))))), s: right },
                reduce: { total: { over: "group", sum: e.mul(element("x"), element("g")) } },
              },
            ],
          };
          const test = { body, hyper: { a: 0.5, b: -1.25 }, counts, steps: 1 };
          const fused = run(wasmBackend, test);
          const exact = run(referenceBackend, test);
          for (const name of ["x", "s"]) {
            const found = fused.arrays[name] ?? new Float32Array();
            exact.arrays[name]?.forEach((one, i) => {
              expect(Math.abs(at(found, i) - one)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(one)));
            });
          }
          const total = exact.bound.groupSums[0] ?? 0;
          expect(Math.abs((fused.bound.groupSums[0] ?? 0) - total)).toBeLessThan(
            1e-12 * Math.max(1, total) + 1e-12,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
