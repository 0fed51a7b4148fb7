import { add, multiply } from "../operators/binary.js";
import { reshape, reshapeOperator } from "../operators/layout.js";
import { type MatmulAttributes, matmulOperator } from "../operators/matmul.js";
import { sameShape } from "../tensor/shape.js";
import { applySingle, type Operation, type Tensor } from "../tensor/tensor.js";
import { gemmOperator, isProduct, transposedProduct } from "./gemm.js";
import { isOperation, isOrdinary, scaledBy, transposeOf } from "./match.js";
import type { RewriteRule, Usage } from "./rewrite.js";

/** The matrix product that gives x, where nothing else needs x: fusing it then costs no second product. */
function soleProduct(x: Tensor, usage: Usage): Operation<MatmulAttributes> | undefined {
  return isOperation(x.source, matmulOperator) && usage.uses(x) === 1 ? x.source : undefined;
}

/** A product of transposes and multiples of its operands is a product of the operands themselves. */
const absorbOperands: RewriteRule = (operation) => {
  const [a, b, ...bias] = operation.inputs;
  if (!isProduct(operation) || a === undefined || b === undefined) return undefined;
  const { transposeA, transposeB, scale } = operation.attributes;
  const aBefore = transposeOf(a);
  const bBefore = transposeOf(b);
  const aScaled = aBefore ? undefined : scaledBy(a);
  const bScaled = bBefore ? undefined : scaledBy(b);
  const newScale = scale * (aScaled?.factor ?? 1) * (bScaled?.factor ?? 1);
  if (![aBefore, bBefore, aScaled, bScaled].some(Boolean) || !isOrdinary(newScale)) return undefined;
  return [
    applySingle(operation.operator, [aBefore ?? aScaled?.x ?? a, bBefore ?? bScaled?.x ?? b, ...bias], {
      transposeA: transposeA !== (aBefore !== undefined),
      transposeB: transposeB !== (bBefore !== undefined),
      scale: newScale,
    }),
  ];
};

/** The transpose of a product is the product of the transposes, in the other order. */
const absorbTranspose: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const before = y && transposeOf(y);
  return before && isProduct(before.source) && usage.uses(before) === 1
    ? [transposedProduct(before.source)]
    : undefined;
};

/** A multiple of a product is a product with another scale. */
const absorbScale: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const scaled = y && scaledBy(y);
  const product = scaled && soleProduct(scaled.x, usage);
  if (scaled === undefined || product === undefined) return undefined;
  const scale = product.attributes.scale * scaled.factor;
  if (!isOrdinary(scale)) return undefined;
  return [applySingle(matmulOperator, product.inputs, { ...product.attributes, scale })];
};

/** A multiple of a product with a bias of one row or column is one of the product with a multiple of the bias. */
const absorbScaleWithBias: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const scaled = y && scaledBy(y);
  const source = scaled?.x.source;
  if (!scaled || !source || !isOperation(source, gemmOperator) || usage.uses(scaled.x) !== 1)
    return undefined;
  const [a, b, bias] = source.inputs;
  const scale = source.attributes.scale * scaled.factor;
  if (!a || !b || !bias || !isOrdinary(scale) || sameShape(bias.shape, scaled.x.shape)) return undefined;
  return [applySingle(gemmOperator, [a, b, multiply(bias, scaled.factor)], { ...source.attributes, scale })];
};

/** A multiple of a reshaped product is a reshaped multiple of it, which the product takes on. */
const scaleBeforeReshape: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const scaled = y && scaledBy(y);
  const source = scaled?.x.source;
  if (!scaled || !source || !isOperation(source, reshapeOperator) || usage.uses(scaled.x) !== 1)
    return undefined;
  const [x] = source.inputs;
  return x && isProduct(x.source) && usage.uses(x) === 1
    ? [reshape(multiply(x, scaled.factor), y.shape)]
    : undefined;
};

/** A reshaped multiple is a multiple of the reshaped tensor, which a product that follows takes on. */
const scaleAfterReshape: RewriteRule = (operation, usage) => {
  const [x] = operation.inputs;
  const [y] = operation.outputs;
  if (!isOperation(operation, reshapeOperator) || !x || !y || usage.uses(x) !== 1) return undefined;
  const scaled = scaledBy(x);
  return scaled && !isProduct(scaled.x.source)
    ? [multiply(reshape(scaled.x, y.shape), scaled.factor)]
    : undefined;
};

/** The sum of a product of two matrices and a tensor that broadcasts to it is one Gemm. */
const addBias: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const [a, b] = operation.inputs;
  if (operation.operator !== add.operator || !a || !b || y?.shape.length !== 2) return undefined;
  for (const [x, bias] of [[a, b] as const, [b, a] as const]) {
    const product = soleProduct(x, usage);
    if (product === undefined || !sameShape(x.shape, y.shape)) continue;
    return [applySingle(gemmOperator, [...product.inputs, bias], product.attributes)];
  }
  return undefined;
};

/** A bias added after a reshape that keeps the rows is added before it, where it can join the product. */
const addBiasBeforeReshape: RewriteRule = (operation, usage) => {
  const [y] = operation.outputs;
  const [a, b] = operation.inputs;
  if (operation.operator !== add.operator || !a || !b || !y) return undefined;
  for (const [x, bias] of [[a, b] as const, [b, a] as const]) {
    const before =
      isOperation(x.source, reshapeOperator) && usage.uses(x) === 1 ? x.source.inputs[0] : undefined;
    if (before === undefined || soleProduct(before, usage) === undefined) continue;
    const isRow = bias.shape.length === 1 && bias.shape[0] === before.shape.at(-1);
    if (isRow && before.shape.length === 2 && sameShape(x.shape, y.shape))
      return [reshape(add(before, bias), y.shape)];
  }
  return undefined;
};

/** Work that a matrix product does on the way. */
export const fusionRules: readonly RewriteRule[] = [
  absorbOperands,
  absorbTranspose,
  absorbScale,
  absorbScaleWithBias,
  scaleBeforeReshape,
  scaleAfterReshape,
  addBias,
  addBiasBeforeReshape,
];
