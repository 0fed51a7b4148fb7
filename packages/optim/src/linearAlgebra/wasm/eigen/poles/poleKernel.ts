import { simd } from "../../../../backends/wasm/encoder.js";
import { type Four, KernelEncoder, vectorBytes } from "../../kernelEncoder.js";
import { doubleBytes } from "../layout.js";
import { storedRows } from "../tridiagonal.js";

/** Rows and columns of a block. */
export const poleBlock = storedRows;

/**
 * Numbers that a pole brings along for a block's rows: a coefficient each, a common factor, and what is
 * added to that product.
 */
export const poleDoubles = poleBlock + 2;

const poleRowBytes = poleBlock * doubleBytes;

const tileRows = 4;

/**
 * Blocks of a row of blocks, left of the diagonal, of Σ c_k p_kᵀ over poles k; then p_k ← factor · p_k +
 * addend. Words: address of p, block by block a row of eight numbers a pole; of the coefficients, a row a
 * pole; number of poles; of blocks; address of the first block; bytes of a row of the result.
 */
export function poleRowsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [rows, coefficients, poles, blocks] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const [block, rowBytes] = [code.word(4), code.word(5)];
  const [row, own, remaining] = [code.integer(), code.integer(), code.integer()];
  const target = code.integer();
  const sums: readonly [Four, Four] = [code.four(), code.four()];
  const [low, high, factor, addend] = [code.vector(), code.vector(), code.vector(), code.vector()];
  const splat = (place: number, into: number) => {
    code.get(own);
    code.v128LoadDoubleSplat(place * doubleBytes);
    code.set(into);
  };
  const accumulate = (sum: number, entry: number) => {
    code.get(sum);
    code.get(factor);
    code.get(entry);
    code.simd(simd.f64x2Multiply);
    code.simd(simd.f64x2Add);
    code.set(sum);
  };
  const advanceRow = (entry: number, offset: number) => {
    code.get(row);
    code.get(entry);
    code.get(factor);
    code.simd(simd.f64x2Multiply);
    code.get(addend);
    code.simd(simd.f64x2Add);
    code.v128Store(offset);
  };

  const sumTile = (half: number, firstRow: number) => {
    const offset = half * tileRows * doubleBytes;
    for (const register of sums.flat()) {
      code.f32x4Constant(0);
      code.set(register);
    }
    code.copy(rows, row);
    code.copy(coefficients, own);
    code.copy(poles, remaining);
    code.times(remaining, () => {
      for (const [index, register] of [low, high].entries()) {
        code.get(row);
        code.v128Load(offset + index * vectorBytes);
        code.set(register);
      }
      for (let index = 0; index < tileRows; index++) {
        splat(firstRow + index, factor);
        accumulate(sums[0][index] ?? 0, low);
        accumulate(sums[1][index] ?? 0, high);
      }
      // The last that is read of these columns.
      if (firstRow > 0) {
        splat(poleBlock, factor);
        splat(poleBlock + 1, addend);
        advanceRow(low, offset);
        advanceRow(high, offset + vectorBytes);
      }
      code.advance(row, poleRowBytes);
      code.advance(own, poleDoubles * doubleBytes);
    });
  };

  code.times(blocks, () => {
    for (const half of [0, 1]) {
      code.copy(block, target);
      for (const firstRow of [0, tileRows]) {
        sumTile(half, firstRow);
        for (let index = 0; index < tileRows; index++) {
          for (const [part, registers] of sums.entries()) {
            code.get(target);
            code.get(registers[index] ?? 0);
            code.v128Store(half * tileRows * doubleBytes + part * vectorBytes);
          }
          code.advanceBy(target, rowBytes);
        }
      }
    }
    code.copy(row, rows);
    code.advance(block, poleRowBytes);
  });
  return code;
}
