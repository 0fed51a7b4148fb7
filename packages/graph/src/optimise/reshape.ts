import { reshape, reshapeOperator } from "../operators/layout.js";
import { layerNormOperator } from "../operators/normalisation.js";
import { max, mean, min, sum } from "../operators/reductions.js";
import { sumTo, sumToOperator } from "../operators/sumTo.js";
import { type Shape, sameShape } from "../tensor/shape.js";
import { apply, type Tensor } from "../tensor/tensor.js";
import { elementwise, isOperation } from "./match.js";
import type { RewriteRule } from "./rewrite.js";

/*
 * Matrix products of batches are computed on all rows at once, so that reshapes stand between them and what is
 * computed on the batch. Moved behind it, most meet the opposite reshape of the next product and vanish.
 */

/** The rows that a batch is a reshape of: a tensor of lower rank with the same last extent. */
function rowsOf(x: Tensor): Tensor | undefined {
  const [rows] = isOperation(x.source, reshapeOperator) ? x.source.inputs : [];
  const isRows = rows && rows.shape.length > 0 && rows.shape.length < x.shape.length;
  return isRows && rows.shape.at(-1) === x.shape.at(-1) ? rows : undefined;
}

/** An operand of an operation on a batch, as it stands beside the rows; undefined where it cannot. */
function besideRows(x: Tensor, batch: Shape, rows: Shape): Tensor | undefined {
  if (x.shape.length === 0 || (x.shape.length === 1 && x.shape[0] === batch.at(-1))) return x;
  if (sameShape(x.shape, batch)) return reshape(x, rows);
  return sameShape(x.shape, batch.with(-1, 1)) ? reshape(x, rows.with(-1, 1)) : undefined;
}

/** An element-wise function of reshaped rows is the reshaped function of the rows. */
const afterElements: RewriteRule = ({ operator, inputs, attributes, outputs }) => {
  const batch = outputs[0]?.shape;
  if (!batch || !elementwise.has(operator)) return undefined;
  const rows = inputs.find((x) => sameShape(x.shape, batch) && rowsOf(x));
  const shape = rows && rowsOf(rows)?.shape;
  const operands = shape ? inputs.map((x) => besideRows(x, batch, shape)) : [];
  const known = operands.filter((x) => x !== undefined);
  return shape && known.length === inputs.length
    ? apply(operator, known, attributes).map((y) => reshape(y, batch))
    : undefined;
};

/** Rows are normalised one by one. */
const afterLayerNorm: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  if (!x || !isOperation(operation, layerNormOperator)) return undefined;
  const rows = rowsOf(x);
  const { axis, epsilon } = operation.attributes;
  if (!rows || axis !== x.shape.length - 1) return undefined;
  const results = apply(layerNormOperator, [rows], { axis: rows.shape.length - 1, epsilon });
  return results.map((y, i) => reshape(y, operation.outputs[i]?.shape ?? y.shape));
};

/** Reductions of every row, or over all rows. */
const afterReduction: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  const [y] = operation.outputs;
  const rows = x && rowsOf(x);
  if (!x || !y || !rows) return undefined;
  const last = x.shape.length - 1;
  if (isOperation(operation, sumToOperator)) {
    const { shape } = operation.attributes;
    return shape.length === 1 && shape[0] === x.shape[last] ? [sumTo(rows, shape)] : undefined;
  }
  for (const reduce of [sum, mean, max, min]) {
    if (!isOperation(operation, reduce.operator)) continue;
    const { axes } = operation.attributes;
    const ofRows = rows.shape.length - 1;
    const everyRow = axes.length === 1 && axes[0] === last;
    const allRows = axes.length === last && !axes.includes(last);
    if (!everyRow && !allRows) return undefined;
    const over = everyRow ? [ofRows] : rows.shape.map((_, axis) => axis).slice(0, ofRows);
    return [reshape(reduce(rows, { axes: over, keepDims: true }), y.shape)];
  }
  return undefined;
};

/** Reshapes of rows into batches, moved behind what can be computed on the rows. */
export const reshapeRules: readonly RewriteRule[] = [afterElements, afterLayerNorm, afterReduction];
