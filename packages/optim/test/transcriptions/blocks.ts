import type { MatrixTranscription } from "./matrix.js";
import type { Matrix } from "./plainMatrices.js";
import * as m from "./plainMatrices.js";
import { value } from "./vectors.js";

/*
 * Methods that work on blocks of a matrix; see `matrixTranscriptions`.
 */

interface Corner {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}
const corners = (rows: number, columns: number, size: number): readonly Corner[] => {
  const found: Corner[] = [];
  for (let top = 0; top < rows; top += size)
    for (let left = 0; left < columns; left += size)
      found.push({ top, left, height: Math.min(size, rows - top), width: Math.min(size, columns - left) });
  return found;
};
const cut = (a: Matrix, { top, left, height, width }: Corner): Matrix =>
  m.matrix(height, width, (i, j) => m.at(a, top + i, left + j));
const isIn = ({ top, left, height, width }: Corner, i: number, j: number): boolean =>
  i >= top && i < top + height && j >= left && j < left + width;
/** A matrix from what each block gives at its own rows and columns. */
const assembled = (
  shape: Matrix,
  blocks: readonly { readonly corner: Corner; readonly part: Matrix }[],
): Matrix =>
  m.map(shape, (_, i, j) => {
    const block = blocks.find(({ corner }) => isIn(corner, i, j));
    return block === undefined ? Number.NaN : m.at(block.part, i - block.corner.top, j - block.corner.left);
  });

/**
 * Eigenvectors of the smallest eigenvalue first, as torch has them: second moments stay with their places
 * when the basis changes.
 */
const reversed = (a: Matrix): Matrix => a.map((row) => [...row].reverse());

export const distributedShampoo: MatrixTranscription = (h, options, start) => {
  const { grafting, preconditioner, degree, merge, nadam } = options;
  const blockSize = value(h, "blockSize");
  const isVector = merge === "vector" && start.flat().length <= blockSize;
  // A vector is a matrix of one column here, without a right factor.
  const shaped = (a: Matrix): Matrix => (isVector ? a.flat().map((one) => [one]) : a);
  const zero = shaped(m.scale(0, start));
  const [rows, columns] = [m.heightOf(zero), m.widthOf(zero)];
  const blocks = corners(rows, columns, blockSize).map((corner) => ({
    corner,
    left: { factor: m.zeros(corner.height, corner.height), inner: m.scaledIdentity(corner.height, 1) },
    right: { factor: m.zeros(corner.width, corner.width), inner: m.scaledIdentity(corner.width, 1) },
    eigenvalues: m.zeros(corner.height, corner.width),
  }));
  const root = isVector || degree === "two" ? 2 : 4;
  let [mean, squares] = [zero, zero];
  return (unshaped, gradient, k) => {
    const [x, g] = [shaped(unshaped), shaped(gradient)];
    const [beta1, beta2, eps] = [value(h, "beta1"), value(h, "beta2"), value(h, "eps")];
    const weight = beta2 === 1 ? 1 : 1 - beta2;
    const correction = beta2 === 1 ? 1 : 1 - beta2 ** k;
    mean = m.combine(beta1, mean, 1 - beta1, g);
    const filtered = m.scale(
      1 / (1 - beta1 ** k),
      nadam === true ? m.combine(beta1, mean, 1 - beta1, g) : mean,
    );

    const graftingBeta = value(h, "graftingBeta2");
    const old = grafting === "adagrad" ? 1 : graftingBeta;
    const fresh = grafting === "adagrad" ? 1 : 1 - graftingBeta;
    squares = m.map(squares, (one, i, j) => old * one + fresh * m.at(g, i, j) ** 2);
    const debias = grafting === "adam" ? 1 - graftingBeta ** k : 1;
    const grafted =
      grafting === "none" || grafting === "sgd"
        ? filtered
        : m.map(
            filtered,
            (one, i, j) => one / (Math.sqrt(m.at(squares, i, j) / debias) + value(h, "graftingEps")),
          );

    const first = value(h, "start") < 1 ? value(h, "frequency") : value(h, "start");
    const parts = blocks.map((block) => {
      const { corner, left, right } = block;
      const own = cut(g, corner);
      left.factor = m.combine(beta2, left.factor, weight, m.gram(own));
      right.factor = m.combine(beta2, right.factor, weight, m.gram(m.transpose(own)));
      const sides = isVector ? [left] : [left, right];
      if (k >= first && (k === first || k % value(h, "frequency") === 0))
        for (const side of sides) {
          const corrected = m.scale(1 / correction, side.factor);
          side.inner =
            preconditioner === "roots"
              ? m.matrixFunction(corrected, (one) => (Math.max(one, 0) + eps) ** (-1 / root))
              : reversed(m.eigen(corrected).vectors);
        }
      const into = (a: Matrix): Matrix => m.multiply(m.multiply(m.transpose(left.inner), a), right.inner);
      const projected = into(own);
      block.eigenvalues = m.map(
        block.eigenvalues,
        (one, i, j) => beta2 * one + weight * m.at(projected, i, j) ** 2,
      );
      const direction =
        preconditioner === "roots"
          ? into(cut(filtered, corner))
          : m.multiply(
              m.multiply(
                left.inner,
                m.map(
                  into(cut(filtered, corner)),
                  (one, i, j) => one / (Math.sqrt(m.at(block.eigenvalues, i, j) / correction) + eps),
                ),
              ),
              m.transpose(right.inner),
            );
      const size =
        grafting === "none" ? 1 : m.frobenius(cut(grafted, corner)) / (m.frobenius(direction) + 1e-16);
      return { corner, part: m.scale(size, direction) };
    });
    const step = k < first ? grafted : assembled(x, parts);
    const next = m.combine(1 - value(h, "lr") * value(h, "weightDecay"), x, -value(h, "lr"), step);
    return isVector ? m.map(unshaped, (_, i, j) => m.at(next, i * m.widthOf(unshaped) + j, 0)) : next;
  };
};

export const caspr: MatrixTranscription = (h, _options, start) => {
  const ridge = value(h, "ridge");
  const [beta1, beta2] = [value(h, "beta1"), value(h, "beta2")];
  let [mean, squares] = [m.scale(0, start), m.scale(0, start)];
  const blocks = corners(m.heightOf(start), m.widthOf(start), value(h, "blockSize")).map((corner) => ({
    corner,
    previous: m.scaledIdentity(corner.height, ridge),
    left: m.scaledIdentity(corner.height, ridge),
    right: m.scaledIdentity(corner.width, 1),
    leftRoot: m.scaledIdentity(corner.height, 1),
    rightRoot: m.scaledIdentity(corner.width, 1),
  }));
  const damped = (a: Matrix): Matrix =>
    m.combine(1, a, ridge * Math.max(1e-6, ...m.eigen(a).values), m.scaledIdentity(m.heightOf(a), 1));
  const rootOf = (a: Matrix): Matrix => {
    const scale = m.trace(a) / m.heightOf(a);
    return m.scale(
      scale ** -0.5,
      m.matrixFunction(damped(m.scale(1 / scale, a)), (one) => one ** -0.5),
    );
  };
  return (x, g, k) => {
    mean = m.combine(beta1, mean, 1 - beta1, g);
    squares = m.map(squares, (one, i, j) => beta2 * one + (1 - beta2) * m.at(g, i, j) ** 2);
    const ahead = m.scale(1 / (1 - beta1 ** k), m.combine(beta1, mean, 1 - beta1, g));
    const adam = m.map(
      ahead,
      (one, i, j) =>
        one / (Math.sqrt(m.at(squares, i, j) / (1 - beta2 ** k) + value(h, "epsRoot")) + value(h, "eps")),
    );
    const frequency = value(h, "frequency");
    const isFresh = Math.max(k - 1, 1) % frequency === 0;
    const parts = blocks.map((block) => {
      const own = cut(g, block.corner);
      const rest = m.multiply(m.multiply(block.leftRoot, damped(block.previous)), block.leftRoot);
      const remainder = isFresh ? Math.max(0, m.trace(rest)) / block.corner.height : 1;
      if (isFresh) block.previous = block.left;
      block.left = m.combine(beta2, block.left, 1 - beta2, m.gram(own));
      const half = m.transpose(m.multiply(block.leftRoot, own));
      block.right = m.combine(
        beta2 * remainder,
        block.right,
        (1 - beta2) / block.corner.height,
        m.gram(half),
      );
      if (k % frequency === 0) {
        block.leftRoot = rootOf(block.left);
        block.rightRoot = rootOf(block.right);
      }
      const part = m.multiply(m.multiply(block.leftRoot, cut(ahead, block.corner)), block.rightRoot);
      return { corner: block.corner, part };
    });
    const preconditioned = assembled(x, parts);
    const step =
      k > value(h, "start") ? m.scale(m.frobenius(adam) / m.frobenius(preconditioned), preconditioned) : adam;
    return m.combine(1 - value(h, "lr") * value(h, "weightDecay"), x, -value(h, "lr"), step);
  };
};
