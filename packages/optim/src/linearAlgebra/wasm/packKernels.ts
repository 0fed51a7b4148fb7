import { simd } from "../../backends/wasm/encoder.js";
import { KernelEncoder, vectorBytes } from "./kernelEncoder.js";
import { panelRowBytes } from "./layout.js";

/*
 * Between a matrix in rows and panels, both padded. Words: address of the rows, address of the panels, rows
 * of a panel, panels, bytes of a row, factor.
 */

/** Panels of factor · the matrix. */
export function packKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [source, target, rows] = [code.word(0), code.word(1), code.word(2)];
  const [panels, rowBytes] = [code.word(3), code.word(4)];
  const factor = code.factor(5);
  const [from, remaining] = [code.integer(), code.integer()];
  code.times(panels, () => {
    code.copy(source, from);
    code.copy(rows, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        code.get(target);
        code.get(from);
        code.v128Load(offset);
        code.get(factor);
        code.simd(simd.f32x4Multiply);
        code.v128Store(offset);
      }
      code.advanceBy(from, rowBytes);
      code.advance(target, panelRowBytes);
    });
    code.advance(source, panelRowBytes);
  });
  return code;
}

/** The matrix in rows, from panels. */
export function unpackKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [target, source, rows] = [code.word(0), code.word(1), code.word(2)];
  const [panels, rowBytes] = [code.word(3), code.word(4)];
  const [to, remaining] = [code.integer(), code.integer()];
  code.times(panels, () => {
    code.copy(target, to);
    code.copy(rows, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        code.get(to);
        code.get(source);
        code.v128Load(offset);
        code.v128Store(offset);
      }
      code.advanceBy(to, rowBytes);
      code.advance(source, panelRowBytes);
    });
    code.advance(target, panelRowBytes);
  });
  return code;
}

/** Panels of factor · the matrix's transpose: eight of the matrix's rows become one panel. */
export function packTransposedKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [source, target, columns] = [code.word(0), code.word(1), code.word(2)];
  const [panels, rowBytes] = [code.word(3), code.word(4)];
  const factor = code.factor(5);
  const [column, from, remaining] = [code.integer(), code.integer(), code.integer()];
  const [rows, scratch, turned] = [code.four(), code.four(), code.four()];
  code.times(panels, () => {
    code.copy(source, column);
    code.copy(columns, remaining);
    code.whileAtLeast(remaining, 4, () => {
      code.copy(column, from);
      for (const half of [0, vectorBytes]) {
        for (const row of rows) {
          code.get(from);
          code.v128Load(0);
          code.get(factor);
          code.simd(simd.f32x4Multiply);
          code.set(row);
          code.advanceBy(from, rowBytes);
        }
        code.transpose(rows, scratch, turned);
        turned.forEach((register, step) => {
          code.get(target);
          code.get(register);
          code.v128Store(step * panelRowBytes + half);
        });
      }
      code.advance(column, vectorBytes);
      code.advance(target, 4 * panelRowBytes);
      code.advance(remaining, -4);
    });
    // Where the last row's reading ended: eight rows further down.
    for (let row = 0; row < 8; row++) code.advanceBy(source, rowBytes);
  });
  return code;
}

/**
 * Writes the float64 sum of squares of numbers in a row. Words: their address, where to, their number, a
 * multiple of 4.
 */
export function sumOfSquaresKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [source, target, remaining] = [code.word(0), code.word(1), code.word(2)];
  const value = code.vector();
  const [low, high] = [code.vector(), code.vector()];
  for (const sum of [low, high]) {
    code.f32x4Constant(0);
    code.set(sum);
  }
  code.whileAtLeast(remaining, 4, () => {
    code.get(source);
    code.v128Load(0);
    code.set(value);
    for (const [sum, upper] of [
      [low, false],
      [high, true],
    ] as const) {
      const wide = code.vector();
      code.get(value);
      if (upper) code.upperHalf(value);
      code.simd(simd.promoteLow);
      code.tee(wide);
      code.get(wide);
      code.simd(simd.f64x2Multiply);
      code.get(sum);
      code.simd(simd.f64x2Add);
      code.set(sum);
    }
    code.advance(source, vectorBytes);
    code.advance(remaining, -4);
  });
  code.get(target);
  code.get(low);
  code.get(high);
  code.simd(simd.f64x2Add);
  code.tee(low);
  code.f64x2ExtractLane(0);
  code.get(low);
  code.f64x2ExtractLane(1);
  code.f64Add();
  code.f64Store(0);
  return code;
}
