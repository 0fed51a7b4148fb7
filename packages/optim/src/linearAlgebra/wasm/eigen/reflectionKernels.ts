import { simd } from "../../../backends/wasm/encoder.js";
import { KernelEncoder, vectorBytes } from "../kernelEncoder.js";
import { blockRows, doubleBytes } from "./layout.js";
import { multiplyVector, reflectBothSides, reflectFourRows } from "./reflections.js";
import { blockBytes, clear, load, multiplyInto, storeSum } from "./rows.js";

/*
 * A symmetric matrix made tridiagonal by reflections, and any matrix reflected back: whole loops, since at
 * these sizes calls from outside would take as long as the numbers.
 */

/** Below this a sum of squares is of what rounding left of zeros. */
const negligibleSquare = 1e-180;

/** p = A v. Words: addresses of A, v and p; blocks; bytes of a row. */
export function symmetricVectorKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, p] = [code.word(0), code.word(1), code.word(2)];
  multiplyVector(code, [a, v, p], code.word(3), code.word(4));
  return code;
}

/**
 * Every row x ← x − (x·v) v. Words: addresses of the rows and of v; blocks of rows; blocks of columns; bytes
 * of a row.
 */
export function reflectRowsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, blocks] = [code.word(0), code.word(1), code.word(2)];
  const [columns, rowBytes] = [code.word(3), code.word(4)];
  code.times(blocks, () => {
    reflectFourRows(code, a, v, columns, rowBytes);
    for (let row = 0; row < blockRows; row++) code.advanceBy(a, rowBytes);
  });
  return code;
}

/** ⌈i/4⌉. */
function blocksOf(code: KernelEncoder, i: number, blocks: number): void {
  code.get(i);
  code.i32Constant(blockRows - 1);
  code.i32Add();
  code.i32Constant(Math.log2(blockRows));
  code.i32ShiftRight();
  code.set(blocks);
}

/**
 * v of the reflection that leaves of a row only its entry before the diagonal's, in the row's first i
 * entries; that entry. `reflects` becomes 0 where there is nothing to reflect: then v is 0.
 */
function makeReflection(
  code: KernelEncoder,
  { row, v, i, blocks, beside }: Readonly<Record<"row" | "v" | "i" | "blocks" | "beside", number>>,
): number {
  const [from, to, remaining, last] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [even, odd, entry] = [code.vector(), code.vector(), code.vector()];
  const [kept, rest, norm] = [code.double(), code.double(), code.double()];
  const [wanted, unit] = [code.double(), code.double()];
  const reflects = code.integer();
  code.copy(row, from);
  code.copy(v, to);
  code.copy(blocks, remaining);
  code.times(remaining, () => {
    for (const offset of [0, vectorBytes]) {
      code.get(to);
      code.get(from);
      code.v128Load(offset);
      code.v128Store(offset);
    }
    code.advance(from, blockBytes);
    code.advance(to, blockBytes);
  });
  // The entry before the diagonal's; the blocks may reach as far as three entries beyond.
  code.get(i);
  code.i32Constant(Math.log2(doubleBytes));
  code.i32ShiftLeft();
  code.get(v);
  code.i32Add();
  code.i32Constant(doubleBytes);
  code.i32Subtract();
  code.set(last);
  code.get(last);
  code.f64Load(0);
  code.set(kept);
  for (let beyond = 0; beyond < blockRows; beyond++) {
    code.get(last);
    code.f64Constant(0);
    code.f64Store(beyond * doubleBytes);
  }
  clear(code, [even, odd]);
  code.copy(v, to);
  code.copy(blocks, remaining);
  code.times(remaining, () => {
    for (const [offset, sum] of [
      [0, even],
      [vectorBytes, odd],
    ] as const) {
      load(code, to, offset, entry);
      multiplyInto(code, sum, entry, entry);
    }
    code.advance(to, blockBytes);
  });
  storeSum(code, [even, odd], () => code.set(rest));
  code.get(rest);
  code.f64Constant(negligibleSquare);
  code.f64GreaterEqual();
  code.set(reflects);
  code.get(kept);
  code.get(kept);
  code.f64Multiply();
  code.get(rest);
  code.f64Add();
  code.f64SquareRoot();
  code.set(norm);
  // The opposite sign of what is kept.
  code.get(norm);
  code.f64Negate();
  code.get(norm);
  code.get(kept);
  code.f64Constant(0);
  code.f64Greater();
  code.select();
  code.get(kept);
  code.get(reflects);
  code.select();
  code.set(wanted);
  code.get(beside);
  code.get(wanted);
  code.f64Store(0);
  code.f64Constant(1);
  code.get(norm);
  code.get(norm);
  code.get(kept);
  code.f64Absolute();
  code.f64Add();
  code.f64Multiply();
  code.f64SquareRoot();
  code.f64Divide();
  code.f64Constant(0);
  code.get(reflects);
  code.select();
  code.set(unit);
  code.get(unit);
  code.f64x2Splat();
  code.set(even);
  code.copy(v, to);
  code.copy(blocks, remaining);
  code.times(remaining, () => {
    for (const offset of [0, vectorBytes]) {
      code.get(to);
      load(code, to, offset, entry);
      code.get(entry);
      code.get(even);
      code.simd(simd.f64x2Multiply);
      code.v128Store(offset);
    }
    code.advance(to, blockBytes);
  });
  code.get(last);
  code.get(kept);
  code.get(wanted);
  code.f64Subtract();
  code.get(unit);
  code.f64Multiply();
  code.f64Store(0);
  return reflects;
}

/**
 * Reduces A to a tridiagonal matrix from its last row up. Words: address of A; of the rows v; of p; of the
 * entries beside the diagonal; rows; bytes of a row.
 */
export function tridiagonaliseKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, p, beside] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const [i, rowBytes] = [code.word(4), code.word(5)];
  const [row, blocks, skip] = [code.integer(), code.integer(), code.integer()];
  code.copy(a, row);
  code.copy(i, skip);
  code.times(skip, () => {
    code.advanceBy(row, rowBytes);
    code.advanceBy(v, rowBytes);
    code.advance(beside, doubleBytes);
  });
  const back = (address: number) => {
    code.get(address);
    code.get(rowBytes);
    code.i32Subtract();
    code.set(address);
  };
  const up = () => {
    code.advance(i, -1);
    back(row);
    back(v);
    code.advance(beside, -doubleBytes);
  };
  // Entry i − 1 is beside the diagonal's entries i − 1 and i.
  code.advance(beside, -doubleBytes);
  up();
  code.whileAtLeast(i, 1, () => {
    blocksOf(code, i, blocks);
    // What the blocks reach beyond v are finished rows.
    const reflects = makeReflection(code, { row, v, i, blocks, beside });
    code.get(reflects);
    code.when(() => reflectBothSides(code, [a, v, p], blocks, rowBytes));
    up();
  });
  return code;
}

/**
 * A ← H_{n−1} … H_1 A H_1 … H_{n−1}. Four rows join the blocks that are reflected on both sides when v
 * reaches them; what was applied before, they first get from the right alone, all at once while they are in
 * the cache. Words: address of A; of the rows v; of p; rows; bytes of a row.
 */
export function restoreKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, p, size, rowBytes] = [code.word(0), code.word(1), code.word(2), code.word(3), code.word(4)];
  const [rowBlocks, row, blocks, done] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [i, columns, reflection, remaining] = [
    code.integer(),
    code.integer(),
    code.integer(),
    code.integer(),
  ];
  const next = () => {
    code.advance(i, 1);
    code.advanceBy(reflection, rowBytes);
  };
  blocksOf(code, size, rowBlocks);
  code.copy(a, row);
  code.times(rowBlocks, () => {
    code.copy(v, reflection);
    code.reset(i);
    code.copy(done, remaining);
    code.times(remaining, () => {
      next();
      blocksOf(code, i, columns);
      reflectFourRows(code, row, reflection, columns, rowBytes);
    });
    code.advance(blocks, 1);
    for (let each = 0; each < blockRows; each++) code.advanceBy(row, rowBytes);
    code.i32Constant(blockRows);
    code.set(remaining);
    code.times(remaining, () => {
      next();
      code.get(size);
      code.get(i);
      code.i32GreaterSigned();
      code.when(() => {
        reflectBothSides(code, [a, reflection, p], blocks, rowBytes);
        code.copy(i, done);
      });
    });
  });
  return code;
}
