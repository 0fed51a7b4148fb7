import type { Matrix } from "./plainMatrices.js";
import * as m from "./plainMatrices.js";
import type { Forms, Numbers } from "./transcriptions.js";
import { value } from "./vectors.js";

/*
 * Methods on matrices once more, literally, as their papers or originals compute them: given the chosen
 * values and the parameter's start, a function that makes one step of the whole parameter.
 */

export type MatrixStep = (x: Matrix, g: Matrix, k: number) => Matrix;
export type MatrixTranscription = (hyper: Numbers, options: Forms, start: Matrix) => MatrixStep;

const jordan = [3.4445, -4.775, 2.0315] as const;
/** Amsel et al., Algorithm 1: its first five steps, before they are made safer. */
const polarExpress = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
  [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
] as const;

function orthogonalised(g: Matrix, method: string | boolean | undefined, steps: number): Matrix {
  if (method === "svd")
    return m.multiply(
      m.matrixFunction(m.gram(g), (square) => square ** -0.5),
      g,
    );
  const wide = m.heightOf(g) <= m.widthOf(g);
  const safety = method === "polarExpress" ? 1.01 : 1;
  let x = m.scale(1 / (safety * m.frobenius(g) + 1e-7), wide ? g : m.transpose(g));
  for (let step = 0; step < steps; step++) {
    const [a, b, c] = method === "polarExpress" ? (polarExpress[step] ?? jordan) : jordan;
    const square = m.gram(x);
    const polynomial = m.combine(b / safety ** 3, square, c / safety ** 5, m.multiply(square, square));
    x = m.combine(a / safety, x, 1, m.multiply(polynomial, x));
  }
  return wide ? x : m.transpose(x);
}

const muon: MatrixTranscription = (h, { method, nesterov, scale }, start) => {
  const [rows, columns] = [m.heightOf(start), m.widthOf(start)];
  const mu = value(h, "momentum");
  let mean = m.zeros(rows, columns);
  return (x, g) => {
    mean = m.combine(mu, mean, 1 - mu, g);
    const direction = nesterov === true ? m.combine(mu, mean, 1 - mu, g) : mean;
    const factor =
      scale === "none"
        ? 1
        : scale === "rms"
          ? 0.2 * Math.sqrt(Math.max(rows, columns))
          : Math.sqrt(Math.max(1, rows / columns));
    const step = orthogonalised(direction, method, value(h, "steps"));
    const lr = value(h, "lr");
    return m.combine(1 - lr * value(h, "weightDecay"), x, -lr * factor, step);
  };
};

const inverseRoot = (a: Matrix, damping: number, root: number): Matrix =>
  m.matrixFunction(a, (eigenvalue) => (Math.max(eigenvalue, 0) + damping) ** (-1 / root));

const shampoo: MatrixTranscription = (h, _options, start) => {
  const [beta, eps] = [value(h, "beta"), value(h, "eps")];
  let left = m.zeros(m.heightOf(start), m.heightOf(start));
  let right = m.zeros(m.widthOf(start), m.widthOf(start));
  return (x, g) => {
    left = m.combine(beta, left, 1 - beta, m.gram(g));
    right = m.combine(beta, right, 1 - beta, m.gram(m.transpose(g)));
    const step = m.multiply(m.multiply(inverseRoot(left, eps, 4), g), inverseRoot(right, eps, 4));
    return m.combine(1, x, -value(h, "lr"), step);
  };
};

const soap: MatrixTranscription = (h, _options, start) => {
  const [beta1, beta2, factorBeta] = [value(h, "beta1"), value(h, "beta2"), value(h, "factorBeta")];
  const beta3 = factorBeta < 0 ? beta2 : factorBeta;
  const [rows, columns] = [m.heightOf(start), m.widthOf(start)];
  let [mean, squares] = [m.zeros(rows, columns), m.zeros(rows, columns)];
  const sides = [rows, columns].map((size) => ({
    size,
    factor: m.zeros(size, size),
    basis: m.zeros(size, size),
  }));
  const [left = sides[0], right] = sides;
  const intoBasis = (g: Matrix): Matrix =>
    m.multiply(m.multiply(m.transpose(left?.basis ?? []), g), right?.basis ?? []);
  const outOfBasis = (g: Matrix): Matrix =>
    m.multiply(m.multiply(left?.basis ?? [], g), m.transpose(right?.basis ?? []));
  return (x, g, k) => {
    let next = x;
    if (k > 1) {
      const projected = intoBasis(g);
      mean = m.combine(beta1, mean, 1 - beta1, projected);
      squares = m.map(squares, (square, i, j) => beta2 * square + (1 - beta2) * m.at(projected, i, j) ** 2);
      const step = outOfBasis(
        m.map(mean, (one, i, j) => one / (Math.sqrt(m.at(squares, i, j)) + value(h, "eps"))),
      );
      const lr = value(h, "lr");
      const rate = (lr * Math.sqrt(1 - beta2 ** (k - 1))) / (1 - beta1 ** (k - 1));
      next = m.scale(1 - lr * value(h, "weightDecay"), m.combine(1, x, -rate, step));
    }
    for (const side of sides)
      side.factor = m.combine(beta3, side.factor, 1 - beta3, m.gram(side === left ? g : m.transpose(g)));
    if (k === 1) for (const side of sides) side.basis = m.eigen(side.factor).vectors;
    else if ((k - 1) % value(h, "frequency") === 0) {
      const meanOutside = outOfBasis(mean);
      for (const side of sides) {
        const turned = m.multiply(side.factor, side.basis);
        const estimates = m
          .transpose(side.basis)
          .map((q, j) => m.sum(q.map((one, i) => one * m.at(turned, i, j))));
        const order = estimates.map((_, j) => j).sort((i, j) => (estimates[j] ?? 0) - (estimates[i] ?? 0));
        const sorted = (a: Matrix): Matrix => m.map(a, (_, i, j) => m.at(a, i, order[j] ?? Number.NaN));
        squares = side === left ? m.transpose(sorted(m.transpose(squares))) : sorted(squares);
        side.basis = m.orthonormal(sorted(turned));
      }
      mean = intoBasis(meanOutside);
    }
    return next;
  };
};

const adafactor: MatrixTranscription = (h, options, start) => {
  const { factors, epsilon, rate, scaleParameter, momentum, cautious, decayBy } = options;
  const [height, width] = [m.heightOf(start), m.widthOf(start)];
  const isFactored = factors !== "none" && Math.min(height, width) >= value(h, "leastAxis");
  let rows = start.map(() => 0);
  let columns = (start[0] ?? []).map(() => 0);
  let [squares, average] = [m.zeros(height, width), m.zeros(height, width)];
  const rootMeanSquare = (a: Matrix) => m.frobenius(a) / Math.sqrt(height * width);
  return (x, g, k) => {
    const keep = 1 - k ** -Math.abs(value(h, "decayExponent"));
    const eps = value(h, "eps");
    const [added, floor] = epsilon === "added" ? [eps, 0] : [0, eps];
    const fresh = m.map(g, (one) => one * one + added);
    squares = m.combine(keep, squares, 1 - keep, fresh);
    rows = rows.map((old, i) => keep * old + ((1 - keep) * m.sum(fresh[i] ?? [])) / width);
    columns = columns.map(
      (old, j) => keep * old + ((1 - keep) * m.sum(fresh.map((row) => row[j] ?? 0))) / height,
    );
    const whole = Math.max(m.sum(rows) / height, floor);
    const estimate = isFactored
      ? m.matrix(height, width, (i, j) => ((rows[i] ?? 0) * (columns[j] ?? 0)) / whole)
      : squares;
    const direction = m.map(g, (one, i, j) => one / Math.sqrt(Math.max(m.at(estimate, i, j), floor * floor)));
    const lr = rate === "relative" ? Math.min(value(h, "lr"), k ** -0.5) : value(h, "lr");
    const size = scaleParameter === true ? lr * Math.max(value(h, "epsScale"), rootMeanSquare(x)) : lr;
    let step = m.scale(size / Math.max(1, rootMeanSquare(direction) / value(h, "clip")), direction);
    if (momentum === true || cautious === true) {
      average = m.combine(value(h, "beta1"), average, 1 - value(h, "beta1"), step);
      step = average;
    }
    if (cautious === true) {
      const mask = m.map(step, (one, i, j) => (one * m.at(g, i, j) > 0 ? 1 : 0));
      const factor = (height * width) / (m.sum(mask.flat()) + 1);
      step = m.map(step, (one, i, j) => one * m.at(mask, i, j) * factor);
    }
    const unit = decayBy === "step" ? size : decayBy === "lr" ? value(h, "lr") : 1;
    return m.combine(1 - unit * value(h, "weightDecay"), x, -1, step);
  };
};

export const matrixTranscriptions: Readonly<Record<string, MatrixTranscription>> = {
  muon,
  shampoo,
  soap,
  adafactor,
};
