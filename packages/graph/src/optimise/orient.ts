import { reshape, transpose, transposeOperator } from "../operators/layout.js";
import type { MatmulAttributes } from "../operators/matmul.js";
import { max, mean, min, sum } from "../operators/reductions.js";
import { repeatedAxes, sumToOperator } from "../operators/sumTo.js";
import { apply, type Operation, type Source, type Tensor } from "../tensor/tensor.js";
import { topologicalOrder } from "../tensor/traverse.js";
import { isProduct, transposedOperand, transposedProduct } from "./gemm.js";
import { elementwise, isOperation, transposeOf } from "./match.js";
import { type RewriteRule, rewrite, type Usage } from "./rewrite.js";

/*
 * ONNX Runtime computes as many columns of a product as fill whole panels, so that 100 columns take as long
 * as 112; rows it does not pad. A product whose transpose pads less is therefore computed transposed, where
 * all that follows can take it so: element-wise operators and reductions do, and other products read their
 * operands transposed by themselves.
 */

/** Columns of a panel. */
const panel = 16;
/** Multiply-adds that are worth an orientation: as many take about as long as one more node. */
const leastSaving = 2 ** 18;

/**
 * Transposes that an operand of an element-wise operator has now, less those that it would have if read
 * transposed.
 */
function savedTransposes(x: Tensor, usage: Usage): number {
  if (transposeOf(x)) return 1;
  const isFree = x.shape.length < 2 || x.shape.includes(1) || (isProduct(x.source) && usage.uses(x) === 1);
  return isFree ? 0 : -1;
}

/** f(xᵀ, y) is f(x, yᵀ)ᵀ. */
const sinkThroughElements: RewriteRule = ({ operator, inputs, attributes, outputs }, usage) => {
  if (!elementwise.has(operator) || outputs[0]?.shape.length !== 2) return undefined;
  const saved = inputs.reduce((total, x) => total + savedTransposes(x, usage), 0);
  return saved > 0
    ? apply(operator, inputs.map(transposedOperand), attributes).map((y) => transpose(y))
    : undefined;
};

/** A reduction of xᵀ is one of x over the other axis. */
const sinkThroughReduction: RewriteRule = (operation) => {
  const [x] = operation.inputs;
  const before = x && transposeOf(x);
  if (x?.shape.length !== 2 || before === undefined) return undefined;
  const swapped = (axes: readonly number[]) => axes.map((axis) => 1 - axis);
  for (const reduce of [sum, mean, max, min]) {
    if (!isOperation(operation, reduce.operator)) continue;
    const { axes, keepDims } = operation.attributes;
    const y = reduce(before, { axes: swapped(axes), keepDims });
    return [keepDims ? transpose(y) : y];
  }
  if (!isOperation(operation, sumToOperator)) return undefined;
  const { shape } = operation.attributes;
  return [reshape(sum(before, { axes: swapped(repeatedAxes(x.shape, shape)) }), shape)];
};

const sinkRules: readonly RewriteRule[] = [sinkThroughElements, sinkThroughReduction];

/** Multiply-adds that go into a product of `rows` x `columns` and into the padding of its columns. */
const work = (rows: number, columns: number, inner: number): number =>
  // One column is a product by a vector, which has a routine of its own.
  rows * inner * (columns === 1 ? 1 : panel * Math.ceil(columns / panel));

/** The work of a product of two matrices as it stands, and transposed; 0 of anything else. */
function productWork(source: Source): { readonly asIs: number; readonly transposed: number } {
  const [rows, columns, ...more] = source.outputs[0]?.shape ?? [];
  if (!isProduct(source) || rows === undefined || columns === undefined || more.length > 0)
    return { asIs: 0, transposed: 0 };
  const inner = source.inputs[0]?.shape[source.attributes.transposeA ? 0 : 1] ?? 1;
  return { asIs: work(rows, columns, inner), transposed: work(columns, rows, inner) };
}

const totalWork = (order: readonly Source[]): number =>
  order.reduce((total, source) => total + productWork(source).asIs, 0);

const countTransposes = (order: readonly Source[]): number =>
  order.filter((source) => isOperation(source, transposeOperator)).length;

/** The graph with one product transposed; undefined where that costs a transpose or saves too little. */
function withTransposed(
  outputs: readonly Tensor[],
  product: Operation<MatmulAttributes>,
  simplify: Simplify,
): readonly Tensor[] | undefined {
  const flip: RewriteRule = (operation) =>
    operation === product ? [transpose(transposedProduct(product))] : undefined;
  const result = simplify(rewrite(outputs, [flip, ...sinkRules]).outputs, sinkRules);
  const [before, after] = [topologicalOrder(outputs), topologicalOrder(result)];
  const saves = totalWork(before) - totalWork(after) >= leastSaving;
  return saves && countTransposes(after) <= countTransposes(before) ? result : undefined;
}

/** Applies the rules of optimisation, and some more, until none applies. */
export type Simplify = (outputs: readonly Tensor[], more: readonly RewriteRule[]) => readonly Tensor[];

/**
 * The simplified graph with every product computed transposed for which that pads less and costs no
 * transpose.
 */
export function orientProducts(outputs: readonly Tensor[], simplify: Simplify): readonly Tensor[] {
  let tensors = outputs;
  // Each product that stays as it is, is passed over; each that is transposed makes the work less, so that
  // this ends.
  for (let passed = 0; ; ) {
    const worthwhile = topologicalOrder(tensors)
      .filter(isProduct)
      .filter((source) => {
        const { asIs, transposed } = productWork(source);
        return asIs - transposed >= leastSaving;
      });
    const product = worthwhile[passed];
    if (product === undefined) return tensors;
    const better = withTransposed(tensors, product, simplify);
    if (better === undefined) passed++;
    else tensors = better;
  }
}
