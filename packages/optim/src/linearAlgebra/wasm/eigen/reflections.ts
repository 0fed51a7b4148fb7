import { type KernelEncoder, vectorBytes } from "../kernelEncoder.js";
import {
  blockBytes,
  clear,
  FourRows,
  load,
  loadSplats,
  multiplyInto,
  spread,
  storeSum,
  sumLanes,
} from "./rows.js";

/*
 * Reflections H = I − v vᵀ of rows, and of both sides of a symmetric matrix of which the blocks on and below
 * the diagonal are read and written. Each function appends its instructions to a kernel, for kernels to be
 * put together of them: locals that it is given stay as they are.
 */

/** p = A v. */
export function multiplyVector(
  code: KernelEncoder,
  [matrix, v, p]: readonly [number, number, number],
  blocks: number,
  rowBytes: number,
): void {
  const [a, outer, inner, remaining] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [vector, image, ownVector] = [code.integer(), code.integer(), code.integer()];
  const rows = new FourRows(code);
  const [own, sums] = [code.four(), code.four()];
  const [entry, factor, result] = [code.vector(), code.vector(), code.vector()];
  code.copy(matrix, a);
  code.copy(blocks, outer);
  code.copy(v, ownVector);
  code.reset(inner);
  code.times(outer, () => {
    rows.start(a, rowBytes);
    loadSplats(code, ownVector, own);
    clear(code, sums);
    code.copy(v, vector);
    code.copy(p, image);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, vector, offset, factor);
        load(code, image, offset, result);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, sums[index] ?? 0, entry, factor);
          multiplyInto(code, result, entry, own[index] ?? 0);
        }
        code.get(image);
        code.get(result);
        code.v128Store(offset);
      }
      code.advance(vector, blockBytes);
      code.advance(image, blockBytes);
      rows.advance(blockBytes);
    });
    for (const offset of [0, vectorBytes]) {
      load(code, vector, offset, factor);
      for (const [index, row] of rows.addresses.entries()) {
        load(code, row, offset, entry);
        multiplyInto(code, sums[index] ?? 0, entry, factor);
      }
    }
    for (const [half, offset] of [0, vectorBytes].entries()) {
      code.get(image);
      sumLanes(code, sums[2 * half] ?? 0, sums[2 * half + 1] ?? 0);
      code.v128Store(offset);
    }
    code.advance(ownVector, blockBytes);
    code.advance(inner, 1);
    rows.next(a, rowBytes);
  });
}

/** p ← p − (pᵀv / 2) v. */
function balance(code: KernelEncoder, v: number, p: number, blocks: number): void {
  const [vector, image, remaining] = [code.integer(), code.integer(), code.integer()];
  const [even, odd, entry, factor] = [code.vector(), code.vector(), code.vector(), code.vector()];
  const start = () => {
    code.copy(v, vector);
    code.copy(p, image);
    code.copy(blocks, remaining);
  };
  const next = () => {
    code.advance(vector, blockBytes);
    code.advance(image, blockBytes);
  };
  clear(code, [even, odd]);
  start();
  code.times(remaining, () => {
    for (const [offset, sum] of [
      [0, even],
      [vectorBytes, odd],
    ] as const) {
      load(code, vector, offset, factor);
      load(code, image, offset, entry);
      multiplyInto(code, sum, entry, factor);
    }
    next();
  });
  storeSum(code, [even, odd], () => {
    code.f64Constant(0.5);
    code.f64Multiply();
    code.f64x2Splat();
    code.set(even);
  });
  start();
  code.times(remaining, () => {
    for (const offset of [0, vectorBytes]) {
      load(code, vector, offset, factor);
      load(code, image, offset, entry);
      multiplyInto(code, entry, even, factor, "subtract");
      code.get(image);
      code.get(entry);
      code.v128Store(offset);
    }
    next();
  });
}

/** A ← A − v wᵀ − w vᵀ. */
function updateTwice(
  code: KernelEncoder,
  [matrix, v, w]: readonly [number, number, number],
  blocks: number,
  rowBytes: number,
): void {
  const [a, outer, inner, remaining] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [left, right, ownLeft, ownRight] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const rows = new FourRows(code);
  const [ownV, ownW] = [code.four(), code.four()];
  const [entry, otherV, otherW] = [code.vector(), code.vector(), code.vector()];
  code.copy(matrix, a);
  code.copy(blocks, outer);
  code.copy(v, ownLeft);
  code.copy(w, ownRight);
  code.reset(inner);
  code.times(outer, () => {
    rows.start(a, rowBytes);
    loadSplats(code, ownLeft, ownV);
    loadSplats(code, ownRight, ownW);
    code.copy(v, left);
    code.copy(w, right);
    code.advance(inner, 1);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, left, offset, otherV);
        load(code, right, offset, otherW);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, entry, ownV[index] ?? 0, otherW, "subtract");
          multiplyInto(code, entry, ownW[index] ?? 0, otherV, "subtract");
          code.get(row);
          code.get(entry);
          code.v128Store(offset);
        }
      }
      code.advance(left, blockBytes);
      code.advance(right, blockBytes);
      rows.advance(blockBytes);
    });
    code.advance(ownLeft, blockBytes);
    code.advance(ownRight, blockBytes);
    rows.next(a, rowBytes);
  });
}

/** A ← HAH = A − v wᵀ − w vᵀ with p = A v, w = p − (pᵀv / 2) v, in so many blocks; w is left where p was. */
export function reflectBothSides(
  code: KernelEncoder,
  places: readonly [matrix: number, v: number, p: number],
  blocks: number,
  rowBytes: number,
): void {
  const [, v, p] = places;
  multiplyVector(code, places, blocks, rowBytes);
  balance(code, v, p, blocks);
  updateTwice(code, places, blocks, rowBytes);
}

/** Four rows x ← x − (x·v) v, in so many blocks of columns. */
export function reflectFourRows(
  code: KernelEncoder,
  first: number,
  v: number,
  columns: number,
  rowBytes: number,
): void {
  const [vector, remaining] = [code.integer(), code.integer()];
  const rows = new FourRows(code);
  const sums = code.four();
  const [entry, factor, pair] = [code.vector(), code.vector(), code.vector()];
  const start = () => {
    rows.start(first, rowBytes);
    code.copy(v, vector);
    code.copy(columns, remaining);
  };
  const next = () => {
    code.advance(vector, blockBytes);
    rows.advance(blockBytes);
  };
  clear(code, sums);
  start();
  code.times(remaining, () => {
    for (const offset of [0, vectorBytes]) {
      load(code, vector, offset, factor);
      for (const [index, row] of rows.addresses.entries()) {
        load(code, row, offset, entry);
        multiplyInto(code, sums[index] ?? 0, entry, factor);
      }
    }
    next();
  });
  for (const half of [0, 2]) {
    sumLanes(code, sums[half] ?? 0, sums[half + 1] ?? 0);
    code.set(pair);
    spread(code, pair, [sums[half] ?? 0, sums[half + 1] ?? 0]);
  }
  start();
  code.times(remaining, () => {
    for (const offset of [0, vectorBytes]) {
      load(code, vector, offset, factor);
      for (const [index, row] of rows.addresses.entries()) {
        load(code, row, offset, entry);
        multiplyInto(code, entry, factor, sums[index] ?? 0, "subtract");
        code.get(row);
        code.get(entry);
        code.v128Store(offset);
      }
    }
    next();
  });
}
