import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fetchesFor, largestError, wave } from "../../test/arrays.js";
import { profiledRun } from "../../test/profile.js";
import { add, multiply } from "../operators/binary.js";
import { gather } from "../operators/indexing.js";
import { matmul } from "../operators/matmul.js";
import { mean, sum } from "../operators/reductions.js";
import { square, tanh } from "../operators/unary.js";
import { compile } from "../run/compile.js";
import { evaluate } from "../run/evaluate.js";
import { elementCount } from "../tensor/shape.js";
import { input, parameter, type Tensor } from "../tensor/tensor.js";
import { checkpoint } from "./checkpoint.js";
import { gradients } from "./gradients.js";

const width = 4;
const weights = [1, 2, 3].map((i) => parameter(`w${i}`, [width, width]));
const x = parameter("x", [3, width]);

/** x + tanh(x w): each layer's tanh is what a backward pass without checkpoints keeps. */
const layer =
  (weight: Tensor) =>
  (value: Tensor): Tensor =>
    add(value, tanh(matmul(value, weight)));

/** The layers one after the other, each through `wrap`. */
const network = (wrap: (f: (value: Tensor) => Tensor) => (value: Tensor) => Tensor): Tensor =>
  weights.reduce((value, weight) => wrap(layer(weight))(value), x);

/** The loss and its derivatives by x and all weights. */
function outputsOf(loss: Tensor): Record<string, Tensor> {
  const wrt = [x, ...weights];
  return { loss, ...Object.fromEntries(gradients(loss, wrt).map((tensor, i) => [`d${i}`, tensor])) };
}

const shared = parameter("shared", [width]);

const feeds = Object.fromEntries(
  [x, ...weights].map((tensor, i) => [
    i === 0 ? "x" : `w${i}`,
    Float32Array.from(wave(elementCount(tensor.shape), i)),
  ]),
);
const sharedFeed = Float32Array.from(wave(width, weights.length + 1));

/** The outputs as ONNX Runtime computes them, and its operators in the order in which they ran. */
async function run(outputs: Readonly<Record<string, Tensor>>) {
  const fetches = fetchesFor(outputs);
  const compiled = compile(outputs);
  const fed = { ...feeds, ...("shared" in compiled.inputs ? { shared: sharedFeed } : {}) };
  const nodes = await profiledRun(compiled, { feeds: fed, fetches });
  return { fetches, ran: nodes.map(({ name }) => name.replace(/_\d+$/, "")) };
}

/** A derivative of tanh is dy (1 - y²): each Sub is a layer's backward pass. */
const passes = ({ ran }: { readonly ran: readonly string[] }) =>
  ran.filter((name) => name === "Tanh" || name === "Sub").join(" ");

const loss = (y: Tensor): Tensor => mean(square(y));

describe("checkpoint", () => {
  test("gives the same bits, of the value and of every derivative", async () => {
    const plain = await run(outputsOf(loss(network((f) => f))));
    const nested = (f: (value: Tensor) => Tensor) =>
      checkpoint((value: Tensor) => tanh(checkpoint(f)(value)));
    const plainNested = (f: (value: Tensor) => Tensor) => (value: Tensor) => tanh(f(value));
    expect((await run(outputsOf(loss(network((f) => checkpoint(f)))))).fetches).toEqual(plain.fetches);
    expect((await run(outputsOf(loss(network(nested))))).fetches).toEqual(
      (await run(outputsOf(loss(network(plainNested))))).fetches,
    );
  });

  test("computes a stretch again, after the derivatives of what follows it", async () => {
    expect(passes(await run(outputsOf(loss(network((f) => f)))))).toBe("Tanh Tanh Tanh Sub Sub Sub");
    expect(passes(await run(outputsOf(loss(network((f) => checkpoint(f))))))).toBe(
      "Tanh Tanh Tanh Tanh Sub Tanh Sub Tanh Sub",
    );
  });

  test("computes each of several stretches again where they share an argument, used or not", async () => {
    const stretches = (use: boolean): Tensor =>
      weights.reduce(
        (value, weight) =>
          checkpoint((y: Tensor, other: Tensor) => (use ? add(layer(weight)(y), other) : layer(weight)(y)))(
            value,
            shared,
          ),
        x,
      );
    const plain = weights.reduce((value, weight) => add(layer(weight)(value), shared), x);
    for (const use of [false, true]) {
      const found = await run(outputsOf(loss(stretches(use))));
      const expected = await run(outputsOf(loss(use ? plain : network((f) => f))));
      expect(found.fetches).toEqual(expected.fetches);
      expect(passes(found)).toBe("Tanh Tanh Tanh Tanh Sub Tanh Sub Tanh Sub");
    }
  });

  test("has the derivatives of the function itself, of any depth and place of stretches (property)", () => {
    const wrap = fc.array(fc.boolean(), { minLength: weights.length, maxLength: weights.length });
    fc.assert(
      fc.property(wrap, fc.boolean(), (places, around) => {
        const stretches = (value: Tensor) =>
          weights.reduce((y, weight, i) => (places[i] ? checkpoint(layer(weight)) : layer(weight))(y), value);
        const outputs = outputsOf(loss((around ? checkpoint(stretches) : stretches)(x)));
        const expected = evaluate(outputsOf(loss(network((f) => f))), feeds);
        for (const [name, values] of Object.entries(evaluate(outputs, feeds)))
          expect([...values]).toEqual([...(expected[name] ?? [])]);
      }),
      { numRuns: 16 },
    );
  });

  test("takes several arguments, integers among them, and tensors from outside in any place", async () => {
    const rows = input("rows", [2], "int32");
    const scaled = multiply(x, 0.5);
    const f = (value: Tensor, indices: Tensor) =>
      multiply(tanh(gather(add(value, scaled), indices)), sum(weights[0] ?? value));
    const more = { rows: Int32Array.of(2, 0) };
    const plain = outputsOf(sum(square(f(scaled, rows))));
    const checkpointed = outputsOf(sum(square(checkpoint(f)(scaled, rows))));
    const needed = { x: feeds.x ?? [], w1: feeds.w1 ?? [], ...more };
    const [a, b] = [plain, checkpointed].map(({ loss: value, d0, d1 }) =>
      value && d0 && d1 ? evaluate({ value, d0, d1 }, needed) : {},
    );
    expect(b).toEqual(a);
  });

  test("can be differentiated twice", () => {
    const twice = (value: Tensor) => {
      const [first] = gradients(sum(square(value)), [x]);
      return outputsOf(sum(square(first ?? value)));
    };
    const actual = evaluate(twice(network((f) => checkpoint(f))), feeds);
    for (const [name, values] of Object.entries(evaluate(twice(network((f) => f)), feeds)))
      expect(largestError(actual[name] ?? [], values)).toBeLessThan(1e-12);
  });

  test("costs nothing where there is no derivative", () => {
    const count = (y: Tensor) => compile({ y }).nodeCount;
    expect(count(network((f) => checkpoint(f)))).toBe(count(network((f) => f)));
  });
});
