import type { Values } from "../backends/backend.js";
import type { Move } from "../backends/moves.js";
import type { GramCoefficients, Matrix, ProductTask } from "../linearAlgebra/linearAlgebra.js";
import { elementCount } from "../parameter.js";
import type { Binding, Stage } from "./matrixRule.js";

/** What stages are made with. */
type Tools = Pick<Binding, "algebra" | "move">;

/*
 * Tensors and one matrix an axis. A tensor whose first axis is contracted with a matrix, the new axis coming
 * last, is one product: Tᵀ M of the tensor as a matrix of its first axis against the rest. After as many of
 * them as there are axes the axes are in order again.
 */

/** A tensor with a matrix [size, size] for each of its axes; undefined where an axis has none. */
export interface AxisMatrices {
  readonly shape: readonly number[];
  readonly matrices: readonly (Matrix | undefined)[];
}

/** A tensor that is multiplied along each axis. */
export interface AxisProduct extends AxisMatrices {
  readonly input: Values;
  /** Two arrays of the tensor's size that the intermediate tensors alternate between, the first one first. */
  readonly buffers: readonly [Values, Values];
  /** Multiply by the transposes. */
  readonly transpose?: boolean;
  /** The matrices are their own transposes. */
  readonly symmetric?: boolean;
}

/**
 * Stages, and the tensors they give, ready to be multiplied again: each lies in one of its buffers, and the
 * other comes first from there.
 */
export interface AxisProducts {
  readonly stages: readonly Stage[];
  readonly results: readonly Omit<AxisProduct, "transpose">[];
}

/** T ×₁ M₁ᵀ ×₂ M₂ᵀ ..., or with `transpose` T ×₁ M₁ ×₂ M₂ ...: of a matrix M₁ᵀ T M₂ or M₁ T M₂ᵀ. */
export function multiplyAxes({ algebra, move }: Tools, products: readonly AxisProduct[]): AxisProducts {
  const order = Math.max(0, ...products.map(({ shape }) => shape.length));
  const stages: Stage[] = [];
  // Products of one axis after the other, until a tensor is in the way that only changes its layout.
  let rounds: (readonly ProductTask[])[] = [];
  const multiply = () => {
    const [first, ...after] = rounds;
    if (first !== undefined) stages.push(algebra.product(first, ...after));
    rounds = [];
  };
  for (let axis = 0; axis < order; axis++) {
    const passes = passesOf(products, axis);
    rounds.push(passes.flatMap(({ task }) => (task === undefined ? [] : [task])));
    const turned = passes.filter(({ task }) => task === undefined);
    if (turned.length === 0) continue;
    multiply();
    stages.push(move(turned.map(({ tensor, into }) => transposed(tensor, into))));
  }
  multiply();
  const results = products.map(({ shape, matrices, buffers: [first, second] }) =>
    shape.length % 2 === 1
      ? { shape, matrices, input: first, buffers: [second, first] as const }
      : { shape, matrices, input: second, buffers: [first, second] as const },
  );
  return { stages, results };
}

/** One axis of every tensor that has it. */
const passesOf = (products: readonly AxisProduct[], axis: number): readonly AxisPass[] =>
  products.flatMap((product) => {
    const size = product.shape[axis];
    return size === undefined ? [] : [passOf(product, axis, size)];
  });

/** What happens to a tensor along an axis: a product, or a change of layout alone. */
interface AxisPass {
  readonly tensor: Matrix;
  readonly into: Values;
  readonly task: ProductTask | undefined;
}

function passOf(
  { shape, matrices, input, buffers, transpose = false, symmetric = false }: AxisProduct,
  axis: number,
  size: number,
): AxisPass {
  const from = axis === 0 ? input : buffers[(axis + 1) % 2 === 0 ? 0 : 1];
  const into = buffers[axis % 2 === 0 ? 0 : 1];
  const rest = elementCount(shape) / size;
  const matrix = matrices[axis];
  const tensor: Matrix = { rows: size, columns: rest, values: from };
  // A matrix between two needs no change of layout: products with rows as they lie are the faster ones.
  if (shape.length === 2 && matrix !== undefined && matrices.every((each) => each !== undefined)) {
    const lying = axis === 0 ? tensor : { rows: rest, columns: size, values: from };
    const result = { ...lying, values: into };
    const task =
      axis === 0
        ? { a: matrix, b: lying, result, transposeA: !(transpose || symmetric) }
        : { a: lying, b: matrix, result, transposeB: transpose && !symmetric };
    return { tensor, into, task };
  }
  const result: Matrix = { rows: rest, columns: size, values: into };
  const task = matrix && { a: tensor, b: matrix, result, transposeA: true, transposeB: transpose };
  return { tensor, into, task };
}

/** A tensor whose Gram matrices are taken, one an axis. */
export interface AxisGram extends AxisMatrices {
  readonly input: Values;
  /** An array of the tensor's size, for axes in the middle. */
  readonly buffer: Values;
}

/**
 * Each axis's matrix = decay · matrix + weight · (the tensor as that axis against the rest) times its
 * transpose.
 */
export function gramOfAxes(
  { algebra, move }: Tools,
  tensors: readonly AxisGram[],
  coefficients: GramCoefficients,
): readonly Stage[] {
  const outer = tensors.flatMap(({ shape, matrices, input }) => {
    const count = elementCount(shape);
    return [0, shape.length - 1].flatMap((axis, end) => {
      const [size, result] = [shape[axis], matrices[axis]];
      if (size === undefined || result === undefined || (end === 1 && axis === 0)) return [];
      const rest = count / size;
      return [
        end === 0
          ? {
              matrix: { rows: size, columns: rest, values: input },
              of: "rows" as const,
              result,
              coefficients,
            }
          : {
              matrix: { rows: rest, columns: size, values: input },
              of: "columns" as const,
              result,
              coefficients,
            },
      ];
    });
  });
  const order = Math.max(0, ...tensors.map(({ shape }) => shape.length));
  const inner = Array.from({ length: Math.max(0, order - 2) }, (_, index): readonly Stage[] => {
    const axis = index + 1;
    const present = tensors.flatMap((tensor) => {
      const [size, result] = [tensor.shape[axis], tensor.matrices[axis]];
      if (axis >= tensor.shape.length - 1 || size === undefined || result === undefined) return [];
      return [{ ...tensor, size, result }];
    });
    const unfold = move(present.map(({ input, shape, buffer }) => unfolded(input, shape, axis, buffer)));
    const grams = present.map(({ buffer, shape, size, result }) => ({
      matrix: { rows: size, columns: elementCount(shape) / size, values: buffer },
      of: "rows" as const,
      ...{ result, coefficients },
    }));
    return [unfold, algebra.gram(grams)];
  });
  return [algebra.gram(outer), ...inner.flat()];
}

/** The tensor as a matrix of one axis against all the others. */
function unfolded(from: Values, shape: readonly number[], axis: number, to: Values): Move {
  const size = shape[axis] ?? 1;
  const after = elementCount(shape.slice(axis + 1));
  const before = from.length / (size * after);
  return {
    ...{ from, to, sizes: [before, size, after] },
    ...{ fromStrides: [size * after, after, 1], toStrides: [after, before * after, 1] },
  };
}

const transposed = ({ rows, columns, values }: Matrix, into: Values): Move => ({
  ...{ from: values, to: into, sizes: [rows, columns] },
  ...{ fromStrides: [columns, 1], toStrides: [1, rows] },
});
