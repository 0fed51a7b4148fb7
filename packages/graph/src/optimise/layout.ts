import { checkpointOperator } from "../differentiate/checkpoint.js";
import { broadcastTo, broadcastToOperator } from "../operators/broadcastTo.js";
import { reshape, reshapeOperator, transpose, transposeOperator } from "../operators/layout.js";
import { castOperator } from "../operators/select.js";
import { sumToOperator } from "../operators/sumTo.js";
import { sameShape } from "../tensor/shape.js";
import { isOperation } from "./match.js";
import type { RewriteRule } from "./rewrite.js";

/** Casts to the tensor's own element type and changes to its own shape. */
const dropIdentities: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  const [y] = operation.outputs;
  if (x === undefined || y === undefined) return undefined;
  const isIdentity =
    (operation.operator === castOperator && x.dtype === y.dtype) ||
    ([reshapeOperator, broadcastToOperator, sumToOperator].some(
      (operator) => operator === operation.operator,
    ) &&
      sameShape(x.shape, y.shape));
  return isIdentity ? [x] : undefined;
};

/** What is to be computed again stands in the derivatives by now, after what it waits for. */
const dropCheckpoints: RewriteRule = (operation) =>
  operation.operator === checkpointOperator ? operation.inputs.slice(0, 1) : undefined;

/** Two reshapes, or two broadcasts, in a row are one. */
const mergeShapes: RewriteRule = (operation) => {
  const [y] = operation.outputs;
  const before = operation.inputs[0]?.source;
  if (y === undefined || before?.kind !== "operation") return undefined;
  const [x] = before.inputs;
  if (x === undefined || before.operator !== operation.operator) return undefined;
  if (operation.operator === reshapeOperator) return [reshape(x, y.shape)];
  if (operation.operator === broadcastToOperator) return [broadcastTo(x, y.shape)];
  return undefined;
};

/** Two transposes in a row are one, or none; one that only moves dimensions of extent 1 is a reshape. */
const mergeTransposes: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  const [y] = operation.outputs;
  if (x === undefined || y === undefined || !isOperation(operation, transposeOperator)) return undefined;
  const { permutation } = operation.attributes;
  const moving = permutation.filter((axis) => x.shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0))) return [reshape(x, y.shape)];
  if (!isOperation(x.source, transposeOperator)) return undefined;
  const [original] = x.source.inputs;
  const first = x.source.attributes.permutation;
  return (
    original && [
      transpose(
        original,
        permutation.map((axis) => first[axis] ?? 0),
      ),
    ]
  );
};

/**
 * The exchange of two neighbouring axes before the last one, as the first's move behind the second and an axis
 * of extent 1: ONNX Runtime copies rows there, where it copies single elements of a plain exchange, which
 * takes three times as long. It hides the transpose from rules that look for one, so it comes after them.
 */
export const exchangeByRows: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  const [y] = operation.outputs;
  if (x === undefined || y === undefined || !isOperation(operation, transposeOperator)) return undefined;
  const { permutation } = operation.attributes;
  const first = permutation.findIndex((axis, i) => axis !== i);
  const behind = first + 2;
  const exchanged = permutation.map((_, i) => (i === first ? i + 1 : i === first + 1 ? i - 1 : i));
  if (behind >= x.shape.length || permutation.some((axis, i) => axis !== exchanged[i])) return undefined;
  const axes = [...x.shape.keys(), x.shape.length];
  const moved = [...axes.slice(0, first), first + 1, behind, first, ...axes.slice(behind + 1)];
  return [reshape(transpose(reshape(x, x.shape.toSpliced(behind, 0, 1)), moved), y.shape)];
};

/** Changes of shape and order that need not be made. */
export const layoutRules: readonly RewriteRule[] = [
  dropIdentities,
  dropCheckpoints,
  mergeShapes,
  mergeTransposes,
];
