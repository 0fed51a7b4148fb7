import { shapeError } from "../errors/errors.js";
import { broadcastOffsets, broadcastShapes } from "../tensor/broadcast.js";
import type { NumericTensor, Operator } from "../tensor/operator.js";
import { elementCount, type Shape, sameShape } from "../tensor/shape.js";
import { applySingle, type Tensor, type TensorType } from "../tensor/tensor.js";
import { multiply } from "./binary.js";
import { reshape } from "./layout.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { sumTo } from "./sumTo.js";

/** How a matrix product reads its operands. */
export type MatmulAttributes = {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
};

/** The last two extents, exchanged where the operand is read transposed. */
function matrixExtents(shape: Shape, transposed: boolean): readonly [rows: number, columns: number] {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** The dimensions before the matrix ones. */
const batchOf = ({ shape }: { readonly shape: Shape }) => ({ shape: shape.slice(0, -2) });

function infer(
  inputs: readonly TensorType[],
  { transposeA, transposeB }: MatmulAttributes,
): readonly TensorType[] {
  requireTypes("matmul", inputs, floatTypes);
  const shapes = inputs.map(({ shape }) => shape);
  const [a = [], b = []] = shapes;
  if (shapes.some((shape) => shape.length < 2)) {
    throw shapeError(
      "matmul",
      inputs,
      "both operands need at least two dimensions",
      "Give a vector a dimension of extent 1, with reshape(x, [1, -1]) or reshape(x, [-1, 1])",
    );
  }
  const [rows, inner] = matrixExtents(a, transposeA);
  const [innerOfB, columns] = matrixExtents(b, transposeB);
  if (inner !== innerOfB) {
    const what = `columns of ${transposeA ? "aᵀ" : "a"} and rows of ${transposeB ? "bᵀ" : "b"}`;
    throw shapeError(
      "matmul",
      inputs,
      `${what} must be equal in number`,
      `${inner} and ${innerOfB} differ: set transposeA or transposeB, or correct a shape`,
    );
  }
  const batch = broadcastShapes("matmul", inputs.map(batchOf));
  return [{ shape: [...batch, rows, columns], dtype: "float32" }];
}

/** One product of matrices that begin at the given offsets, added up along the inner dimension in order. */
function evaluateMatrices(
  [a, b]: readonly [NumericTensor, NumericTensor],
  { transposeA, transposeB, scale }: MatmulAttributes,
  shape: Shape,
): Float64Array {
  const [rows, inner] = matrixExtents(a.shape, transposeA);
  const [, columns] = matrixExtents(b.shape, transposeB);
  const [rowStepA, innerStepA] = transposeA ? [1, rows] : [inner, 1];
  const [innerStepB, columnStepB] = transposeB ? [1, inner] : [columns, 1];
  const batch = shape.slice(0, -2);
  const startsA = broadcastOffsets(batchOf(a).shape, batch);
  const startsB = broadcastOffsets(batchOf(b).shape, batch);
  const result = new Float64Array(elementCount(shape));
  for (let i = 0; i < result.length; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns) % rows;
    const matrix = Math.floor(i / (rows * columns));
    const startA = (startsA[matrix] ?? 0) * rows * inner + row * rowStepA;
    const startB = (startsB[matrix] ?? 0) * inner * columns + column * columnStepB;
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += (a.data[startA + k * innerStepA] ?? 0) * (b.data[startB + k * innerStepB] ?? 0);
    }
    result[i] = scale * sum;
  }
  return result;
}

/** The order of dimensions that exchanges a tensor's last two. */
function swapped(tensor: Tensor | undefined): { readonly ints: readonly number[] } {
  const rank = tensor?.shape.length ?? 0;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return { ints: [...axes.slice(0, -2), rank - 1, rank - 2] };
}

/** scale · op(a) op(b), where op transposes the last two dimensions or not. */
export const matmulOperator: Operator<MatmulAttributes> = {
  name: "matmul",
  infer,
  gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB, scale } }, [dy]) => {
    if (!a || !b || !dy) return [];
    const product = (left: Tensor, right: Tensor, transposeLeft: boolean, transposeRight: boolean) =>
      applySingle(matmulOperator, [left, right], {
        transposeA: transposeLeft,
        transposeB: transposeRight,
        scale,
      });
    const da = transposeA ? product(b, dy, transposeB, true) : product(dy, b, false, !transposeB);
    const db = transposeB ? product(dy, a, true, transposeA) : product(a, dy, !transposeA, false);
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
  toOnnx: (emitter, names, { inputs, attributes: { transposeA, transposeB, scale } }) => {
    if (!transposeA && !transposeB && scale === 1) return [emitter.node("MatMul", names)];
    const transposes = [Number(transposeA), Number(transposeB)] as const;
    const alpha = { float: scale };
    if (emitter.portable && inputs.some(({ shape }) => shape.length !== 2)) {
      const [a = "", b = ""] = names.map((name, i) =>
        transposes[i] === 1
          ? emitter.node("Transpose", [name], { attributes: { perm: swapped(inputs[i]) } })
          : name,
      );
      const product = emitter.node("MatMul", [a, b]);
      return [
        scale === 1 ? product : emitter.node("Mul", [product, emitter.constant([scale], [], "float32")]),
      ];
    }
    return inputs.every(({ shape }) => shape.length === 2)
      ? [
          emitter.node("Gemm", names, {
            attributes: { transA: { int: transposes[0] }, transB: { int: transposes[1] }, alpha },
          }),
        ]
      : [
          emitter.node("FusedMatMul", names, {
            domain: "com.microsoft",
            attributes: { transA: { int: transposes[0] }, transB: { int: transposes[1] }, alpha },
          }),
        ];
  },
  evaluate: ([a, b], { outputs: [y], attributes }) =>
    a && b && y ? [evaluateMatrices([a, b], attributes, y.shape)] : [],
};

/** Settings of {@link matmul}. */
export interface MatmulOptions {
  /** Read a with its last two dimensions exchanged; default false. */
  readonly transposeA?: boolean;
  /** Read b with its last two dimensions exchanged; default false. */
  readonly transposeB?: boolean;
  /** A factor of the product that costs nothing, as 1/√d in attention; default 1. */
  readonly scale?: number;
}

/**
 * The matrix product scale · a b over the last two dimensions; the ones before are batch dimensions and
 * broadcast.
 *
 * @param a [..., m, k], or [..., k, m] with `transposeA`
 * @param b [..., k, n], or [..., n, k] with `transposeB`
 * @returns [..., m, n]
 * @throws GraphError `shape-mismatch` where the inner dimensions differ or an operand has less than two
 *   dimensions
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const attributes = {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
    scale: options.scale ?? 1,
  };
  const rank = a.shape.length;
  if (rank <= 2 || b.shape.length !== 2 || attributes.transposeA) {
    return applySingle(matmulOperator, [a, b], attributes);
  }
  // One matrix for a whole batch: as one tall product, whose derivative by b then is one product too.
  const [y] = infer([a, b], attributes);
  const [inner = 1] = a.shape.slice(-1);
  const rows = elementCount(a.shape.slice(0, -1));
  const [left, right] = scaleOnSmaller(a, b, attributes.transposeB);
  const product = applySingle(matmulOperator, [reshape(left, [rows, inner]), right], attributes);
  return reshape(product, y?.shape ?? product.shape);
}

/**
 * The operands of (x ∘ s) b, where each column of x has a factor of its own, as those of x (s ∘ b) where b is
 * the smaller one: the product by s and all three of its derivatives then are passes over b. So a layer norm's
 * scale moves to the weights behind it.
 */
function scaleOnSmaller(a: Tensor, b: Tensor, transposeB: boolean): readonly [Tensor, Tensor] {
  const { source } = a;
  if (source.kind !== "operation" || source.operator !== multiply.operator) return [a, b];
  const [x, scale] = source.inputs;
  if (!x || scale?.shape.length !== 1 || !sameShape(x.shape, a.shape)) return [a, b];
  if (elementCount(x.shape) <= elementCount(b.shape)) return [a, b];
  return [x, multiply(b, transposeB ? scale : reshape(scale, [-1, 1]))];
}
