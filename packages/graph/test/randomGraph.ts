import fc from "fast-check";
import { add, divide, multiply, subtract } from "../src/operators/binary.js";
import { broadcastTo } from "../src/operators/broadcastTo.js";
import { reshape, transpose } from "../src/operators/layout.js";
import { matmul } from "../src/operators/matmul.js";
import { sum } from "../src/operators/reductions.js";
import { exp, negate, relu, sigmoid, square, tanh } from "../src/operators/unary.js";
import { parameter, type Tensor } from "../src/tensor/tensor.js";

/** Functions of two n x n matrices, full of what optimisation looks for. */
function steps(n: number): readonly ((a: Tensor, b: Tensor) => Tensor)[] {
  return [
    add,
    subtract,
    multiply,
    negate,
    exp,
    tanh,
    sigmoid,
    square,
    relu,
    (a) => add(a, 0),
    (a) => transpose(transpose(a)),
    (a, b) => add(a, negate(b)),
    (a, b) => multiply(multiply(a, 0.5), divide(b, 4)),
    (a, b) => matmul(matmul(a, transpose(b)), multiply(a, 0.1)),
    (a, b) => transpose(matmul(transpose(a), b, { scale: 0.5 })),
    (a, b) => add(matmul(a, b, { transposeB: true }), sum(b, { axes: [0] })),
    (a, b) => add(reshape(matmul(a, b, { transposeA: true }), [n * n]), reshape(b, [n * n])),
    (a, b) => broadcastTo(sum(add(a, b), { axes: [0], keepDims: true }), [n, n]),
    (a, b) => subtract(multiply(a, sum(b, { axes: [1], keepDims: true })), sum(a)),
  ];
}

/**
 * Chains of such functions applied to the parameters `a` and `b` and to earlier results; every result is an
 * output.
 */
export function randomGraph(n: number, maxLength = 12): fc.Arbitrary<Record<string, Tensor>> {
  const functions = steps(n);
  const step = fc.record({ f: fc.constantFrom(...functions), left: fc.nat(99), right: fc.nat(99) });
  return fc.array(step, { minLength: 1, maxLength }).map((chain) => {
    const inputs: [Tensor, Tensor] = [parameter("a", [n, n]), parameter("b", [n, n])];
    const tensors: Tensor[] = [...inputs];
    const pick = (i: number) => tensors[i % tensors.length] ?? inputs[0];
    for (const { f, left, right } of chain) {
      // Bounded by tanh, so that chains of exponentials and squares stay comparable.
      tensors.push(tanh(reshape(f(pick(left), pick(right)), [n, n])));
    }
    return Object.fromEntries(tensors.map((tensor, i) => [`y${i}`, tensor]));
  });
}
