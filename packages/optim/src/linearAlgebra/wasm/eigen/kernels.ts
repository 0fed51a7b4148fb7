import { simd } from "../../../backends/wasm/encoder.js";
import type { Four } from "../kernelEncoder.js";
import { KernelEncoder, vectorBytes } from "../kernelEncoder.js";
import { blockRows, doubleBytes, stripColumns } from "./layout.js";
import { blockBytes, clear, FourRows, load, multiplyInto } from "./rows.js";

/**
 * Rotations of rows 0 and 1, then 1 and 2, and so on, without their scales: (u, w) ← (u + aw, w − bu). A
 * strip of columns stays in registers while they run down. Words: address of row 0; of the pairs (a, b);
 * their number; strips of columns; bytes of a row.
 */
export function rotateRowsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [first, pairs, count] = [code.word(0), code.word(1), code.word(2)];
  const [strips, rowBytes] = [code.word(3), code.word(4)];
  const [row, next, pair, remaining] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const upper = [...code.four(), ...code.four()];
  const [lower, ofLower, ofUpper] = [code.vector(), code.vector(), code.vector()];
  code.times(strips, () => {
    code.copy(first, row);
    code.copy(pairs, pair);
    code.copy(count, remaining);
    for (const [index, register] of upper.entries()) load(code, row, index * vectorBytes, register);
    code.times(remaining, () => {
      code.copy(row, next);
      code.advanceBy(next, rowBytes);
      code.get(pair);
      code.v128LoadDoubleSplat(0);
      code.set(ofLower);
      code.get(pair);
      code.v128LoadDoubleSplat(doubleBytes);
      code.set(ofUpper);
      for (const [index, register] of upper.entries()) {
        load(code, next, index * vectorBytes, lower);
        code.get(row);
        code.get(register);
        code.get(lower);
        code.get(ofLower);
        code.simd(simd.f64x2Multiply);
        code.simd(simd.f64x2Add);
        code.v128Store(index * vectorBytes);
        multiplyInto(code, lower, register, ofUpper, "subtract");
        code.copy(lower, register);
      }
      code.copy(next, row);
      code.advance(pair, 2 * doubleBytes);
    });
    for (const [index, register] of upper.entries()) {
      code.get(row);
      code.get(register);
      code.v128Store(index * vectorBytes);
    }
    code.advance(first, stripColumns * doubleBytes);
  });
  return code;
}

/**
 * C = SᵀS in the blocks on and below the diagonal, each of four rows and four columns. Words: addresses of S
 * and C; rows of S; blocks; bytes of a row of either.
 */
export function columnGramKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [s, c, inner] = [code.word(0), code.word(1), code.word(2)];
  const [blocks, rowBytes] = [code.word(3), code.word(4)];
  const [own, other, ownRow, otherRow] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [done, columns, remaining] = [code.integer(), code.integer(), code.integer()];
  const target = code.integer();
  const rows = new FourRows(code);
  const halves: readonly [Four, Four] = [code.four(), code.four()];
  const [low, high, factor] = [code.vector(), code.vector(), code.vector()];
  code.copy(s, own);
  code.times(blocks, () => {
    code.advance(done, 1);
    code.copy(done, columns);
    code.copy(s, other);
    code.copy(c, target);
    code.times(columns, () => {
      for (const half of halves) clear(code, half);
      code.copy(own, ownRow);
      code.copy(other, otherRow);
      code.copy(inner, remaining);
      code.times(remaining, () => {
        load(code, otherRow, 0, low);
        load(code, otherRow, vectorBytes, high);
        for (let row = 0; row < blockRows; row++) {
          code.get(ownRow);
          code.v128LoadDoubleSplat(row * doubleBytes);
          code.set(factor);
          multiplyInto(code, halves[0][row] ?? 0, factor, low);
          multiplyInto(code, halves[1][row] ?? 0, factor, high);
        }
        code.advanceBy(ownRow, rowBytes);
        code.advanceBy(otherRow, rowBytes);
      });
      rows.start(target, rowBytes);
      for (const [index, row] of rows.addresses.entries())
        for (const [half, registers] of halves.entries()) {
          code.get(row);
          code.get(registers[index] ?? 0);
          code.v128Store(half * vectorBytes);
        }
      code.advance(other, blockBytes);
      code.advance(target, blockBytes);
    });
    code.advance(own, blockBytes);
    for (let row = 0; row < blockRows; row++) code.advanceBy(c, rowBytes);
  });
  return code;
}
