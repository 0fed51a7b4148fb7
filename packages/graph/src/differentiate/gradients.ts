import { dtypeError, formatShape, GraphError } from "../errors/errors.js";
import { add } from "../operators/binary.js";
import { elementCount, sameShape } from "../tensor/shape.js";
import { constant, type Operation, type Tensor, zerosLike } from "../tensor/tensor.js";
import { sourcesBetween, topologicalOrder } from "../tensor/traverse.js";

function checkGradient(operation: Operation, x: Tensor, gradient: Tensor): Tensor {
  if (sameShape(gradient.shape, x.shape) && gradient.dtype === x.dtype) return gradient;
  throw new GraphError(
    "misuse",
    `${operation.operator.name}: its derivative is ${gradient.dtype} ${formatShape(gradient.shape)} where its input is ${x.dtype} ${formatShape(x.shape)}`,
    "Make the operator's gradient return tensors of its inputs' types",
  );
}

/**
 * Derivatives of a scalar loss, by reverse-mode differentiation of the graph.
 *
 * For y = f(x) and L a function of y, dL/dx = (dy/dx)ᵀ dL/dy; contributions of several uses of x add up. The
 * result is further symbolic tensors that use the forward pass's own: compiled together, both share every
 * common subgraph. Derivatives can be differentiated again.
 *
 * @param loss a float32 tensor of one element
 * @param wrt float32 tensors: inputs, or intermediate tensors of the graph
 * @returns one tensor per entry of `wrt`, of its shape; zeros where the loss does not depend on it
 * @throws GraphError `not-differentiable` where the loss has several elements or a tensor is not float32
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (elementCount(loss.shape) !== 1) {
    throw new GraphError(
      "not-differentiable",
      `gradients: the loss must have one element, found shape ${formatShape(loss.shape)}`,
      "Reduce it first, with sum(loss) or mean(loss)",
    );
  }
  for (const tensor of [loss, ...wrt]) {
    if (tensor.dtype !== "float32") {
      throw dtypeError(
        "gradients",
        [tensor],
        "only float32 tensors have derivatives",
        "Differentiate before casting",
      );
    }
  }

  return pullback(loss, constant(1, loss.shape), wrt).map(
    (gradient, i) => gradient ?? zerosLike(wrt[i] ?? loss),
  );
}

/**
 * dL/dx of some tensors x from dL/dy, for a tensor y that is computed from them: the product of dy with the
 * Jacobian matrices of y.
 *
 * @returns one tensor per entry of `wrt`, of its shape; undefined where y does not depend on it, or not
 *   differentiably
 */
export function pullback(y: Tensor, dy: Tensor, wrt: readonly Tensor[]): readonly (Tensor | undefined)[] {
  const wanted = new Set(wrt);
  const order = topologicalOrder([y]);
  const between = sourcesBetween(order, wanted);
  const gradientOf = new Map([[y, dy]]);
  for (const source of order.toReversed()) {
    if (source.kind !== "operation" || !between.has(source)) continue;
    const outputGradients = source.outputs.map((output) => gradientOf.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const inputGradients = source.operator.gradient(source, outputGradients);
    source.inputs.forEach((x, i) => {
      const gradient = inputGradients[i];
      if (gradient === undefined || !(wanted.has(x) || between.has(x.source))) return;
      const sum = gradientOf.get(x);
      const checked = checkGradient(source, x, gradient);
      gradientOf.set(x, sum === undefined ? checked : add(sum, checked));
    });
  }
  return wrt.map((tensor) => gradientOf.get(tensor));
}
