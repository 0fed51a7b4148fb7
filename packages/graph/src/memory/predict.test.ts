import { describe, expect, test } from "vitest";
import { checkpoint } from "../differentiate/checkpoint.js";
import { gradients } from "../differentiate/gradients.js";
import { add } from "../operators/binary.js";
import { matmul } from "../operators/matmul.js";
import { sum } from "../operators/reductions.js";
import { exp, sin, square, tanh } from "../operators/unary.js";
import { compile } from "../run/compile.js";
import { constant, input, parameter, type Tensor } from "../tensor/tensor.js";
import { predictMemory } from "./predict.js";

const side = 64;
/** Bytes of one square matrix: every value of the graphs below is one, but for the sums. */
const matrix = 4 * side * side;
const least = 256;
const x = input("x", [side, side]);
const predict = (outputs: Readonly<Record<string, Tensor>>) => predictMemory(compile(outputs));

describe("predictMemory", () => {
  test("counts what is alive at once, not what is computed", async () => {
    // Of sines one after the other two are alive at a time, however many there are.
    const chain = Array.from({ length: 9 }).reduce((y: Tensor) => sin(y), x);
    expect((await predict({ y: sum(chain) })).peakBytes).toBe(2 * matrix);
    // Where all are needed at the end, all are alive, and the sum under way as well.
    const kept = [1, 2, 3].reduce<Tensor[]>((all) => [...all, sin(all.at(-1) ?? x)], []);
    const [a = x, b = x, c = x] = kept;
    expect((await predict({ y: sum(matmul(matmul(c, b), a)) })).peakBytes).toBe(4 * matrix);
  });

  test("knows what is written in place, and what is another's memory", async () => {
    expect((await predict({ y: sum(tanh(sin(x))) })).peakBytes).toBe(matrix);
    expect((await predict({ y: sum(exp(sin(x))) })).peakBytes).toBe(2 * matrix);
    // tanh may not write over what is still needed.
    const y = sin(x);
    expect((await predict({ y: sum(matmul(tanh(y), y)) })).peakBytes).toBe(3 * matrix);
  });

  test("tells saved activations, workspace, constants and outputs apart", async () => {
    const network = (layers: number, every = layers) => {
      const weights = Array.from({ length: layers }, (_, i) => parameter(`w${i}`, [side, side]));
      const stretch = (some: readonly Tensor[]) => (y: Tensor) =>
        some.reduce((z, weight) => tanh(matmul(z, weight)), y);
      let y = x;
      for (let i = 0; i < layers; i += every) y = checkpoint(stretch(weights.slice(i, i + every)))(y);
      const loss = sum(square(every < layers ? y : stretch(weights)(x)));
      return {
        loss,
        ...Object.fromEntries(gradients(loss, weights).map((d, i) => [`d${i}`, d])),
      };
    };
    const small = await predict(network(4));
    const large = await predict(network(7));
    expect(small.saved + small.workspace).toBe(small.peakBytes);
    // A layer more is an activation more to keep, and nothing else.
    expect(large.saved - small.saved).toBe(3 * matrix);
    expect(large.workspace).toBe(small.workspace);
    expect(large.outputs).toBe(7 * matrix + least);
    // What goes into each stretch of three is kept, and one stretch at a time is alive.
    const checkpointed = await predict(network(9, 3));
    expect(checkpointed.peakBytes).toBeLessThan((await predict(network(9))).peakBytes - 3 * matrix);

    const inConstants = await predict({
      y: add(x, constant(Float32Array.from({ length: side }, Math.sqrt))),
    });
    expect(inConstants).toMatchObject({ constants: least, peakBytes: 0, saved: 0 });
    expect(inConstants.outputs).toBe(matrix);
  });

  test("names the node at which the most is alive", async () => {
    expect((await predict({ y: sum(matmul(exp(x), sin(x))) })).at).toMatch(/^MatMul /);
  });
});
