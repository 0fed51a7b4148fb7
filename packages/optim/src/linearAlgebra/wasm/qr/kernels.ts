import { simd } from "../../../backends/wasm/encoder.js";
import { KernelEncoder, vectorBytes } from "../kernelEncoder.js";
import { panelRowBytes } from "../layout.js";

/*
 * One column of a panel against all eight: with rows of eight in two registers, the column's dot products
 * with every column come at once. `lane` words are bytes from a row's beginning to the column.
 */

const unroll = 4;

/**
 * Sums of (column · row) over rows, eight numbers. Words: address of the first row; where to; number of rows;
 * lane.
 */
export function columnDotsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [row, target, remaining, lane] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const own = code.integer();
  const [low, high] = [code.four(), code.four()];
  const factor = code.vector();
  for (const register of [...low, ...high]) {
    code.f32x4Constant(0);
    code.set(register);
  }
  code.copy(row, own);
  code.advanceBy(own, lane);
  const accumulate = (step: number) => {
    const offset = step * panelRowBytes;
    code.get(own);
    code.v128LoadSplat(offset);
    code.set(factor);
    for (const [half, sums] of [low, high].entries()) {
      const sum = sums[step] ?? 0;
      code.get(sum);
      code.get(factor);
      code.get(row);
      code.v128Load(offset + half * vectorBytes);
      code.simd(simd.f32x4Multiply);
      code.simd(simd.f32x4Add);
      code.set(sum);
    }
  };
  const next = (rows: number) => {
    code.advance(row, rows * panelRowBytes);
    code.advance(own, rows * panelRowBytes);
    code.advance(remaining, -rows);
  };
  code.whileAtLeast(remaining, unroll, () => {
    for (let step = 0; step < unroll; step++) accumulate(step);
    next(unroll);
  });
  code.whileAtLeast(remaining, 1, () => {
    accumulate(0);
    next(1);
  });
  for (const [half, [a, b, c, d]] of [low, high].entries()) {
    code.get(target);
    code.get(a);
    code.get(b);
    code.simd(simd.f32x4Add);
    code.get(c);
    code.get(d);
    code.simd(simd.f32x4Add);
    code.simd(simd.f32x4Add);
    code.v128Store(half * vectorBytes);
  }
  return code;
}

/**
 * row ← multipliers ∘ row − (its entry in the column) · coefficients. Words: address of the first row; of the
 * eight multipliers and the eight coefficients behind them; number of rows; lane.
 */
export function columnUpdateKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [row, factors, remaining, lane] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const own = code.integer();
  const entry = code.vector();
  const read = (offset: number) => {
    const register = code.vector();
    code.get(factors);
    code.v128Load(offset);
    code.set(register);
    return register;
  };
  const multipliers = [read(0), read(vectorBytes)];
  const coefficients = [read(panelRowBytes), read(panelRowBytes + vectorBytes)];
  code.copy(row, own);
  code.advanceBy(own, lane);
  code.times(remaining, () => {
    code.get(own);
    code.v128LoadSplat(0);
    code.set(entry);
    for (const [half, multiplier] of multipliers.entries()) {
      code.get(row);
      code.get(row);
      code.v128Load(half * vectorBytes);
      code.get(multiplier);
      code.simd(simd.f32x4Multiply);
      code.get(entry);
      code.get(coefficients[half] ?? 0);
      code.simd(simd.f32x4Multiply);
      code.simd(simd.f32x4Subtract);
      code.v128Store(half * vectorBytes);
    }
    code.advance(row, panelRowBytes);
    code.advance(own, panelRowBytes);
  });
  return code;
}

/**
 * Divides every column by its largest entry, by 1 where that is 0. Words: address of the panels; where to,
 * for each panel the eight divisors and eight zeros behind them, which are NaN where an entry is not finite;
 * rows; panels.
 */
export function scaleColumnsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [panel, target, rows, panels] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const [row, remaining] = [code.integer(), code.integer()];
  const largest = [code.vector(), code.vector()];
  const zeros = [code.vector(), code.vector()];
  const [entry, none] = [code.vector(), code.vector()];
  code.f32x4Constant(0);
  code.set(none);
  const start = () => {
    code.copy(panel, row);
    code.copy(rows, remaining);
  };
  code.times(panels, () => {
    for (const register of [...largest, ...zeros]) code.copy(none, register);
    start();
    code.times(remaining, () => {
      for (const [half, maximum] of largest.entries()) {
        const zero = zeros[half] ?? 0;
        code.get(row);
        code.v128Load(half * vectorBytes);
        code.set(entry);
        code.get(maximum);
        code.get(entry);
        code.simd(simd.f32x4Absolute);
        code.simd(simd.f32x4PseudoMaximum);
        code.set(maximum);
        code.get(zero);
        code.get(entry);
        code.get(none);
        code.simd(simd.f32x4Multiply);
        code.simd(simd.f32x4Add);
        code.set(zero);
      }
      code.advance(row, panelRowBytes);
    });
    for (const [half, maximum] of largest.entries()) {
      code.get(maximum);
      code.f32x4Constant(1);
      code.get(maximum);
      code.get(none);
      code.simd(simd.f32x4Equal);
      code.simd(simd.and);
      code.simd(simd.f32x4Add);
      code.set(maximum);
      code.get(target);
      code.get(maximum);
      code.v128Store(half * vectorBytes);
      code.get(target);
      code.get(zeros[half] ?? 0);
      code.v128Store(panelRowBytes + half * vectorBytes);
    }
    start();
    code.times(remaining, () => {
      for (const [half, divisor] of largest.entries()) {
        code.get(row);
        code.get(row);
        code.v128Load(half * vectorBytes);
        code.get(divisor);
        code.simd(simd.f32x4Divide);
        code.v128Store(half * vectorBytes);
      }
      code.advance(row, panelRowBytes);
    });
    code.copy(row, panel);
    code.advance(target, 2 * panelRowBytes);
  });
  return code;
}
