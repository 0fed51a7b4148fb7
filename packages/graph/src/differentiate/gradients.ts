import { dtypeError, formatShape, GraphError } from "../errors/errors.js";
import { add } from "../operators/binary.js";
import { elementCount, sameShape } from "../tensor/shape.js";
import { constant, type Operation, type Source, type Tensor, zerosLike } from "../tensor/tensor.js";
import { topologicalOrder } from "../tensor/traverse.js";

/** Of the vertices, those through which the loss depends on one of the tensors. */
function sourcesBetween(order: readonly Source[], wrt: ReadonlySet<Tensor>): Set<Source> {
  const between = new Set<Source>();
  for (const source of order) {
    if (source.kind !== "operation") continue;
    if (source.inputs.some((x) => wrt.has(x) || between.has(x.source))) between.add(source);
  }
  return between;
}

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

  const wanted = new Set(wrt);
  const order = topologicalOrder([loss]);
  const between = sourcesBetween(order, wanted);
  const gradientOf = new Map<Tensor, Tensor>([[loss, constant(1, loss.shape)]]);
  for (const source of order.toReversed()) {
    if (source.kind !== "operation" || !between.has(source)) continue;
    const outputGradients = source.outputs.map((y) => gradientOf.get(y));
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
  return wrt.map((tensor) => gradientOf.get(tensor) ?? zerosLike(tensor));
}
